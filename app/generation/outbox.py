"""Calls that wait to be sent: in which order, when, and whether they can be paid for."""

import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.generation.budget import Budget
from app.generation.pipeline import Demonstration
from app.llm.ledger import Shown, Step
from app.llm.prices import worst_cost
from app.llm.prompt import Prompt
from app.models.generation import Endpoint

_MOST_ATTEMPTS = 6
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 60.0
# A server that asks for more patience than this is asked again all the same.
_LONGEST_HOLD = 900.0
_MINUTE = 60.0


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


class Outbox:
    """The jobs of one run. ``attempts`` maps each step to the highest attempt so far."""

    def __init__(self, endpoint: Endpoint, budget: Budget, attempts: dict[Step, int]) -> None:
        self._endpoint, self._budget, self._attempts = endpoint, budget, attempts
        self._waiting: deque[Job] = deque()
        self._hold_until = 0.0
        self._sent_at: deque[float] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_broke(self) -> bool:
        """Whether there are jobs and none could be paid for within the targets."""
        return bool(self._waiting) and not any(self._budget.affords(job.worst_cost) for job in self._waiting)

    def add(self, step: Step, prompt: Prompt, shown: Sequence[Demonstration], *, first: bool = False) -> None:
        """Add a call, ``first`` before all others: what is begun is finished before anything new is."""
        worst = worst_cost(prompt.text, prompt.sampling.max_tokens, self._endpoint.price_in, self._endpoint.price_out)
        ids = tuple(Shown(each.seed_task_id, each.candidate_id) for each in shown if each.is_stored)
        job = Job(step, prompt, ids, self._next_attempt(step), worst)
        if first:
            self._waiting.appendleft(job)
        else:
            self._waiting.append(job)

    def try_again(self, job: Job, retry_after: float | None) -> bool:
        """Add a failed call again, later each time; ``retry_after`` seconds hold all others too.

        Returns False where it has failed too often.
        """
        failures = job.failures + 1
        if failures >= _MOST_ATTEMPTS:
            return False
        delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (failures - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        moment = time.monotonic()
        if retry_after is not None:
            self._hold_until = max(self._hold_until, moment + min(retry_after, _LONGEST_HOLD))
        again = replace(job, attempt=self._next_attempt(job.step), failures=failures, due=moment + delay)
        self._waiting.appendleft(again)
        return True

    def take(self, room: int) -> list[Job]:
        """Return up to ``room`` jobs that may be sent now. What they may cost is set aside."""
        chosen: list[Job] = []
        for _ in range(len(self._waiting)):
            job = self._waiting.popleft()
            if len(chosen) < room and self._may_go(job):
                self._sent_at.append(time.monotonic())
                self._budget.calls += 1
                self._budget.reserved += job.worst_cost
                chosen.append(job)
            else:
                self._waiting.append(job)
        return chosen

    def _next_attempt(self, step: Step) -> int:
        self._attempts[step] = self._attempts.get(step, 0) + 1
        return self._attempts[step]

    def _may_go(self, job: Job) -> bool:
        moment = time.monotonic()
        if max(job.due, self._hold_until) > moment or not self._budget.affords(job.worst_cost):
            return False
        while self._sent_at and self._sent_at[0] < moment - _MINUTE:
            self._sent_at.popleft()
        limit = self._endpoint.requests_per_minute
        return limit is None or len(self._sent_at) < limit
