"""What an annotator sees next: kept candidates that they have not rated in their present version, oldest first.

Everybody goes through them in the same order, so the first ones gather several ratings soon.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.sql.elements import ColumnElement

from app.database import lock
from app.errors import NotFound
from app.models.base import BigId
from app.models.candidates import Candidate, Outcome, Rating
from app.rating.progress import Progress, can_be_asked, progress_columns
from app.rating.rubric import Rubric

_PROJECT: BindParameter[int] = bindparam("project", type_=BigId)
_ANNOTATOR: BindParameter[int] = bindparam("annotator", type_=BigId)


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
    asked: int | None = None,
    rubric: Rubric | None = None,
) -> Turn:
    """Return an annotator's next turn, oldest candidate first from ``after`` on and around.

    ``held`` are candidates that their page has loaded already. Whoever is ``asked`` for a number of ratings gets as
    many (None: all there are). A ``rubric`` that compares answers (None: one that doesn't) is asked where there are
    some.
    """
    values = {"after": after, "held": list(held)}
    turn = _turn(session, _next_query(compares=_compares(rubric)), project_id, annotator_id, values, asked)
    is_enough = asked is not None and turn.progress.left <= len(held)
    return replace(turn, candidate=None, mine=None) if is_enough else turn


def turn_at(
    session: Session,
    candidate: Candidate,
    annotator_id: int,
    *,
    asked: int | None = None,
    rubric: Rubric | None = None,
) -> Turn:
    """Return an annotator's turn at one candidate. ``asked`` and ``rubric`` as for ``next_turn``."""
    query = _query_at(compares=_compares(rubric))
    return _turn(session, query, candidate.project_id, annotator_id, {"candidate": candidate.id}, asked)


def ratable_candidate(session: Session, project_id: int, candidate_id: int, *, locked: bool = False) -> Candidate:
    """Return a kept candidate of a project with all that a rating of it touches, or raise NotFound.

    ``locked``: other ratings of it wait until this transaction ends.
    """
    if locked:
        lock(session, Candidate, candidate_id)
    found = session.scalars(_RATABLE, {"candidate": candidate_id, "project": project_id})
    candidate = found.unique().one_or_none()
    if candidate is None or candidate.outcome is not Outcome.KEPT:
        raise NotFound("There is no such example to rate in this project.")
    return candidate


def _turn(
    session: Session,
    query: Select[Any],
    project_id: int,
    annotator_id: int,
    values: dict[str, Any],
    asked: int | None,
) -> Turn:
    row = session.execute(query, values | {"project": project_id, "annotator": annotator_id}).one()
    candidate, mine, newest, *done = row
    return Turn(candidate, mine, newest, Progress.of(*done).asked_for(asked))


def _compares(rubric: Rubric | None) -> bool:
    return rubric is not None and rubric.most_shown > 0


# The queries are made once: they are asked after every answer, and making one takes longer than asking it.
_RATABLE = (
    select(Candidate)
    .options(joinedload(Candidate.project), joinedload(Candidate.ratings), joinedload(Candidate.decisions))
    .where(Candidate.id == bindparam("candidate", type_=BigId), Candidate.project_id == _PROJECT)
)


@cache
def _query_at(*, compares: bool) -> Select[Any]:
    return _turn_query(bindparam("candidate", type_=BigId), compares=compares)


@cache
def _next_query(*, compares: bool) -> Select[Any]:
    mine, open_ = aliased(Rating), aliased(Candidate)
    done = (
        select(mine.id)
        .where(
            mine.candidate_id == open_.id,
            mine.annotator_id == _ANNOTATOR,
            mine.candidate_version == open_.version,
            mine.replaced_at.is_(None),
            mine.assignment_id.is_(None),
        )
        .exists()
    )
    is_held = open_.id.in_(bindparam("held", expanding=True))
    first = (
        select(open_.id)
        .where(open_.project_id == _PROJECT, *can_be_asked(open_, compares=compares), ~done, ~is_held)
        .order_by(open_.id)
        .limit(1)
    )
    ahead = first.where(open_.id > bindparam("after", type_=BigId)).scalar_subquery()
    return _turn_query(func.coalesce(ahead, first.scalar_subquery()), compares=compares)


def _turn_query(candidate_id: ColumnElement[Any], *, compares: bool) -> Select[Any]:
    """Return the query of a whole turn. ``candidate_id`` may be NULL."""
    mine, newest = aliased(Rating), aliased(Rating)
    counts = (Rating.replaced_at.is_(None), Rating.assignment_id.is_(None))
    is_mine = (Rating.project_id == _PROJECT, Rating.annotator_id == _ANNOTATOR)
    progress = progress_columns(_PROJECT, _ANNOTATOR, compares=compares).subquery()
    return (
        select(Candidate, mine, newest, *progress.c)
        .select_from(progress)
        .outerjoin(Candidate, Candidate.id == candidate_id)
        .outerjoin(
            mine,
            (mine.candidate_id == Candidate.id)
            & (mine.annotator_id == _ANNOTATOR)
            & mine.replaced_at.is_(None)
            & mine.assignment_id.is_(None),
        )
        .outerjoin(newest, newest.id == select(func.max(Rating.id)).where(*is_mine, *counts).scalar_subquery())
    )
