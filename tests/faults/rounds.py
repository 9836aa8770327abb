"""One round of the campaign: a project, runs, a paid model with faults, and processes of Tamis that get hurt."""

import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sqlalchemy import func, select

from app import projects
from app.comparisons.comparing import ComparisonForm, start_comparison
from app.generation import runs
from app.generation.pipelines import pipeline_named
from app.llm.reading import USABLE
from app.models.generation import Call, CallOutcome, Run, RunState
from app.models.projects import Project
from tests.builders import add_candidate
from tests.faults.books import Books, read_books
from tests.faults.child import COUNT, POINT
from tests.faults.invariants import breaches
from tests.faults.model import Deck, PaidModel
from tests.generation.processes import Process
from tests.generation.workshop import Workshop, serving, workshop

# The longest that anything may take to show; a round that gets nowhere is a breach.
PATIENCE = 60.0
_MOST_NUDGES = 80
_TEXTS = "\n---\n".join(f"Note {number}. Bees make honey in hut {number}, and sell it." for number in range(90))
# For each way of writing what a run is to reach, some sixty calls away.
# How much a run is to keep or, where it is over chosen examples, how many there are.
TARGETS = {
    "self_instruct": 45,
    "alpaca": 400,
    "evolve": 40,
    "back_generation": 90,
    "teacher": 120,
    "translate": 60,
    "judge": 60,
}
_PARAMETERS = {"back_generation": {"texts": _TEXTS}, "translate": {"into": "French"}}
_PRICES = {"price_in": "1", "price_out": "4"}


@dataclass(frozen=True)
class Plan:
    """What a round is to be. ``rate``: share of requests with a fault. ``cap``: limit of money, in dollars or empty.

    ``size``: how much of what is usual a run is to reach.
    """

    number: int
    way: str
    backend: str
    pipeline: str
    concurrency: int
    rate: float
    cap: str
    hurts: int
    size: float = 1.0


