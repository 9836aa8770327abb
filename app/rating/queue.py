"""What an annotator sees next: kept candidates that they have not rated in their present version, oldest first.

Everybody goes through them in the same order, so the first ones gather several ratings soon.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.errors import NotFound
from app.models.candidates import Candidate, Outcome, Rating


def next_candidate(session: Session, project_id: int, annotator_id: int, *, after: int = 0) -> Candidate | None:
    """Return the next candidate for an annotator, oldest first from ``after`` on and around; None where all is done."""
    mine = aliased(Rating)
    done = (
        select(mine.id)
        .where(
            mine.candidate_id == Candidate.id,
            mine.annotator_id == annotator_id,
            mine.candidate_version == Candidate.version,
            mine.replaced_at.is_(None),
        )
        .exists()
    )
    open_ = select(Candidate).where(Candidate.project_id == project_id, Candidate.outcome == Outcome.KEPT, ~done)
    ahead = session.scalar(open_.where(Candidate.id > after).order_by(Candidate.id).limit(1))
    return ahead or session.scalar(open_.order_by(Candidate.id).limit(1))


def ratable_candidate(session: Session, project_id: int, candidate_id: int) -> Candidate:
    """Return a kept candidate of a project, or raise NotFound."""
    candidate = session.get(Candidate, candidate_id)
    if candidate is None or candidate.project_id != project_id or candidate.outcome is not Outcome.KEPT:
        raise NotFound("There is no such example to rate in this project.")
    return candidate
