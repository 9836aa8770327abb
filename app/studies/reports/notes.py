"""What raters wrote and flagged in a study, from its report. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Note:
    """Somebody's comment on an example of a study, or that they flagged it, or both."""

    candidate_id: int
    position: int
    name: str
    flagged: bool
    comment: str
    skipped: bool


def notes_of(report: dict[str, Any]) -> Sequence[Note]:
    """Return all comments and flags in the order of the examples."""
    names = {each["id"]: each["name"] for each in report["annotators"]}
    return [
        Note(
            each["candidate"],
            each["position"],
            names[each["annotator"]],
            each["flagged"],
            each["comment"],
            each["skipped"],
        )
        for each in report["ratings"]
        if each["flagged"] or each["comment"]
    ]
