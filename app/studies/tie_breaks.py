"""One more rating where two people differ, and only of what they differ on.

There is one more for an example, not more: where somebody answers anew after it, and differs on another question then,
nobody else is asked.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.candidates import Rating
from app.models.studies import Assignment, AssignmentState, Study, StudyItem
from app.rating.compared import settled
from app.studies.studying import rubric_of


def want_one_more(session: Session, study: Study, item: StudyItem) -> None:
    """Where the plan says so and two differ on any question, want one more rating of a locked item."""
    if study.plan["third"] and item.gold is None and item.wanted == study.overlap and disputed(session, study, item):
        item.wanted = study.overlap + 1


def asked_of_next(session: Session, study: Study, item: StudyItem) -> list[str] | None:
    """Return the questions for whoever gets an item next: where it is one more person, those that others differ on.

    None stands for all questions, also where the others agree again by then, and where too few are asked them all:
    somebody may skip what they had answered.
    """
    if item.wanted <= study.overlap or _asked_all(session, item) < study.overlap:
        return None
    return disputed(session, study, item) or None


def disputed(session: Session, study: Study, item: StudyItem) -> list[str]:
    """Return the questions of an item that two people answered differently, in the rubric's order."""
    rubric = rubric_of(session, study)
    rows = session.execute(
        select(Rating.answers, Rating.shown)
        .join(Assignment, Assignment.id == Rating.assignment_id)
        .where(
            Assignment.study_item_id == item.id,
            Assignment.number == 1,
            Rating.replaced_at.is_(None),
            ~Rating.skipped,
        )
    )
    answers = [settled(given, rubric, shown) for given, shown in rows]
    return [
        question.name
        for question in rubric.questions
        if len({each[question.name] for each in answers if question.name in each}) > 1
    ]


def _asked_all(session: Session, item: StudyItem) -> int:
    """Count the first ratings of an item that are there, or on their way, and answer every question."""
    asked = select(func.count()).where(
        Assignment.study_item_id == item.id,
        Assignment.number == 1,
        Assignment.state != AssignmentState.RELEASED,
        Assignment.asked.is_(None),
    )
    return session.execute(asked).scalar_one()
