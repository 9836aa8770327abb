"""The ledger: one row per HTTP attempt, written before it is sent, its bytes stored before they are read.

A call is known by what it was for (run, round, position, purpose) and its attempt. The database allows each once, so
two processes can't both pay for it, and a process that starts again finds what is answered already.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.llm.client import Reply
from app.llm.prices import cost_of, worst_cost
from app.llm.prompt import Prompt
from app.llm.reading import Reading, read
from app.models.base import now
from app.models.generation import Call, CallOutcome, DemonstrationShown, Endpoint

# Where a server doesn't count, four characters a token is the usual rule of thumb for English; it only serves the cost.
_CHARACTERS_PER_TOKEN = 4

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


def open_call(
    session: Session,
    *,
    endpoint: Endpoint,
    run_id: int | None,
    step: Step,
    attempt: int,
    prompt: Prompt,
    shown: Sequence[Shown] = (),
) -> Call:
    """Write the row of a call that is about to be sent. Raises IntegrityError where somebody else sends it."""
    call = Call(
        project_id=endpoint.project_id,
        endpoint_id=endpoint.id,
        run_id=run_id,
        round=step.round,
        position=step.position,
        purpose=step.purpose,
        attempt=attempt,
        prompt=prompt.text,
        sampling=asdict(prompt.sampling),
    )
    session.add(call)
    session.flush()
    session.add_all(
        DemonstrationShown(
            project_id=endpoint.project_id,
            call_id=call.id,
            position=position,
            seed_task_id=each.seed_task_id,
            candidate_id=each.candidate_id,
        )
        for position, each in enumerate(shown)
    )
    return call


def store_reply(session: Session, call_id: int, reply: Reply) -> None:
    """Store what came back as it came. Commit before anything reads it: whatever happens then, it is not lost."""
    call = session.get_one(Call, call_id)
    call.raw, call.http_status, call.answered_at = reply.raw, reply.status, now()


def close_call(session: Session, call_id: int, endpoint: Endpoint, reply: Reply) -> Reading:
    """Store what came back, what it means and what it cost.

    A call that was given up for lost meanwhile stays lost, since its step is being asked again; it is paid for still.
    """
    reading = read(reply, endpoint.style)
    call = session.get_one(Call, call_id, with_for_update=True)
    call.raw, call.http_status, call.answered_at = reply.raw, reply.status, now()
    call.text, call.model = reading.text, reading.model
    if call.outcome is not CallOutcome.LOST:
        call.outcome, call.sentence = reading.outcome, reading.sentence
    call.tokens_in, call.tokens_out = reading.tokens_in, reading.tokens_out
    call.cost = _cost(call, endpoint)
    return reading


def _cost(call: Call, endpoint: Endpoint) -> int:
    """Only an HTTP 200 is billed. Tokens that the server didn't count are estimated from the lengths."""
    if call.http_status != 200:
        return 0
    tokens_in = call.tokens_in if call.tokens_in is not None else len(call.prompt) // _CHARACTERS_PER_TOKEN
    written = call.text if call.text is not None else (call.raw or b"").decode(errors="replace")
    tokens_out = call.tokens_out if call.tokens_out is not None else len(written) // _CHARACTERS_PER_TOKEN
    return cost_of(tokens_in, tokens_out, endpoint.price_in, endpoint.price_out)


def settle_calls_in_flight(session: Session, run_id: int, endpoint: Endpoint) -> None:
    """Settle the calls of a run that a stopped process had in flight.

    Replies that were stored are read; the others will never come. What those cost nobody knows, so they count with the
    most they can have cost: a limit of money holds across crashes too.
    """
    flying = session.scalars(select(Call).where(Call.run_id == run_id, Call.outcome == CallOutcome.IN_FLIGHT))
    for call in flying.all():
        if call.http_status is not None:
            close_call(session, call.id, endpoint, Reply(call.http_status, call.raw or b""))
            continue
        call.outcome, call.answered_at = CallOutcome.LOST, now()
        call.sentence = "The process stopped before the answer came. The cost is the most it can have been."
        call.cost = worst_cost(call.prompt, call.sampling["max_tokens"], endpoint.price_in, endpoint.price_out)


def spent(session: Session, run_id: int) -> tuple[int, int]:
    """Return the number of calls of a run and their cost in nano-dollars."""
    calls, cost = session.execute(
        select(func.count(), func.coalesce(func.sum(Call.cost), 0)).where(Call.run_id == run_id)
    ).one()
    return int(calls), int(cost)
