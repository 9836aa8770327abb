"""What an annotator sees next: kept candidates that they have not rated in their present version, oldest first.

Everybody goes through them in the same order, so the first ones gather several ratings soon.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.errors import NotFound
from app.models.candidates import Candidate, Outcome, Rating
from app.rating.ratings import Progress, counting_rating, newest_rating, progress_of


@dataclass(frozen=True, slots=True)
class Turn:
    """What an annotator has before them: a candidate or, where all is done, none; their counting rating of it; the
    newest one they could take back; and how far they are."""

    candidate: Candidate | None
    mine: Rating | None
    newest: Rating | None
    progress: Progress


def next_turn(session: Session, project_id: int, annotator_id: int, *, after: int = 0) -> Turn:
    """Return an annotator's next turn, oldest candidate first from ``after`` on and around."""
    return _turn(session, project_id, annotator_id, _next_candidate(session, project_id, annotator_id, after))


def turn_at(session: Session, candidate: Candidate, annotator_id: int) -> Turn:
    """Return an annotator's turn at one candidate."""
    return _turn(session, candidate.project_id, annotator_id, candidate)


def ratable_candidate(session: Session, project_id: int, candidate_id: int) -> Candidate:
    """Return a kept candidate of a project, or raise NotFound."""
    candidate = session.get(Candidate, candidate_id)
    if candidate is None or candidate.project_id != project_id or candidate.outcome is not Outcome.KEPT:
        raise NotFound("There is no such example to rate in this project.")
    return candidate


def _turn(session: Session, project_id: int, annotator_id: int, candidate: Candidate | None) -> Turn:
    return Turn(
        candidate,
        counting_rating(session, candidate.id, annotator_id) if candidate else None,
        newest_rating(session, project_id, annotator_id),
        progress_of(session, project_id, annotator_id),
    )


def _next_candidate(session: Session, project_id: int, annotator_id: int, after: int) -> Candidate | None:
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