@dataclass
class Round:
    """A round while it goes on.

    ``flying`` are the calls that were in flight when whoever sent them was killed, or stopped until others took over;
    ``accepted`` those whose answers were there when anything happened.
    """

    plan: Plan
    rng: random.Random
    shop: Workshop
    endpoint_id: int
    log: Path
    processes: list[Process] = field(default_factory=list)
    kills: int = 0
    other: int = 0
    nudges: int = 0
    held: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    flying: set[int] = field(default_factory=set)
    accepted: set[int] = field(default_factory=set)
    trouble: list[str] = field(default_factory=list)

    # What people do.

    def queue(self) -> int:
        """Start another run."""
        if self.plan.pipeline == "judge":
            return self._compare()
        fields = {"parameters": _PARAMETERS.get(self.plan.pipeline, {}), "cost_limit": self.plan.cap}
        if pipeline_named(self.plan.pipeline).over_chosen:
            # A translation by the practice model is too like its source for the filter of novelty.
            fields |= {"target_kept": "", "thresholds": {}}
        else:
            fields |= {"target_kept": f"{self.size}"}
        seed = str(self.rng.randrange(2**31))
        return self.shop.queue(self.endpoint_id, self.plan.pipeline, seed=seed, **fields)

    def _compare(self) -> int:
        """Have the model answer every example, and judge its answers beside those that were there."""
        form = ComparisonForm([self.endpoint_id], self.endpoint_id, with_own=True, cost_limit=self.plan.cap)
        with self.shop.database.writing() as session:
            return start_comparison(session, self.shop.project_id, form, self.shop.owner_id).id

    @property
    def size(self) -> int:
        return int(TARGETS[self.plan.pipeline] * self.plan.size)

    def add_examples(self) -> None:
        """Add the examples that such a run is over, every other one with an input."""
        with self.shop.database.writing() as session:
            project = session.get_one(Project, self.shop.project_id)
            for number in range(self.size):
                given = {"input": f"{number} km"} if number % 2 else {}
                add_candidate(session, project, f"Convert {number} kilometres to metres.", in_pool=True, **given)

    def limit_project(self, dollars: str) -> None:
        with self.shop.database.writing() as session:
            project = session.get_one(Project, self.shop.project_id)
            texts = {"name": project.name, "description": "", "guidelines": "", "approval_ratings": "0"}
            limits = {"cost_limit": dollars, "monthly_cost_limit": dollars}
            projects.edit_project(session, project, **texts, **limits, actor_id=self.shop.owner_id)

    def nudge(self) -> None:
        """Do what somebody does in the morning: continue what failed or paused, with more money where that ran out."""
        for run in self.all_runs():
            if run.state in {RunState.FAILED, RunState.PAUSED} and self.nudges < _MOST_NUDGES:
                self.nudges += 1
                self.held.append(run.sentence.split(".")[0])
                if "limit of money" in run.sentence:
                    self._check_limit(run)
                    self._raise_limit(run)
                self.shop.go_on(run.id)

    def _check_limit(self, run: Run) -> None:
        if run.cost_limit is not None and run.cost > run.cost_limit:
            self.trouble.append(f"run {run.id} paused past its limit")

    def _raise_limit(self, run: Run) -> None:
        if run.cost_limit is not None:
            more = {"concurrency": str(run.concurrency), "cost_limit": f"{run.cost_limit / 1e9 * 2:.4f}"}
            with self.shop.database.writing() as session:
                runs.change_run(session, session.get_one(Run, run.id), **more, actor_id=self.shop.owner_id)

    # What is seen from outside.

    def all_runs(self) -> list[Run]:
        with self.shop.database.reading() as session:
            return list(session.scalars(select(Run).order_by(Run.id)))

    def count(self, *conditions: object) -> int:
        with self.shop.database.reading() as session:
            return session.scalar(select(func.count()).select_from(Call).where(*conditions)) or 0

    def is_idle(self) -> bool:
        return all(run.state not in {RunState.QUEUED, RunState.RUNNING} for run in self.all_runs())

    def keep_busy(self) -> None:
        """See to it that there is something to be hurt."""
        self.nudge()
        if self.is_idle():
            self.queue()

    def wait_for_calls(self, more: int, seconds: float = 8.0) -> None:
        """Wait until so many more calls were opened, or long enough."""
        wanted, ends = self.count() + more, time.monotonic() + seconds
        while self.count() < wanted and time.monotonic() < ends:
            self.keep_busy()
            time.sleep(0.01)

    def wait_until(self, true: Callable[[], object], what: str, seconds: float = PATIENCE) -> bool:
        ends = time.monotonic() + seconds
        while not true():
            if time.monotonic() > ends:
                self.trouble.append(f"after {seconds:.0f} s {what}")
                return False
            time.sleep(0.02)
        return True

    # What is done to it.

    def start(self, *command: str, point: str = "", count: int = 1, **more: str) -> Process:
        """Start a process of Tamis, the embedded engine of a web server or a worker; ``point``: where it dies."""
        settings = {"TAMIS_TEST_PREPARE": "tests.faults.child", "TAMIS_CALL_DEADLINE_SECONDS": "2", **more}
        if point:
            settings |= {POINT: point, COUNT: str(count)}
        process = Process(self.shop.settings.data_dir, self.shop.database.url, *command, **settings)
        self.processes.append(process)
        return process

    def note(self, *, may_lose: bool) -> None:
        """Remember what has been accepted or stored, which is never lost; and what is in flight where that may be."""
        is_open = Call.outcome == CallOutcome.IN_FLIGHT
        is_stored = Call.outcome.in_(USABLE) | (is_open & Call.http_status.is_not(None))
        with self.shop.database.reading() as session:
            self.accepted |= set(session.scalars(select(Call.id).where(is_stored)))
            if may_lose:
                self.flying |= set(session.scalars(select(Call.id).where(is_open)))

    def kill(self, process: Process) -> None:
        """A power cut."""
        process.kill()
        self.kills += 1
        self.note(may_lose=True)

    def finish(self) -> None:
        """Stop what still goes on, as for a new version, and let another process carry everything to its end."""
        for process in self.processes:
            if not process.has_ended:
                self._stop(process)
        with self.start("worker") as last:

            def all_done() -> bool:
                self.nudge()
                return all(run.state is RunState.DONE for run in self.all_runs())

            if self.wait_until(all_done, "not everything had ended", PATIENCE * 2):
                self._stop(last)

    def _stop(self, process: Process) -> None:
        process.interrupt()
        try:
            code = process.end(15)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGUSR1)
            time.sleep(1)
            self.trouble.append("\n".join(["a process that was asked to end hangs:", *process.lines[-300:]]))
            process.kill()
            return
        # While it is still loading it ends as a program does that knows no better.
        is_born = bool(process.lines) and "importlib" not in "".join(process.lines[-6:])
        if code not in ({0} if is_born else {130, -signal.SIGINT}):
            self.trouble.append(f"a process that was asked to end did so with {code}: {process.lines[-3:]}")

    # What came of it.

    @cached_property
    def books(self) -> Books:
        return read_books(self.shop.database.url, self.log)

    @cached_property
    def lost(self) -> int:
        gone = {call["id"] for call in self.books.tables["calls"] if call["outcome"] == "lost"}
        return len(gone & self.accepted)

    @cached_property
    def doubled(self) -> int:
        return sum(len(calls) - 1 for calls in self.books.accepted.values())

    def breaches(self) -> list[str]:
        found = self.trouble + breaches(self.books)
        if self.lost:
            found.append(f"{self.lost} answers that were stored are lost")
        if (again := self.books.paid_again()) > len(self.flying):
            found.append(f"{again} requests were paid again, {len(self.flying)} were in flight")
        return found


@contextmanager
def opened(plan: Plan, rng: random.Random, url: str, folder: Path, log: Path, deck: Deck) -> Iterator[Round]:
    """Set a round up: its project, its model that writes ``log``, its first run. All of it ends with the block."""
    model = PaidModel(log, rng, deck, rate=plan.rate, latency_ms=rng.choice([20, 40, 80]))
    with serving(model) as base_url, workshop(url, folder / "data", seed_tasks=100) as shop:
        endpoint_id = shop.endpoint(base_url, concurrency=str(plan.concurrency), **_PRICES)
        here = Round(plan, rng, shop, endpoint_id, log)
        if pipeline_named(plan.pipeline).over_chosen:
            here.add_examples()
        here.queue()
        try:
            yield here
        finally:
            for process in here.processes:
                if not process.has_ended:
                    process.kill()
