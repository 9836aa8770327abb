"""What was said in a study: every counting answer with who gave it, and what curators decided."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.candidates import Rating
from app.models.people import Person
from app.models.studies import Adjudication, Assignment, Study, StudyItem
from app.rating.compared import settled
from app.rating.rubric import Rubric
from app.studies.studying import rubric_of


@dataclass(frozen=True, slots=True)
class Said:
    """One counting rating in a study. ``gold`` holds the known answers where there are any, ``number`` is above 1 for a
    silent repeat. A skip has no answers. Where answers of models are compared, ``answers`` name them by their numbers,
    whatever side they were on; ``judged`` are those of the item."""

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

    @property
    def is_of_sample(self) -> bool:
        """Whether it counts in the result: neither a skip nor a check on the raters."""
        return not self.skipped and self.gold is None and self.number == 1


@dataclass(frozen=True, slots=True)
class Decided:
    """What a curator decided on one question of an item."""

    answer: str
    by: str
    reason: str


def said_in(session: Session, study: Study, without: Sequence[int] = ()) -> list[Said]:
    """Return all counting ratings of a study in the order of its items, then of annotators; but for those of
    ``without``, by their ids."""
    rows = session.execute(
        select(
            StudyItem.id,
            StudyItem.candidate_id,
            StudyItem.position,
            StudyItem.stratum,
            StudyItem.gold,
            Person.id,
            Person.name,
            Assignment.number,
            Rating.answers,
            Rating.all_valid,
            Rating.skipped,
            Rating.seconds,
            Rating.flagged,
            Rating.comment,
            Rating.created_at,
            Rating.tags,
            StudyItem.answers,
            Rating.shown,
        )
        .select_from(Assignment)
        .join(Rating, Rating.assignment_id == Assignment.id)
        .join(StudyItem, StudyItem.id == Assignment.study_item_id)
        .join(Person, Person.id == Assignment.annotator_id)
        .where(Assignment.study_id == study.id, Rating.replaced_at.is_(None))
        .order_by(StudyItem.position, Assignment.annotator_id, Assignment.number)
    )
    rubric = rubric_of(session, study)
    said = [_settled(Said(*row[:-1]), rubric, row.shown) for row in rows]
    return [each for each in said if each.annotator_id not in without]


def decided_in(session: Session, study: Study) -> dict[tuple[int, str], Decided]:
    """Return the latest decision on every question of an item that has one, by item and question."""
    rows = session.execute(
        select(Adjudication.study_item_id, Adjudication.question, Adjudication.answer, Person.name, Adjudication.reason)
        .join(StudyItem, StudyItem.id == Adjudication.study_item_id)
        .join(Person, Person.id == Adjudication.by_id)
        .where(StudyItem.study_id == study.id)
        .order_by(Adjudication.id)
    )
    return {(item_id, question): Decided(answer, by, reason) for item_id, question, answer, by, reason in rows}


def _settled(said: Said, rubric: Rubric, shown: Sequence[int]) -> Said:
    """Free the answers from the sides; most studies have none."""
    return replace(said, answers=settled(said.answers, rubric, shown)) if len(said.judged) > 1 else said


def answers_to(question: str, said: Sequence[Said]) -> list[tuple[int, int, str]]:
    """Return (item, annotator, answer) of all that count in the result for a question."""
    return [
        (each.item_id, each.annotator_id, each.answers[question])
        for each in said
        if each.is_of_sample and question in each.answers
    ]


def by_item(said: Sequence[Said]) -> dict[int, list[Said]]:
    """Return what counts in the result by item, in their order."""
    found: dict[int, list[Said]] = {}
    for each in said:
        if each.is_of_sample:
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
