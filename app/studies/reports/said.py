"""One answer in a study, and a decision: what every part of a report is made of."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """One counting rating in a study. ``gold`` holds the known answers where there are any, ``number`` is above 1 for a
    silent repeat. A skip has no answers. Where answers of models are compared, ``answers`` name them by their numbers,
    whatever side they were on; ``judged`` are those of the item. ``asked`` are the questions of somebody who was asked
    only what others differ on."""

    item_id: int
    candidate_id: int
    position: int
    stratum: str
    gold: Mapping[str, str] | None
    annotator_id: int
    annotator: str
    number: int
    answers: Mapping[str, str]
    all_valid: bool | None
    skipped: bool
    seconds: float | None
    flagged: bool
    comment: str
    at: dt.datetime
    tags: Sequence[str] = ()
    judged: Sequence[int] = ()
    asked: Sequence[str] | None = None

    @property
    def is_about_sample(self) -> bool:
        """Whether it says something of the sample: it is neither a skip nor a check on the raters."""
        return not self.skipped and self.gold is None and self.number == 1

    @property
    def is_of_sample(self) -> bool:
        """Whether it counts in shares and agreement: one more opinion on what others differ on doesn't."""
        return self.is_about_sample and self.asked is None


@dataclass(frozen=True, slots=True)
class Decided:
    """What a curator decided on one question of an item."""

    answer: str
    by: str
    reason: str


def answers_to(question: str, said: Sequence[Said]) -> list[tuple[int, int, str]]:
    """Return (item, annotator, answer) of all that count in the result for a question."""
    return [
        (each.item_id, each.annotator_id, each.answers[question])
        for each in said
        if each.is_of_sample and question in each.answers
    ]


def by_item(said: Sequence[Said]) -> dict[int, list[Said]]:
    """Return what was said of the sample by item, in their order."""
    found: dict[int, list[Said]] = {}
    for each in said:
        if each.is_about_sample:
            found.setdefault(each.item_id, []).append(each)
    return found


def differ_on(question: str, said: Sequence[Said]) -> bool:
    """Return whether those who answered a question about one item gave different answers."""
    return len({each.answers[question] for each in said if question in each.answers}) > 1


def as_json(said: Said) -> dict[str, Any]:
    """Return a rating as the report keeps it."""
    return {
        "item": said.item_id,
        "candidate": said.candidate_id,
        "position": said.position,
        "stratum": said.stratum,
        "annotator": said.annotator_id,
        "number": said.number,
        "gold": said.gold is not None,
        "answers": dict(said.answers),
        "judged": list(said.judged),
        "all_valid": said.all_valid,
        "counts": said.is_of_sample,
        "skipped": said.skipped,
        "tags": list(said.tags),
        "flagged": said.flagged,
        "comment": said.comment,
        "seconds": said.seconds,
        "at": said.at.isoformat(timespec="seconds"),
    }
