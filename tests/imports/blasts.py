"""Sends every bomb to an instance and measures what it costs: time, memory, and what others notice of it.

``python -m tests.imports.blasts --mb 64 [WORDS]`` prints a line for each whose name has the words in it, and how many
held; it ends with 1 where one didn't.
"""

import argparse
import ctypes
import gc
import io
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from app import jobs
from app.database import migrate
from app.imports.answers import AnswersForm, AnswersImport, start_answers_import
from app.imports.importing import Import, ImportForm, start_import
from app.main import create_app
from app.models.generation import RunState
from app.models.jobs import Job
from app.people.accounts import first_owner
from app.projects import create_project
from app.settings import USUAL_LIMITS, Settings
from tests.imports.bombs import BOMBS, Bomb
from tests.web.world import Browser

KINDS = (Import(), AnswersImport())
# What each has to hold: seconds of the request, until a stop, and of another's page or write.
ANSWER, STOP, OTHERS = 5.0, 1.0, 2.0
# Mebibytes beyond what there was before.
MEMORY = {"examples": 200, "answers": 64, "seeds": 200}
_BEFORE_STOP = 0.3


@dataclass
class Cost:
    """What one bomb took. ``answered``: seconds of the request; ``read``: of the job; ``stopped``: None where it had
    ended before anybody could stop it."""

    bomb: Bomb
    size: int = 0
    answered: float = 0.0
    read: float = 0.0
    stopped: float | None = None
    page: float = 0.0
    write: float = 0.0
    memory: float = 0.0
    said: str = ""
    faults: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether it stayed within all bounds."""
        seconds = (self.answered, ANSWER), (self.stopped or 0, STOP), (self.page, OTHERS), (self.write, OTHERS)
        is_small = self.memory < MEMORY[self.bomb.door]
        return not self.faults and is_small and all(took < most for took, most in seconds)

    def line(self) -> str:
        stopped = "ended" if self.stopped is None else f"{self.stopped:.2f}"
        figures = (
            f"{self.answered:5.2f} {self.read:6.2f} {stopped:>5} {self.page:5.2f} {self.write:5.2f} {self.memory:5.0f}"
        )
        said = "; ".join(self.faults) or self.said[:70].replace("\n", " ")
        return (
            f"{'ok ' if self.held else 'BAD'} {self.bomb.door:8} {self.bomb.name:42} {self.size:>9,} {figures}  {said}"
        )


class Ground:
    """An instance with one project, whose owner sends the files and looks at pages meanwhile."""

    def __init__(self, url: str, folder: Path, **limits: int) -> None:
        migrate(url)
        self.app = create_app(Settings(database_url=url, data_dir=folder, embedded_engine=False, **limits))
        self.limits = self.app.state.settings.file_limits
        self.database = self.app.state.database
        with self.database.writing() as session:
            owner = first_owner(session)
            self.owner_id = owner.id
            self.project_id = create_project(session, "Bombs", "", owner.id).id
        self.browser, self.other = Browser(self.app, self.owner_id), Browser(self.app, self.owner_id)

    def blast(self, bomb: Bomb, mb: int) -> Cost:
        raw = bomb.make(mb)
        cost = Cost(bomb, len(raw))
        with self._watched(cost):
            began = time.monotonic()
            answer = self._send(bomb, raw)
            cost.answered = time.monotonic() - began
            if answer.status_code >= 500:
                cost.faults.append(f"answered with {answer.status_code}")
            if bomb.door == "seeds":
                cost.said = answer.text if answer.status_code != 303 else "came in"
                return cost
            job, cost.read, _ = self._carry_out(bomb, raw)
            cost.said = job.sentence
            if cost.read > STOP:
                job, _, cost.stopped = self._carry_out(bomb, raw, stop=True)
        if job.state not in {RunState.DONE, RunState.FAILED, RunState.CANCELLED}:
            cost.faults.append(f"left {job.state}")
        return cost

    def _send(self, bomb: Bomb, raw: bytes) -> Any:
        route = {"examples": "imports.start", "answers": "imports.answers", "seeds": "seeds.import"}[bomb.door]
        form = {"model": "Ours", "others": "metadata", "again": "true"} if bomb.door != "seeds" else {}
        path = self.browser.path(route, project_id=self.project_id)
        return self.browser.post(path, data=form, files={"file": ("bomb", io.BytesIO(raw))})

    def _carry_out(self, bomb: Bomb, raw: bytes, *, stop: bool = False) -> tuple[Job, float, float | None]:
        """Let a job read it, also where the page refused it. Returns it with seconds to its end, and since the stop."""
        with self.database.writing() as session:
            where = session, self.project_id
            if bomb.door == "examples":
                form = ImportForm("bomb", "auto", again=True, extra=["metadata"])
                job_id = start_import(*where, form, io.BytesIO(raw), self.owner_id, limits=self.limits).id
            else:
                answers = AnswersForm("bomb", "Ours", again=True)
                job_id = start_answers_import(*where, answers, io.BytesIO(raw), self.owner_id, self.limits).id
        thread = threading.Thread(target=jobs.carry_out_job, args=(self.database, KINDS, job_id, threading.Event()))
        began, stopped = time.monotonic(), None
        thread.start()
        thread.join(_BEFORE_STOP if stop else None)
        if thread.is_alive():
            with self.database.writing() as session:
                jobs.cancel_job(session, session.get_one(Job, job_id), self.owner_id)
            asked = time.monotonic()
            thread.join()
            stopped = time.monotonic() - asked
        with self.database.reading() as session:
            return session.get_one(Job, job_id), time.monotonic() - began, stopped

    @contextmanager
    def _watched(self, cost: Cost) -> Iterator[None]:
        """Look at a page and write a row again and again meanwhile, and see how much memory there is at most."""
        over = threading.Event()

        def look() -> None:
            while not over.is_set():
                began = time.monotonic()
                if self.other.visit("projects.show", project_id=self.project_id).status_code != 200:
                    cost.faults.append("another page failed")
                cost.page = max(cost.page, time.monotonic() - began)
                over.wait(0.02)

        def write() -> None:
            while not over.is_set():
                began = time.monotonic()
                with self.database.writing() as session:
                    session.execute(text("UPDATE projects SET name = name"))
                cost.write = max(cost.write, time.monotonic() - began)
                over.wait(0.02)

        others = [threading.Thread(target=each) for each in (look, write)]
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        before = _memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")
        for each in others:
            each.start()
        try:
            yield
        finally:
            over.set()
            for each in others:
                each.join()
            cost.memory = _memory("VmHWM") - before


def _memory(name: str) -> float:
    """Return how much memory this process has (VmRSS) or had at most (VmHWM), in mebibytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def blast_all(ground: Ground, bombs: Sequence[Bomb], mb: int) -> Iterator[Cost]:
    ground.blast(Bomb("warm", "examples", lambda _mb: b'[{"instruction": "a", "output": "b"}]'), 1)
    ground.blast(Bomb("warm", "answers", lambda _mb: b'[{"instruction": "a", "output": "b"}]'), 1)
    for bomb in bombs:
        cost = ground.blast(bomb, mb)
        # Where the machine was busy with something else, it is seen the second time.
        yield cost if cost.held else ground.blast(bomb, mb)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="Parts of the names of the bombs to send, such as “examples: line”.")
    parser.add_argument("--short", action="store_true", help="Send each to one door alone.")
    parser.add_argument("--mb", type=int, default=64, help="How much each packed one holds.")
    parser.add_argument("--url", default="", help="An empty database; SQLite in a folder of its own where left out.")
    parser.add_argument("--unpacked-mb", type=int, default=USUAL_LIMITS.unpacked_mb, help="The limit, in megabytes.")
    parser.add_argument("--records", type=int, default=USUAL_LIMITS.records, help="The limit of records.")
    chosen = parser.parse_args()
    limits = {"unpacked_limit_mb": chosen.unpacked_mb, "records_limit": chosen.records}
    named = [each for each in BOMBS if all(word in f"{each.door}: {each.name}" for word in chosen.words)]
    bombs = [each for each in named if not (chosen.short and each.again)]
    held = 0
    print(f"{'':3} {'door':8} {'bomb':42} {'bytes':>9} answer   read  stop  page write   MiB  said")
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground(chosen.url or f"sqlite:///{folder}/tamis.db", Path(folder), **limits)
        for cost in blast_all(ground, bombs, chosen.mb):
            print(cost.line(), flush=True)
            held += cost.held
        with ground.database.reading() as session:
            left = session.scalar(select(func.count()).select_from(text("arrivals")))
    print(f"{held} of {len(bombs)} bombs held; {left} rows left behind")
    sys.exit(held < len(bombs) or bool(left))


if __name__ == "__main__":
    main()
