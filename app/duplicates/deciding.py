"""Near-duplicates turned down together, and taken back: decisions like any other, a batch per transaction.

A batch looks at each near-duplicate as it stands at that moment. So what a person decided in the meantime stays, and
work that was interrupted goes on by starting again.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.orm import Session, aliased, selectinload

from app import approval
from app.duplicates.standing import Latest, Standing, standing, with_standing
from app.models.candidates import Candidate, Decision, Rating, Verdict, is_incomplete
from app.models.novelty import NearDuplicate
from app.models.projects import Project

BATCH = 500
_REASON = "Near-duplicate in the group of example {}: {:.2f} alike."
_BACK = "As it was before the near-duplicates were turned down together."


def turn_down(session: Session, search_id: int, actor_id: int, batch: Sequence[int], *, approved_too: bool) -> int:
    """Turn down those near-duplicates of ``batch`` (ids of rows) that are open. Returns how many.

    ``approved_too``: also those that a person approved.
    """
    wanted = {Standing.OPEN, Standing.APPROVED} if approved_too else {Standing.OPEN}
    rows = session.execute(_standing_as(_locked(session, search_id, batch), wanted)).all()
    decided = [
        _decision(row, Verdict.REJECTED, actor_id, _REASON.format(row.original_id, row.similarity)) for row in rows
    ]
    _store(session, rows, decided, undone=False)
    return len(rows)


def take_back(session: Session, search_id: int, actor_id: int, batch: Sequence[int]) -> int:
    """Take the decisions of ``turn_down`` on ``batch`` back where they still count. Returns how many.

    What a person had decided before is decided so again, but for an approval of what is incomplete. Otherwise the
    example is open, and the project's rule may speak again.
    """
    rows = session.execute(_with_earlier(_standing_as(_locked(session, search_id, batch), {Standing.SET_ASIDE}))).all()
    decided = [
        _decision(row, Verdict.WITHDRAWN if row.is_held_back else row.verdict_before, actor_id, _BACK)
        if row.decided_before_by is not None
        else _decision(row, Verdict.WITHDRAWN, None, _BACK)
        for row in rows
    ]
    _store(session, rows, decided, undone=True)
    _let_rule_speak(session, [row.candidate_id for row in rows if row.decided_before_by is None])
    return len(rows)


def next_batch(session: Session, search_id: int, after: int = 0) -> Sequence[int]:
    """Return the ids of the next rows of a search after the row ``after``; none at the end."""
    return session.scalars(
        select(NearDuplicate.id)
        .where(NearDuplicate.job_id == search_id, NearDuplicate.id > after)
        .order_by(NearDuplicate.id)
        .limit(BATCH)
    ).all()


def _locked(session: Session, search_id: int, batch: Sequence[int]) -> Select[*tuple[Any, ...]]:
    """Lock the candidates of a batch, in one order everywhere, and return the query over its rows."""
    of_batch = (NearDuplicate.job_id == search_id, NearDuplicate.id.in_(batch))
    ids = select(NearDuplicate.candidate_id).where(*of_batch)
    locking = select(Candidate.id).where(Candidate.id.in_(ids)).order_by(Candidate.id)
    session.execute(locking.with_for_update(key_share=True)).all()
    return select(
        NearDuplicate.id,
        NearDuplicate.project_id,
        NearDuplicate.candidate_id,
        NearDuplicate.original_id,
        NearDuplicate.similarity,
        Candidate.version,
    ).where(*of_batch)


def _standing_as(query: Select[*tuple[Any, ...]], wanted: set[Standing]) -> Select[*tuple[Any, ...]]:
    return with_standing(query).where(standing().in_(sorted(wanted))).order_by(NearDuplicate.id)


def _with_earlier(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Add what was said of a candidate before the decision that counts, on the same version."""
    earlier, any_earlier = aliased(Decision), aliased(Decision)
    before = (
        select(any_earlier.id)
        .where(
            any_earlier.candidate_id == Latest.candidate_id,
            any_earlier.candidate_version == Latest.candidate_version,
            any_earlier.id < Latest.id,
        )
        .order_by(any_earlier.id.desc())
        .limit(1)
        .correlate(Latest)
        .scalar_subquery()
    )
    return query.outerjoin(earlier, earlier.id == before).add_columns(
        earlier.verdict.label("verdict_before"),
        earlier.decided_by_id.label("decided_before_by"),
        (is_incomplete() & (earlier.verdict == Verdict.APPROVED)).label("is_held_back"),
    )


def _decision(row: Row[Any], verdict: Verdict, actor_id: int | None, reason: str) -> dict[str, Any]:
    return {
        "project_id": row.project_id,
        "candidate_id": row.candidate_id,
        "candidate_version": row.version,
        "verdict": verdict,
        "decided_by_id": actor_id,
        "reason": reason,
    }


def _store(session: Session, rows: Sequence[Row[Any]], decided: Sequence[dict[str, Any]], *, undone: bool) -> None:
    if not rows:
        return
    session.execute(insert(Decision), decided)
    newest = select(func.max(Decision.id)).where(Decision.candidate_id == NearDuplicate.candidate_id).scalar_subquery()
    session.execute(
        update(NearDuplicate)
        .where(NearDuplicate.id.in_([row.id for row in rows]))
        .values(decision_id=None if undone else newest)
        .execution_options(synchronize_session=False)
    )


def _let_rule_speak(session: Session, candidate_ids: Sequence[int]) -> None:
    """Ratings may have come while an example was turned down."""
    rated = (
        select(Candidate)
        .options(selectinload(Candidate.ratings), selectinload(Candidate.decisions))
        .where(Candidate.id.in_(candidate_ids))
        .where(select(Rating.id).where(Rating.candidate_id == Candidate.id, Rating.replaced_at.is_(None)).exists())
        .order_by(Candidate.id)
    )
    for candidate in session.scalars(rated):
        approval.apply_rule(session, session.get_one(Project, candidate.project_id), candidate)
