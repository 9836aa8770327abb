"""Calls that wait to be sent: in which order, when, and whether they can be paid for."""

import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.generation.budget import Budget
from app.generation.pipeline import Demonstration
from app.llm.ledger import PROPOSING, Shown, Step
from app.llm.pace import Allowance
from app.llm.prices import most_tokens, worst_cost
from app.llm.prompt import Prompt
from app.models.generation import Endpoint

_MOST_FAILURES = 6
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 60.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call to be made. ``attempt`` counts on across restarts, ``failures`` only since the last one."""

    step: Step
    prompt: Prompt
    shown: tuple[Shown, ...]
    attempt: int
    worst_cost: int
    failures: int = 0
    due: float = 0.0

    @property
    def is_question(self) -> bool:
        """Whether it is about one instruction of a round."""
        return self.step.position != PROPOSING


class Outbox:
    """The calls of one run that wait. ``attempts`` maps each step to the highest attempt so far."""

    def __init__(self, endpoint: Endpoint, budget: Budget, attempts: dict[Step, int]) -> None:
        self._endpoint, self._budget, self._attempts = endpoint, budget, attempts
        self._waiting: deque[Outgoing] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_broke(self) -> bool:
        """Whether there are calls and none could be paid for."""
        return bool(self._waiting) and not any(self._budget.affords(each.worst_cost) for each in self._waiting)

    def add(self, step: Step, prompt: Prompt, shown: Sequence[Demonstration], *, first: bool = False) -> None:
        """Add a call, ``first`` before all others: what is begun is finished before anything new is."""
        ids = tuple(Shown(each.seed_task_id, each.candidate_id) for each in shown if each.is_stored)
        added = Outgoing(step, prompt, ids, self._next_attempt(step), worst_cost(prompt, self._endpoint))
        if first:
            self._waiting.appendleft(added)
        else:
            self._waiting.append(added)

    def try_again(self, failed: Outgoing, *, counts: bool, waits: bool = True) -> bool:
        """Add a failed call again, later each time. Returns False where it has failed too often.

        ``counts``: the failure was the call's own, not that of a server that is busy or away, which says nothing of it.
        ``waits``: not where the endpoint itself is held, which is wait enough.
        """
        failures = failed.failures + counts
        if failures >= _MOST_FAILURES:
            return False
        longest = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** min(failed.attempt - 1, 10))
        due = time.monotonic() + waits * longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        self._waiting.appendleft(replace(failed, attempt=self._next_attempt(failed.step), failures=failures, due=due))
        return True

    def take(self, room: int, allowance: Allowance) -> list[Outgoing]:
        """Return up to ``room`` calls that may be sent now, within what the endpoint allows. The budget counts them."""
        chosen: list[Outgoing] = []
        passed_over: list[Outgoing] = []
        tokens = 0
        most = room if allowance.calls is None else min(room, allowance.calls)
        while self._waiting and len(chosen) < most:
            each = self._waiting.popleft()
            tokens_with_it = tokens + most_tokens(each.prompt, self._endpoint)
            has_tokens = allowance.tokens is None or tokens_with_it <= allowance.tokens
            is_due = each.due <= time.monotonic() and (not each.is_question or self._budget.wants_questions())
            if has_tokens and is_due and self._budget.affords(each.worst_cost):
                self._budget.take(each.worst_cost)
                self._budget.asked += each.is_question
                tokens = tokens_with_it
                chosen.append(each)
            else:
                passed_over.append(each)
        self._waiting.extendleft(reversed(passed_over))
        return chosen

    def go_by(self, endpoint: Endpoint) -> None:
        """Go by what an endpoint has become: what waits may cost something else."""
        self._endpoint = endpoint
        self._waiting = deque(replace(each, worst_cost=worst_cost(each.prompt, endpoint)) for each in self._waiting)

    def put_back(self, taken: Outgoing) -> None:
        """Have a call that was taken and not sent wait again. The budget forgets it."""
        self._budget.calls -= 1
        self._budget.asked -= taken.is_question
        self._waiting.appendleft(taken)

    def _next_attempt(self, step: Step) -> int:
        self._attempts[step] = self._attempts.get(step, 0) + 1
        return self._attempts[step]
