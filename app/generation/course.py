"""The course of one run: what it sends next, and what it does with each answer.

Rounds are sent several at a time but taken in strictly in order. A round's prompt is drawn from what was kept up to
``window`` rounds before it, never from what happens to be known at that moment: so a run with the same seed, seed
tasks and model repeats its prompts, however long each answer takes and wherever it was stopped.
"""

import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import Database
from app.generation import fold
from app.generation.budget import Budget
from app.generation.pipeline import Demonstration
from app.generation.pool import ProjectPool
from app.llm import ledger
from app.llm.ledger import Shown, Step
from app.llm.prices import worst_cost
from app.llm.prompt import Completion, Prompt
from app.llm.reading import FATAL, RETRYABLE, USABLE, Reading, completion_of
from app.models.candidates import Candidate, Outcome
from app.models.generation import Call, Endpoint, Run
from app.screening.pool import Pool

_PROPOSING = -1
_MOST_ATTEMPTS = 6
# So many failures in a row, over all calls, mean that the endpoint is down.
_MOST_FAILURES = 24
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """One call to be made. ``attempt`` counts on across restarts; ``failures`` only since the last one."""

    step: Step
    prompt: Prompt
    shown: tuple[Shown, ...]
    attempt: int
    worst_cost: int
    failures: int = 0
    due: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a job. ``cost`` in nano-dollars, ``retry_after`` in seconds."""

    job: Job
    call_id: int
    reading: Reading
    cost: int
    retry_after: float | None


@dataclass(slots=True)
class _Open:
    """An accepted instruction whose instance is being written."""

    candidate_id: int
    instruction: str
    answers: dict[str, Completion] = field(default_factory=dict)


class Course:
    """The state of a run in the process that carries it out. Everything in it can be read from the database again."""

    def __init__(self, database: Database, session: Session, run: Run, endpoint: Endpoint, terms: fold.Terms) -> None:
        self.run_id, self.seed, self.window, self.carrier = run.id, run.seed, run.window, run.carrier
        self.endpoint, self.terms = endpoint, terms
        self.failure: str | None = None
        self._database = database
        self._pool = ProjectPool(run.project_id)
        self._seeds = fold.seed_demonstrations(session, run.project_id)
        self._folded = self._next_round = run.rounds_folded
        self._completions: dict[int, tuple[int, Completion] | None] = {}
        self._accepted: list[tuple[int, Demonstration]] = []
        self._open: dict[tuple[int, int], _Open] = {}
        self._attempts: dict[Step, int] = {}
        self._waiting: deque[Job] = deque()
        self._failures_in_a_row = 0
        self._hold_until = 0.0
        self._sent_at: deque[float] = deque()
        self.budget = Budget(run.target_kept, run.target_calls, run.target_cost, rounds=run.rounds_folded)
        self._load(session)

    def ending(self) -> str | None:
        """Return why nothing more is to be sent, or None."""
        return self.budget.ending()

    def next_jobs(self, room: int) -> list[Job]:
        """Return up to ``room`` jobs that may be sent now. What they may cost is set aside."""
        self._plan(room)
        chosen: list[Job] = []
        for _ in range(len(self._waiting)):
            job = self._waiting.popleft()
            if len(chosen) < room and self._may_send(job):
                self._sent_at.append(time.monotonic())
                self.budget.calls += 1
                self.budget.reserved += job.worst_cost
                chosen.append(job)
            else:
                self._waiting.append(job)
        return chosen

    @property
    def is_broke(self) -> bool:
        """Whether what waits to be sent could never be paid within the targets, nothing being in flight."""
        return bool(self._waiting) and not any(self.budget.affords(job.worst_cost) for job in self._waiting)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be sent."""
        return not self._waiting

    def take_in(self, answer: Answer) -> None:
        """Do what an answer calls for: store, ask on, try again, give up, or stop the run."""
        self.budget.reserved -= answer.job.worst_cost
        self.budget.cost += answer.cost
        outcome = answer.reading.outcome
        completion = completion_of(outcome, answer.reading.text)
        if outcome in USABLE and completion is not None:
            self._failures_in_a_row = 0
            self._take_completion(answer, completion)
            return
        if outcome in FATAL:
            self.failure = answer.reading.sentence
            return
        self._try_again(answer)

    def take_in_rounds(self) -> None:
        """Take in every round whose turn it is."""
        while self._folded in self._completions:
            self._take_in_round(self._folded, self._completions.pop(self._folded))

    def _load(self, session: Session) -> None:
        """Read back what earlier processes have done."""
        run_id = self.run_id
        self.budget.calls, self.budget.cost = ledger.spent(session, run_id)
        self.budget.kept = _count(session, run_id, Outcome.KEPT)
        steps = session.execute(
            select(Call.round, Call.position, Call.purpose, func.max(Call.attempt))
            .where(Call.run_id == run_id)
            .group_by(Call.round, Call.position, Call.purpose)
        )
        self._attempts = {Step(round_, position, purpose): attempt for round_, position, purpose, attempt in steps}
        for candidate in _accepted_candidates(session, run_id):
            self._accept(candidate)
        self._load_answers(session)

    def _load_answers(self, session: Session) -> None:
        usable = select(Call).where(Call.run_id == self.run_id, Call.outcome.in_(USABLE))
        waiting = (Call.position == _PROPOSING) & (Call.round >= self._folded)
        unfinished = (
            select(Candidate.id)
            .where(
                Candidate.run_id == self.run_id,
                Candidate.outcome == Outcome.UNFINISHED,
                Candidate.round == Call.round,
                Candidate.position == Call.position,
            )
            .exists()
        )
        for call in session.scalars(usable.where(waiting | unfinished)):
            completion = completion_of(call.outcome, call.text)
            if completion is None:
                continue
            if call.position == _PROPOSING:
                self._completions[call.round] = (call.id, completion)
            else:
                self._open[call.round, call.position].answers[call.purpose] = completion
        for key in list(self._open):
            self._ask_on(key, session)

    def _accept(self, candidate: Candidate) -> None:
        demonstration = Demonstration(
            candidate.instruction,
            ((candidate.input, candidate.output),),
            bool(candidate.is_classification),
            candidate_id=candidate.id,
        )
        self._accepted.append((candidate.round, demonstration))
        if candidate.outcome is Outcome.UNFINISHED:
            self._open[candidate.round, candidate.position] = _Open(candidate.id, candidate.instruction)
            self.budget.unfinished += 1

    def _plan(self, room: int) -> None:
        """Add rounds until there is enough to send, the window is full, or no more are needed."""
        while (
            len(self._waiting) < room
            and self._next_round < self._folded + self.window
            and self.budget.wants_rounds(self._next_round - self._folded)
        ):
            if self._next_round not in self._completions:
                self._waiting.append(self._proposing_job(self._next_round))
            self._next_round += 1

    def _proposing_job(self, round_: int) -> Job:
        shown = self._draw(round_)
        prompt = self.terms.pipeline.ask(shown, self.terms.parameters)
        return self._job(Step(round_, _PROPOSING, self.terms.pipeline.purpose), prompt, shown)

    def _draw(self, round_: int) -> list[Demonstration]:
        # Seeding with a text hashes it with SHA-512, alike in every process; hash() would not be.
        rng = random.Random(f"{self.seed}/{round_}")  # noqa: S311 - repeatable on purpose, guards nothing
        kept = [each for number, each in self._accepted if number < round_ - self.window]
        return self.terms.pipeline.draw(rng, self._seeds, kept, self.terms.parameters)

    def _job(self, step: Step, prompt: Prompt, shown: Sequence[Demonstration]) -> Job:
        attempt = self._attempts.get(step, 0) + 1
        self._attempts[step] = attempt
        worst = worst_cost(prompt.text, prompt.sampling.max_tokens, self.endpoint.price_in, self.endpoint.price_out)
        return Job(step, prompt, tuple(Shown(each.seed_task_id, each.candidate_id) for each in shown), attempt, worst)

    def _may_send(self, job: Job) -> bool:
        moment = time.monotonic()
        if max(job.due, self._hold_until) > moment or not self.budget.affords(job.worst_cost):
            return False
        while self._sent_at and self._sent_at[0] < moment - 60:
            self._sent_at.popleft()
        limit = self.endpoint.requests_per_minute
        return limit is None or len(self._sent_at) < limit

    def _take_completion(self, answer: Answer, completion: Completion) -> None:
        step = answer.job.step
        if step.position == _PROPOSING:
            self._completions[step.round] = (answer.call_id, completion)
            return
        key = (step.round, step.position)
        self._open[key].answers[step.purpose] = completion
        with self._database.writing() as session:
            fold.hold(session, self.run_id, self.carrier)
            self._ask_on(key, session, last_call_id=answer.call_id)

    def _take_in_round(self, round_: int, answered: tuple[int, Completion] | None) -> None:
        try:
            with self._database.writing() as session:
                fold.hold(session, self.run_id, self.carrier)
                run = session.get_one(Run, self.run_id)
                if answered is None:
                    fold.count_round(session, run, round_)
                    candidates = []
                else:
                    pool = self._pool.locked(session)
                    call_id, completion = answered
                    candidates = fold.take_in_round(
                        session, run, self.terms, pool,
                        call=session.get_one(Call, call_id), completion=completion, shown=self._draw(round_),
                    )  # fmt: skip
        except BaseException:
            self._pool.forget()
            raise
        self._folded = round_ + 1
        self._next_round = max(self._next_round, self._folded)
        self._count_round(candidates)

    def _count_round(self, candidates: Sequence[Candidate]) -> None:
        accepted = [each for each in candidates if each.in_pool]
        for candidate in accepted:
            self._accept(candidate)
            if candidate.outcome is Outcome.UNFINISHED:
                self._ask_on((candidate.round, candidate.position), None)
        self.budget.kept += sum(each.outcome is Outcome.KEPT for each in candidates)
        self.budget.rounds += 1
        self.budget.barren_rounds = 0 if accepted else self.budget.barren_rounds + 1

    def _ask_on(self, key: tuple[int, int], session: Session | None, last_call_id: int | None = None) -> None:
        """Ask the next question about an accepted instruction; where there is none, store its instances."""
        open_ = self._open[key]
        question = self.terms.pipeline.next_question(
            open_.instruction, open_.answers, self._seeds, self.terms.parameters
        )
        if question is not None:
            step = Step(*key, question.purpose)
            # What is begun is finished first.
            self._waiting.appendleft(self._job(step, question.prompt, question.demonstrations))
            return
        if session is None:
            raise RuntimeError("an instruction without questions has its instance from the start")
        self._finish(session, key, last_call_id)

    def _finish(self, session: Session, key: tuple[int, int], last_call_id: int | None) -> None:
        open_ = self._open.pop(key)
        candidate = session.get_one(Candidate, open_.candidate_id)
        call = session.get_one(Call, last_call_id or _last_call(session, candidate))
        kept = fold.take_in_instances(session, candidate, self.terms, Pool(), call=call, answers=open_.answers)
        self.budget.kept += kept
        self.budget.unfinished -= 1

    def _try_again(self, answer: Answer) -> None:
        self._failures_in_a_row += 1
        if self._failures_in_a_row >= _MOST_FAILURES:
            self.failure = f"{_MOST_FAILURES} calls in a row failed. The last one: {answer.reading.sentence}"
            return
        job, failures = answer.job, answer.job.failures + 1
        if answer.reading.outcome not in RETRYABLE or failures >= _MOST_ATTEMPTS:
            self._give_up(answer)
            return
        delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (failures - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        if answer.retry_after is not None:
            delay = max(delay, answer.retry_after)
            self._hold_until = max(self._hold_until, time.monotonic() + answer.retry_after)
        self._attempts[job.step] += 1
        due = time.monotonic() + delay
        again = Job(job.step, job.prompt, job.shown, self._attempts[job.step], job.worst_cost, failures, due)
        self._waiting.appendleft(again)

    def _give_up(self, answer: Answer) -> None:
        step = answer.job.step
        if step.position == _PROPOSING:
            self._completions[step.round] = None
            return
        open_ = self._open.pop((step.round, step.position))
        with self._database.writing() as session:
            fold.hold(session, self.run_id, self.carrier)
            fold.give_up_instances(session.get_one(Candidate, open_.candidate_id), answer.reading.sentence)
        self.budget.unfinished -= 1


def _accepted_candidates(session: Session, run_id: int) -> Sequence[Candidate]:
    return session.scalars(
        select(Candidate)
        .where(Candidate.run_id == run_id, Candidate.in_pool)
        .order_by(Candidate.round, Candidate.position)
    ).all()


def _count(session: Session, run_id: int, outcome: Outcome) -> int:
    query = select(func.count()).where(Candidate.run_id == run_id, Candidate.outcome == outcome)
    return int(session.scalar(query) or 0)


def _last_call(session: Session, candidate: Candidate) -> int:
    query = select(func.max(Call.id)).where(
        Call.run_id == candidate.run_id,
        Call.round == candidate.round,
        Call.position == candidate.position,
        Call.outcome.in_(USABLE),
    )
    return int(session.execute(query).scalar_one())
