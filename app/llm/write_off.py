"""Calls that were under way when a process died, and count with the most they can have cost, set to what they did cost.

Nobody but the provider's bill knows that, so an owner says it. An answer that arrives after all corrects it once more.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.amounts import format_cost, parse_amount
from app.database import lock
from app.errors import Conflict, InvalidInput
from app.llm.money import month_of, spend
from app.models.base import now
from app.models.events import record
from app.models.generation import Call, CallOutcome, Run


@dataclass(frozen=True, slots=True)
class Lost:
    """How many calls count with the most they can have cost, and what that comes to in nano-dollars."""

    calls: int
    cost: int


def lost_of(session: Session, run: Run) -> Lost:
    """Return what could be written off of a run."""
    calls, cost = session.execute(select(func.count(), func.coalesce(func.sum(Call.cost), 0)).where(*_lost(run))).one()
    return Lost(int(calls), int(cost))


def write_off(session: Session, run: Run, typed: str, actor_id: int) -> Lost:
    """Set what the lost calls of a run cost to the amount that was typed, none where that is empty.

    Each bears its share. Returns what they had counted with. Raises InvalidInput with the field named, and Conflict
    where there are none.
    """
    lock(session, Run, run.id)
    calls = session.execute(select(Call.id, Call.cost, Call.sent_at).where(*_lost(run)).with_for_update()).all()
    before = sum(call.cost for call in calls)
    if not calls:
        raise Conflict("No call of this run counts with the most it can have cost.")
    cost = parse_amount(typed, "What they cost")
    if cost > before:
        raise InvalidInput(f"These calls can have cost {format_cost(before)} at most.", field="amount")
    rows, borne = [], 0
    for call in calls:
        share = cost * (borne + call.cost) // before - cost * borne // before
        borne += call.cost
        rows.append({"id": call.id, "cost": share, "written_off_at": now()})
        spend(session, run.project_id, month_of(call.sent_at), share - call.cost)
    session.execute(update(Call), rows)
    session.execute(update(Run).where(Run.id == run.id).values(cost=Run.cost + cost - before))
    record(
        session,
        "calls.written_off",
        project_id=run.project_id,
        actor_id=actor_id,
        subject_id=run.id,
        before={"calls": len(calls), "cost": before},
        after={"calls": len(calls), "cost": cost, "amount": format_cost(before - cost)},
    )
    return Lost(len(calls), before)


def _lost(run: Run) -> tuple[ColumnElement[bool], ...]:
    is_lost = Call.run_id == run.id, Call.outcome == CallOutcome.LOST
    return *is_lost, Call.cost > 0, Call.written_off_at.is_(None)
