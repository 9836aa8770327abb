"""A study looked at after every answer, where its plan says that it may stop early.

Each example counts once, by the first rating of it: the order of the draw has nothing to do with the answers.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.candidates import Rating
from app.models.studies import Assignment, Study, StudyItem
from app.statistics.sequential import Standing, standing
from app.studies.stopping import rule_of
from app.studies.studying import rubric_of


def look(session: Session, study: Study, without: Collection[int] = ()) -> Standing | None:
    """Return where a study stands that may stop early, None for any other. ``without`` are people left out, by id."""
    plan = rule_of(study.plan, study.size + 1)  # one rating of every example is not yet the whole overlap
    return None if plan is None else standing(plan, *_count(session, study, without))


def as_json(found: Standing | None, study: Study) -> dict[str, Any] | None:
    """Return it as the report keeps it."""
    if found is None:
        return None
    interval = found.interval
    said = {"low": interval.low, "high": interval.high, "is_over": found.is_over, "sentence": found.sentence}
    return {"question": study.plan["question"]} | said


def _count(session: Session, study: Study, without: Collection[int]) -> tuple[int, int]:
    """Count the examples whose first rating gives the valid answer, and those that have one."""
    name = study.plan["question"]
    asked_about = next(question for question in rubric_of(session, study).questions if question.name == name)
    first = (
        select(func.min(Assignment.id).label("id"))
        .join(Rating, Rating.assignment_id == Assignment.id)
        .join(StudyItem, StudyItem.id == Assignment.study_item_id)
        .where(
            Assignment.study_id == study.id,
            Assignment.number == 1,
            StudyItem.gold.is_(None),
            Rating.replaced_at.is_(None),
            ~Rating.skipped,
            Rating.annotator_id.not_in(without),
            Rating.answers[name].as_string().is_not(None),
        )
        .group_by(Assignment.study_item_id)
        .subquery()
    )
    yes, asked = session.execute(
        select(
            func.count().filter(Rating.answers[name].as_string().in_([asked_about.valid, *asked_about.also_valid])),
            func.count(),
        )
        .select_from(first)
        .join(Rating, Rating.assignment_id == first.c.id)
        .where(Rating.replaced_at.is_(None))
    ).one()
    return yes, asked
