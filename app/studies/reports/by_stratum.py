"""How the parts of a sample compare, where it was drawn evenly from them. Pure."""

from collections.abc import Sequence
from typing import Any

from app.rating.rubric import Rubric
from app.studies.reports.figures import share
from app.studies.reports.said import Said, answers_to
from app.studies.sampling import LENGTHS


def shares_by_stratum(rubric: Rubric, sample: Sequence[Said]) -> list[dict[str, Any]]:
    """Return what was rated of each stratum, and for each question that can say so the share that is fine.

    There are none where the sample was drawn by lot alone.
    """
    parts: dict[str, list[Said]] = {}
    for each in sample:
        if each.stratum:
            parts.setdefault(each.stratum, []).append(each)
    return [_part(rubric, stratum, parts[stratum]) for stratum in sorted(parts, key=_place)]


def _place(stratum: str) -> list[tuple[int, str]]:
    """Return where a stratum stands: by name, but from short to long."""
    return [(LENGTHS.index(part) if part in LENGTHS else 0, part) for part in stratum.split(" · ")]


def _part(rubric: Rubric, stratum: str, sample: Sequence[Said]) -> dict[str, Any]:
    whole = [(each.item_id, each.all_valid) for each in sample if each.all_valid is not None]
    return {
        "stratum": stratum,
        "examples": len({each.item_id for each in sample}),
        "ratings": len(sample),
        "fine": {
            question.name: share(
                [(item, bool(question.is_valid(answer))) for item, _, answer in answers_to(question.name, sample)]
            )
            for question in rubric.questions
            if question.valid
        },
        "all_valid": share(whole) if whole else None,
    }
