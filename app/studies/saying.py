"""What was said in a study: every counting answer with who gave it, and what curators decided."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.candidates import Rating
from app.models.people import Person
from app.models.studies import Adjudication, Assignment, Study, StudyItem
from app.rating.compared import settled
from app.rating.rubric import Rubric
from app.studies.reports.said import Decided, Said
from app.studies.studying import rubric_of


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
            Assignment.asked,
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
