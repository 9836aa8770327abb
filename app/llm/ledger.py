"""The ledger: one row per HTTP attempt, written before it is sent, its bytes stored before they are read.

A call is known by what it was for (run, round, position, purpose) and its attempt. The database allows each once, so
two processes can't both pay for it, and a process that starts again finds what is answered already.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from app.database import new_ids, update_rows
from app.llm.client import Reply
from app.llm.dialect import Dialect, dialect_in, limit_in, word
from app.llm.money import month_of, spend
from app.llm.prices import cost_of, most_tokens, worst_cost
from app.llm.prompt import Prompt
from app.llm.reading import PERHAPS_BILLED, Asked, Reading, read
from app.models.base import now
from app.models.generation import Call, CallOutcome, DemonstrationShown, Endpoint, EndpointStyle, Run

# The position of a call that is about a whole round.
PROPOSING = -1


@dataclass(frozen=True, slots=True)
class Step:
    """What a call is for. ``position`` is the place of the instruction in its round, or PROPOSING."""

    round: int
    position: int
    purpose: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A demonstration inside the prompt, by the id of its seed task or of its candidate."""

    seed_task_id: int | None
    candidate_id: int | None


@dataclass(frozen=True, slots=True)
class Asking:
    """A call that is about to be sent: what for, for which time, with what words, and what they show."""

    step: Step
    attempt: int
    prompt: Prompt
    shown: Sequence[Shown] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """A call whose reply was read. ``is_lost``: it was given up meanwhile, and its step is being asked again.

    ``parameters`` is what its request carried beside the prompt.
    """

    reading: Reading
    cost: int
    is_lost: bool
    parameters: Mapping[str, Any]


def open_calls(
    session: Session, endpoint: Endpoint, run_id: int | None, askings: Sequence[Asking], *, job_id: int | None = None
) -> list[int]:
    """Write the rows of calls that are about to be sent, each with the most it can cost. Returns their ids, in order.

    They are of a run, of a job, or of neither. Raises IntegrityError where somebody else sends one of them, which
    ``is_sent_already`` tells from other reasons.
    """
    if not askings:
        return []
    moment = now()
    ids = new_ids(session, Call, len(askings))
    dialect = dialect_in(endpoint.dialect)
    calls = [_row(endpoint, dialect, run_id, job_id, *each, moment) for each in zip(ids, askings, strict=True)]
    session.connection().execute(insert(Call), calls)
    if shown := [
        {
            "project_id": endpoint.project_id,
            "call_id": call_id,
            "position": position,
            "seed_task_id": each.seed_task_id,
            "candidate_id": each.candidate_id,
        }
        for call_id, asking in zip(ids, askings, strict=True)
        for position, each in enumerate(asking.shown)
    ]:
        session.connection().execute(insert(DemonstrationShown), shown)
    _charge(session, endpoint.project_id, run_id, {month_of(moment): sum(call["cost"] for call in calls)})
    return ids


def _row(
    endpoint: Endpoint,
    dialect: Dialect,
    run_id: int | None,
    job_id: int | None,
    call_id: int,
    asking: Asking,
    moment: dt.datetime,
) -> dict[str, Any]:
    prompt, step = asking.prompt, asking.step
    worded = word(dialect, prompt, is_chat=endpoint.style is EndpointStyle.CHAT)
    return {
        "id": call_id,
        "project_id": endpoint.project_id,
        "endpoint_id": endpoint.id,
        "run_id": run_id,
        "job_id": job_id,
        "round": step.round,
        "position": step.position,
        "purpose": step.purpose,
        "attempt": asking.attempt,
        "prompt": prompt.text,
        "sampling": prompt.sampling.as_json(),
        "parameters": worded.parameters,
        "left_out": list(worded.left_out),
        "cost": worst_cost(prompt, endpoint),
        "tokens_most": most_tokens(prompt, endpoint),
        "sent_at": moment,
    }


def is_sent_already(error: IntegrityError) -> bool:
    """Return whether ``open_calls`` raised it since somebody else sends one of the calls."""
    said = str(error.orig)
    return "uq_calls_run_id_round_position_purpose_attempt" in said or "calls.purpose, calls.attempt" in said


def withdraw_calls(session: Session, endpoint: Endpoint, run_id: int, ids: Collection[int]) -> None:
    """Take back the rows of calls that were never sent, and what they could have cost.

    Those that another process gave up meanwhile stay as they are.
    """
    if not ids:
        return
    still_ours = (Call.id.in_(ids), Call.outcome == CallOutcome.IN_FLIGHT)
    calls = session.execute(select(Call.id, Call.cost, Call.sent_at).where(*still_ours).with_for_update()).all()
    found = [call.id for call in calls]
    session.execute(delete(DemonstrationShown).where(DemonstrationShown.call_id.in_(found)))
    session.execute(delete(Call).where(Call.id.in_(found)))
    spent: Counter[str] = Counter()
    for call in calls:
        spent[month_of(call.sent_at)] -= call.cost
    _charge(session, endpoint.project_id, run_id, spent)


def store_replies(session: Session, replies: Mapping[int, Reply]) -> None:
    """Store what came back as it came, by call. Commit before anything reads it: whatever happens then, it is kept."""
    if replies:
        rows = [
            {"id": call_id, "raw": reply.raw, "http_status": reply.status, "answered_at": now()}
            for call_id, reply in replies.items()
        ]
        update_rows(session, Call, rows)


