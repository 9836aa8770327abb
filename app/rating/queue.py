"""What an annotator sees next: kept candidates that they have not rated in their present version, oldest first.

Everybody goes through them in the same order, so the first ones gather several ratings soon.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.models.candidates import Candidate, Outcome, Rating
from app.rating.ratings import Progress, counting_rating, standing_of


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
    candidate, mine = _next_candidate(session, project_id, annotator_id, after)
    progress, newest = standing_of(session, project_id, annotator_id)
    return Turn(candidate, mine, newest, progress)


def turn_at(session: Session, candidate: Candidate, annotator_id: int) -> Turn:
    """Return an annotator's turn at one candidate."""
    mine = counting_rating(session, candidate.id, annotator_id)
    progress, newest = standing_of(session, candidate.project_id, annotator_id)
    return Turn(candidate, mine, newest, progress)


def ratable_candidate(session: Session, project_id: int, candidate_id: int) -> Candidate:
    """Return a kept candidate of a project, or raise NotFound."""
    candidate = session.get(Candidate, candidate_id)
    if candidate is None or candidate.project_id != project_id or candidate.outcome is not Outcome.KEPT:
        raise NotFound("There is no such example to rate in this project.")
    return candidate


def _next_candidate(
    session: Session, project_id: int, annotator_id: int, after: int
) -> tuple[Candidate | None, Rating | None]:
    """The next open candidate, with the annotator's rating of an earlier version of it."""
    mine = (Rating.candidate_id == Candidate.id) & (Rating.annotator_id == annotator_id) & Rating.replaced_at.is_(None)
    open_ = (
        select(Candidate, Rating)
        .outerjoin(Rating, mine)
        .where(
            Candidate.project_id == project_id,
            Candidate.outcome == Outcome.KEPT,
            Rating.id.is_(None) | (Rating.candidate_version != Candidate.version),
        )
        .order_by(Candidate.id)
        .limit(1)
    )
    found = session.execute(open_.where(Candidate.id > after)).first()
    if found is None and after:
        found = session.execute(open_).first()
    return (found[0], found[1]) if found else (None, None)
