"""A project with everything a run needs, on either database, and what to ask it afterwards."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import select
from starlette.types import ASGIApp

from app import projects, seeds
from app.database import Database
from app.generation import runs
from app.generation.runs import RunForm
from app.generation.workflow import Interrupted, Surroundings, carry_out
from app.llm.endpoint import EndpointForm, add_endpoint, edit_endpoint
from app.llm.practice.protocol import MODEL as PRACTICE_MODEL
from app.llm.reading import USABLE
from app.llm.secrets import open_vault
from app.models.candidates import Candidate
from app.models.generation import Call, DemonstrationShown, Endpoint, Run, RunState
from app.models.jobs import Job
from app.models.projects import SeedTask
from app.people.accounts import first_owner
from app.settings import Settings

ENDED = {RunState.DONE, RunState.CANCELLED, RunState.FAILED}


class Workshop:
    """One database with an owner, a project and its seed tasks. ``seed_tasks`` says how many of the shipped ones."""

    def __init__(self, url: str, folder: Path, seed_tasks: int = 60) -> None:
        self.settings = Settings(data_dir=folder, database_url=url)
        self.database = Database(url)
        self.vault = open_vault(self.settings)
        with self.database.writing() as session:
            self.owner_id = first_owner(session).id
        self.project_id = self.new_project("First sieve", seed_tasks)

    def new_project(self, name: str, seed_tasks: int) -> int:
        shipped = seeds.shipped_seed_tasks().splitlines(keepends=True)
        lines = [shipped[place * len(shipped) // seed_tasks] for place in range(seed_tasks)]
        with self.database.writing() as session:
            project = projects.create_project(session, name, "", self.owner_id)
            seeds.import_jsonl(session, project.id, b"".join(lines), self.owner_id)
            return project.id

    def endpoint(self, base_url: str, **fields: str) -> int:
        with self.database.writing() as session:
            form = _form(base_url, fields)
            return add_endpoint(session, self.vault, self.project_id, form, self.owner_id).id

    def change_endpoint(self, endpoint_id: int, base_url: str, **fields: str) -> None:
        with self.database.writing() as session:
            endpoint = session.get_one(Endpoint, endpoint_id)
            edit_endpoint(session, self.vault, endpoint, _form(base_url, fields), self.owner_id)

    def queue(self, endpoint_id: int, pipeline: str = "self_instruct", **fields: Any) -> int:
        form = RunForm(pipeline, endpoint_id, **({"target_kept": "12", "seed": "1"} | fields))
        with self.database.writing() as session:
            return runs.start_run(session, self.project_id, form, self.owner_id).id

    def carry_out(self, run_id: int, stopping: threading.Event | None = None) -> Run:
        """Carry a run out here and now, as far as it goes."""
        folder = self.settings.data_dir / "sent"
        around = Surroundings(self.database, self.vault, 20.0, stopping or threading.Event(), notes=folder)
        try:
            carry_out(around, run_id)
        except Interrupted:
            assert stopping is not None
        return self.run(run_id)

    def stop_when(self, run_id: int, enough: Callable[[Run], bool]) -> Run:
        """Carry a run out until ``enough`` of it is done, then stop as a process that ends would."""
        stopping = threading.Event()

        def look() -> None:
            while not stopping.is_set() and self.run(run_id).state not in ENDED:
                if enough(self.run(run_id)):
                    stopping.set()
                time.sleep(0.01)

        watch = threading.Thread(target=look)
        watch.start()
        run = self.carry_out(run_id, stopping)
        watch.join()
        return run

    def begin(self, run_id: int) -> threading.Thread:
        """Carry a run out in a thread of its own, which has begun."""
        thread = threading.Thread(target=self.carry_out, args=[run_id])
        thread.start()
        return thread

    def wait_until(self, true: Callable[[], object], seconds: float = 60.0) -> None:
        ends = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < ends, "it never came to be"
            time.sleep(0.02)

    def cancel(self, run_id: int) -> None:
        with self.database.writing() as session:
            runs.cancel_run(session, session.get_one(Run, run_id), self.owner_id)

    def pause(self, run_id: int) -> None:
        with self.database.writing() as session:
            runs.pause_run(session, session.get_one(Run, run_id), self.owner_id)

    def go_on(self, run_id: int) -> None:
        with self.database.writing() as session:
            runs.continue_run(session, session.get_one(Run, run_id), self.owner_id)

    def run(self, run_id: int) -> Run:
        with self.database.reading() as session:
            return session.get_one(Run, run_id)

    def job(self, job_id: int) -> Job:
        with self.database.reading() as session:
            return session.get_one(Job, job_id)

    def calls(self, run_id: int, *, usable: bool = False) -> Sequence[Call]:
        query = select(Call).where(Call.run_id == run_id).order_by(Call.id)
        with self.database.reading() as session:
            return session.scalars(query.where(Call.outcome.in_(USABLE)) if usable else query).all()

    def raw(self, call_id: int) -> bytes:
        with self.database.reading() as session:
            return bytes(session.execute(select(Call.raw).where(Call.id == call_id)).scalar_one())

    def candidates(self, run_id: int) -> Sequence[Candidate]:
        """The candidates of a run in the order in which a run alone would take them in."""
        order = (Candidate.round, Candidate.position, Candidate.instance)
        with self.database.reading() as session:
            return session.scalars(select(Candidate).where(Candidate.run_id == run_id).order_by(*order)).all()

    def shown(self, call_id: int) -> list[DemonstrationShown]:
        query = select(DemonstrationShown).where(DemonstrationShown.call_id == call_id)
        with self.database.reading() as session:
            return list(session.scalars(query.order_by(DemonstrationShown.position)))

    def seed_tasks(self) -> Sequence[SeedTask]:
        query = select(SeedTask).where(SeedTask.project_id == self.project_id).order_by(SeedTask.id)
        with self.database.reading() as session:
            return session.scalars(query).all()


@contextmanager
def workshop(url: str, folder: Path, seed_tasks: int = 60) -> Iterator[Workshop]:
    made = Workshop(url, folder, seed_tasks)
    try:
        yield made
    finally:
        made.database.dispose()


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an application from a thread; gives the base URL of an endpoint."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join()


def _form(base_url: str, fields: dict[str, str]) -> EndpointForm:
    return EndpointForm(**({"name": "Practice model", "base_url": base_url, "model": PRACTICE_MODEL} | fields))