def close_calls(session: Session, endpoint: Endpoint, replies: Mapping[int, Reply]) -> dict[int, Closed]:
    """Store what stored replies mean and what they cost, by call.

    A call that was given up for lost meanwhile stays lost, since its step is being asked again; it is paid for still.
    """
    if not replies:
        return {}
    names = ["id", "run_id", "outcome", "sentence", "sent_at", "cost", "sampling", "parameters"]
    calls = session.execute(
        select(*(getattr(Call, name) for name in names)).where(Call.id.in_(replies)).with_for_update()
    ).all()
    is_opened = dialect_in(endpoint.dialect).is_opened
    closed, rows = {}, []
    spent: Counter[str] = Counter()
    for call in calls:
        reply = replies[call.id]
        reading = read(reply, asked_of(endpoint.style, call.sampling, call.parameters, is_opened))
        cost = _cost(reply, reading, call.cost, endpoint)
        each = closed[call.id] = Closed(reading, cost, call.outcome is CallOutcome.LOST, call.parameters)
        spent[month_of(call.sent_at)] += cost - call.cost
        rows.append(
            {
                "id": call.id,
                "outcome": call.outcome if each.is_lost else reading.outcome,
                "sentence": call.sentence if each.is_lost else reading.sentence,
                "text": reading.text,
                "reasoning": reading.reasoning,
                "model": reading.model,
                "tokens_in": reading.tokens_in,
                "tokens_out": reading.tokens_out,
                "tokens_cached": reading.tokens_cached,
                "tokens_reasoning": reading.tokens_reasoning,
                "service_tier": reading.service_tier,
                "cost": cost,
            }
        )
    update_rows(session, Call, rows)
    _charge(session, endpoint.project_id, calls[0].run_id if calls else None, spent)  # all of one run
    return closed


def asked_of(
    style: EndpointStyle, sampling: Mapping[str, Any], parameters: Mapping[str, Any], is_opened: bool
) -> Asked:
    """Return what the reply to a call is read by, from its sampling and parameters as they were stored."""
    return Asked(style, tuple(sampling.get("stop", ())), limit_in(parameters), is_opened)


def _charge(session: Session, project_id: int, run_id: int | None, spent: Mapping[str, int]) -> None:
    for month, amount in spent.items():
        spend(session, project_id, month, amount)
    if run_id is not None and (amount := sum(spent.values())):
        session.execute(update(Run).where(Run.id == run_id).values(cost=Run.cost + amount))


def _cost(reply: Reply, reading: Reading, most: int, endpoint: Endpoint) -> int:
    """What the server counted. Where it didn't, the most it can have been, unless it said that it did nothing.

    Whoever leaves before an answer is whole is billed all the same.
    """
    if reply.status == 200 and reading.tokens_in is not None and reading.tokens_out is not None:
        cached, tier = reading.tokens_cached or 0, reading.service_tier
        return cost_of(reading.tokens_in, reading.tokens_out, endpoint, cached, tier)
    return most if reading.outcome in PERHAPS_BILLED or reply.trouble == "broken" else 0


def settle_calls_in_flight(
    session: Session,
    run_id: int | None,
    endpoint: Endpoint,
    *,
    job_id: int | None = None,
    sent: Collection[int] | None = None,
) -> None:
    """Settle the calls of a run or job that a stopped process had in flight: replies that were stored are read.

    Where it is known which ones it ``sent``, the others of a run are taken back, and cost nothing.
    """
    if sent is not None and run_id is not None:
        waited = Call.run_id == run_id, Call.outcome == CallOutcome.IN_FLIGHT, Call.http_status.is_(None)
        flying = session.scalars(select(Call.id).where(*waited)).all()
        withdraw_calls(session, endpoint, run_id, [call_id for call_id in flying if call_id not in sent])
    close_calls(session, endpoint, give_up_calls(session, run_id, job_id=job_id))


def settle_trials(session: Session, sent_before: dt.datetime) -> None:
    """Settle calls of neither runs nor jobs that were sent before a moment and are in flight: nobody waits for them."""
    of_nobody = Call.run_id.is_(None), Call.job_id.is_(None)
    stale = *of_nobody, Call.outcome == CallOutcome.IN_FLIGHT, Call.sent_at < sent_before
    asked = select(Endpoint).where(Endpoint.id.in_(select(Call.endpoint_id).where(*stale)))
    for endpoint in session.scalars(asked).all():
        close_calls(session, endpoint, _give_up(session, *stale, Call.endpoint_id == endpoint.id))


def give_up_calls(session: Session, run_id: int | None, *, job_id: int | None = None) -> dict[int, Reply]:
    """Give up the calls of a run, or of a job, whose replies will never come.

    Returns those that were stored and not read, by call.

    What a lost call costs nobody knows, so it goes on counting with the most that it can have cost: a limit of money
    holds across crashes too.
    """
    return _give_up(session, Call.run_id == run_id, Call.job_id == job_id)


def _give_up(session: Session, *which: ColumnElement[bool]) -> dict[int, Reply]:
    # Whoever sent them may be about to store an answer after all: one of both comes first.
    flying = session.scalars(
        select(Call)
        .where(*which, Call.outcome == CallOutcome.IN_FLIGHT)
        .options(undefer(Call.raw))
        .order_by(Call.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for call in flying:
        if call.http_status is None:
            call.outcome, call.answered_at = CallOutcome.LOST, now()
            call.sentence = "The process stopped before the answer came. The cost is the most it can have been."
    return {call.id: Reply(call.http_status, call.raw or b"") for call in flying if call.http_status is not None}


def spent(session: Session, run_id: int) -> tuple[int, int]:
    """Return the number of calls of a run and their cost in nano-dollars."""
    calls, cost = session.execute(
        select(func.count(), func.coalesce(func.sum(Call.cost), 0)).where(Call.run_id == run_id)
    ).one()
    return int(calls), int(cost)
