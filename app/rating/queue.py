"""What an annotator sees next: kept candidates that they have not rated in their present version, oldest first.

Everybody goes through them in the same order, so the first ones gather several ratings soon.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.sql.elements import ColumnElement

from app.database import lock
from app.errors import NotFound
from app.models.candidates import Candidate, Outcome, Rating
from app.rating.ratings import Progress, can_be_asked, progress_columns
from app.rating.rubric import Rubric


@dataclass(frozen=True, slots=True)
class Turn:
    """What an annotator has before them: a candidate or, where all is done, none; their counting rating of it; the
    newest one they could take back; and how far they are."""

    candidate: Candidate | None
    mine: Rating | None
    newest: Rating | None
    progress: Progress


def next_turn(
    session: Session,
    project_id: int,
    annotator_id: int,
    *,
    after: int = 0,
    held: Sequence[int] = (),
    rubric: Rubric | None = None,
) -> Turn:
    """Return an annotator's next turn, oldest candidate first from ``after`` on and around.

    ``held`` are candidates that their page has loaded already. A ``rubric`` that compares answers (None: one that
    doesn't) is asked where there are some.
    """
    wanted = _next_candidate(project_id, annotator_id, after, held, rubric)
    return _turn(session, project_id, annotator_id, wanted, rubric)


def turn_at(session: Session, candidate: Candidate, annotator_id: int, *, rubric: Rubric | None = None) -> Turn:
    """Return an annotator's turn at one candidate."""
    return _turn(session, candidate.project_id, annotator_id, literal(candidate.id), rubric)


def ratable_candidate(session: Session, project_id: int, candidate_id: int, *, locked: bool = False) -> Candidate:
    """Return a kept candidate of a project with all that a rating of it touches, or raise NotFound.

    ``locked``: other ratings of it wait until this transaction ends.
    """
    if locked:
        lock(session, Candidate, candidate_id)
    touched = (joinedload(Candidate.project), joinedload(Candidate.ratings), joinedload(Candidate.decisions))
    query = select(Candidate).options(*touched).where(Candidate.id == candidate_id, Candidate.project_id == project_id)
    candidate = session.scalars(query).unique().one_or_none()
    if candidate is None or candidate.outcome is not Outcome.KEPT:
        raise NotFound("There is no such example to rate in this project.")
    return candidate


def _turn(
    session: Session, project_id: int, annotator_id: int, candidate_id: ColumnElement[Any], rubric: Rubric | None
) -> Turn:
    """Read a whole turn in one query: it is made after every answer. ``candidate_id`` may be NULL."""
    mine, newest = aliased(Rating), aliased(Rating)
    is_mine = (Rating.project_id == project_id, Rating.annotator_id == annotator_id)
    counts = (*is_mine, Rating.replaced_at.is_(None), Rating.assignment_id.is_(None))
    progress = progress_columns(project_id, annotator_id, rubric).subquery()
    candidate, my_rating, my_newest, *done = session.execute(
        select(Candidate, mine, newest, *progress.c)
        .select_from(progress)
        .outerjoin(Candidate, Candidate.id == candidate_id)
        .outerjoin(
            mine,
            (mine.candidate_id == Candidate.id)
            & (mine.annotator_id == annotator_id)
            & mine.replaced_at.is_(None)
            & mine.assignment_id.is_(None),
        )
        .outerjoin(newest, newest.id == select(func.max(Rating.id)).where(*counts).scalar_subquery())
    ).one()
    return Turn(candidate, my_rating, my_newest, Progress.of(*done))


def _next_candidate(
    project_id: int, annotator_id: int, after: int, held: Sequence[int], rubric: Rubric | None
) -> ColumnElement[Any]:
    mine, open_ = aliased(Rating), aliased(Candidate)
    done = (
        select(mine.id)
        .where(
            mine.candidate_id == open_.id,
            mine.annotator_id == annotator_id,
            mine.candidate_version == open_.version,
            mine.replaced_at.is_(None),
            mine.assignment_id.is_(None),
        )
        .exists()
    )
    first = (
        select(open_.id)
        .where(open_.project_id == project_id, *can_be_asked(open_, rubric), ~done, open_.id.not_in(held))
        .order_by(open_.id)
        .limit(1)
    )
    return func.coalesce(first.where(open_.id > after).scalar_subquery(), first.scalar_subquery())
