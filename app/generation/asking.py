"""Calls of a job: each is made once, within the limits of money and the pace of its endpoint, whatever happens."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.generation.budget import Budget
from app.generation.flight import Flight, Landed, replies_of
from app.generation.outbox import Outbox, Outgoing
from app.generation.pipeline import Demonstration
from app.generation.workflow import Surroundings
from app.jobs import Task
from app.llm import ledger, lessons, money, pace
from app.llm.client import Reply, send
from app.llm.endpoint import target_of
from app.llm.ledger import PROPOSING, Asking, Step
from app.llm.prompt import Completion, Prompt
from app.llm.reading import completion_of
from app.models.base import now
from app.models.generation import Call, Endpoint

_TICK = 0.2
# Nobody wants to watch a job wait for longer than that.
_MOST_PATIENCE = timedelta(minutes=1)

Wanted = tuple[Step, Prompt, Sequence[Demonstration]]


class Asker:
    """The calls of one job. ``calls`` are those that were made, by what for; ``trouble`` says why others were not.

    One that is made anew finds what the job asked before its process stopped, and never asks that again.
    """

    def __init__(self, task: Task, around: Surroundings, endpoint_id: int, prompts: int) -> None:
        self.calls: dict[Step, Call] = {}
        self.trouble = ""
        self._task, self._around, self._endpoint_id, self._prompts = task, around, endpoint_id, prompts
        # Until anything came back that taught nothing, one call at a time.
        self._is_understood = False
        with task.writing() as session:
            endpoint = session.get_one(Endpoint, endpoint_id)
            settle(session, task.job_id, endpoint)
            self._go_by(endpoint)
        self._read_calls()

    def completion(self, step: Step) -> Completion | None:
        """Return what a call brought, None where it was not made or brought nothing to read."""
        call = self.calls.get(step)
        return completion_of(call.outcome, call.text) if call else None

    def ask(self, wanted: Iterable[Wanted]) -> None:
        """Make the calls that were not made yet and wait for them.

        Raises what ``Task.progress`` raises, once what is under way was stored: it is paid for.
        """
        budget = Budget(None, None)
        outbox = Outbox(self._endpoint, budget, {})
        for step, prompt, shown in wanted:
            if step not in self.calls:
                outbox.add(step, prompt, shown)
        landed: dict[int, Landed] = {}
        with Flight(self._send, f"job-{self._task.job_id}") as flight:
            try:
                while landed or flight or (outbox and not self.trouble):
                    flight.send(self._store_and_open(outbox, budget, len(flight), landed))
                    self._close(landed, outbox)
                    landed = flight.collect(_TICK)
                    flight.check()
                    self._task.progress(self._answered(), self._prompts)
            except BaseException:
                self._keep(flight, landed)
                raise

    def _send(self, outgoing: Outgoing) -> Reply:
        return send(self._target, outgoing.prompt, deadline=self._around.call_deadline)

    def _store_and_open(
        self, outbox: Outbox, budget: Budget, flying: int, landed: Mapping[int, Landed]
    ) -> dict[int, Outgoing]:
        """Store what came back before anything reads it, and write down what is sent next."""
        replies = replies_of(landed)
        with self._task.writing() as session:
            endpoint = session.get_one(Endpoint, self._endpoint_id)
            ledger.store_replies(session, replies)
            pace.heed(session, endpoint, replies.values())
            if not outbox or self.trouble:
                return {}
            budget.left, whose = money.left(session, self._task.project_id)
            room = endpoint.concurrency - flying if self._is_understood else 1 - flying - len(landed)
            calls = outbox.take(room, pace.allowance(session, endpoint))
            if not calls and not flying:
                self.trouble = _trouble(endpoint, whose if outbox.is_broke else "")
            askings = [Asking(each.step, each.attempt, each.prompt, each.shown) for each in calls]
            ids = ledger.open_calls(session, endpoint, None, askings, job_id=self._task.job_id)
            if calls:
                pace.note_sent(endpoint)
            return dict(zip(ids, calls, strict=True))

    def _close(self, landed: Mapping[int, Landed], outbox: Outbox) -> None:
        if not landed:
            return
        with self._task.writing() as session:
            closed = ledger.close_calls(session, self._endpoint, replies_of(landed))
            answers = {call_id: (landed[call_id].sent.prompt, each) for call_id, each in closed.items()}
            learned = lessons.heed(session, self._endpoint_id, answers)
            if learned.sentences:
                self._go_by(session.get_one(Endpoint, self._endpoint_id))
                outbox.go_by(self._endpoint)
        for call_id in learned.again:
            outbox.try_again(landed[call_id].sent, counts=False, waits=False)
        if self._endpoint.price_out:
            self.trouble = next((each.reading.over for each in closed.values() if each.reading.over), self.trouble)
        self._is_understood = self._is_understood or len(learned.again) < len(landed)
        self._read_calls()

    def _go_by(self, endpoint: Endpoint) -> None:
        self._endpoint, self._target = endpoint, target_of(endpoint, self._around.vault)

    def _keep(self, flight: Flight, landed: dict[int, Landed]) -> None:
        """Store what is in flight and what had landed, though the job is stopped or somebody else's by now."""
        while flight:
            landed |= flight.collect(_TICK)
        replies = replies_of(landed)
        with self._task.database.writing() as session:
            ledger.store_replies(session, replies)
        with self._task.database.writing() as session:
            ledger.close_calls(session, self._endpoint, replies)

    def _read_calls(self) -> None:
        with self._task.database.reading() as session:
            calls = session.scalars(select(Call).where(Call.job_id == self._task.job_id).order_by(Call.id)).all()
        self.calls = {Step(call.round, call.position, call.purpose): call for call in calls}

    def _answered(self) -> int:
        return sum(step.position == PROPOSING and call.answered_at is not None for step, call in self.calls.items())


def settle(session: Session, job_id: int, endpoint: Endpoint) -> None:
    """Settle the calls that a stopped process had in flight: replies that were stored are read, the others are lost."""
    ledger.settle_calls_in_flight(session, None, endpoint, job_id=job_id)


def _trouble(endpoint: Endpoint, whose_limit: str) -> str:
    if whose_limit:
        return f"The next call could pass the limit of money of {whose_limit}. Raise it under Settings, then try again."
    until = pace.held_until(endpoint)
    if until is not None and until - now() > _MOST_PATIENCE:
        return (
            f"{endpoint.name} failed or asked for patience lately and is left alone for now. Try again in some minutes."
        )
    return ""
