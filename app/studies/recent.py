"""What an annotator answered last in a study, to be looked at again or taken back."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.examples import Example
from app.models.candidates import Rating
from app.models.studies import Assignment, Study, StudyItem
from app.rating.ratings import RECENT
from app.studies.answering import example_of


def recent_answers(session: Session, study: Study, annotator_id: int) -> Sequence[tuple[Assignment, Rating, Example]]:
    """Return the last 20 counting answers and skips of an annotator in a study, newest first, each with the example as
    it was drawn."""
    found = session.execute(
        select(Assignment, Rating)
        .join(Rating, Rating.assignment_id == Assignment.id)
        .options(joinedload(Assignment.item).joinedload(StudyItem.candidate))
        .where(Assignment.study_id == study.id, Assignment.annotator_id == annotator_id, Rating.replaced_at.is_(None))
        .order_by(Rating.id.desc())
        .limit(RECENT)
    )
    return [(assignment, rating, example_of(session, assignment.item)) for assignment, rating in found]
