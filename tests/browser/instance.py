"""A Tamis of a test's own: the real command in a process of its own, with a database that the test can look into."""

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from app import projects
from app.database import Database
from app.generation import runs
from app.generation.runs import RunForm
from app.llm.endpoint import EndpointForm, add_endpoint
from app.llm.practice.protocol import MODEL as PRACTICE_MODEL
from app.llm.secrets import open_vault
from app.models.candidates import Candidate, Outcome, Rating
from app.models.generation import Run, RunState
from app.models.jobs import Job
from app.models.people import Membership, Person, Role
from app.people.accounts import create_person
from app.people.sessions import sign_in
from app.seeds import import_jsonl, shipped_seed_tasks
from app.settings import Settings
from app.web.visit import COOKIE
from tests.browser.processes import HOST, free_port, launch, printed, stop


@dataclass(frozen=True, slots=True)
class Member:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class World:
    """A project with its people and the numbers of its kept examples, in the order in which they are rated."""

    project_id: int
    owner: Member
    annotator: Member
    examples: tuple[int, ...]

    @property
    def path(self) -> str:
        return f"/projects/{self.project_id}"

    @property
    def rate(self) -> str:
        return f"{self.path}/rate"


@dataclass
class Instance:
    """``database_url`` empty: SQLite in ``data_dir``."""

    data_dir: Path
    database_url: str = ""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None
    link: str = ""

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def database(self) -> Database:
        if not hasattr(self, "_database"):
            self._database = Database(self.database_url or f"sqlite:///{self.data_dir / 'tamis.db'}")
        return self._database

    def start(self, command: str = "serve", *options: str) -> None:
        """Start the command and wait until it has printed the link to open."""
        self.process = launch(
            (command, "--port", str(self.port), "--data-dir", str(self.data_dir), *options),
            self.data_dir,
            {"TAMIS_DATABASE_URL": self.database_url} if self.database_url else {},
        )
        self.link = printed(self.process, r"http://\S+")

    def stop(self) -> None:
        """Stop as Ctrl+C does."""
        if self.process is not None:
            stop(self.process)
        self.process = None

    def close(self) -> None:
        self.stop()
        if hasattr(self, "_database"):
            self._database.dispose()

    def new_world(self, examples: int = 5, name: str = "Kitchen") -> World:
        """Make a project with so many kept examples, an owner and an annotator."""
        with self.database.writing() as session:
            owner, annotator = create_person(session, "Olga"), create_person(session, "Anton")
            project = projects.create_project(session, name, "Recipes and what goes wrong with them.", owner.id)
            project.annotators_edit = True
            session.add(Membership(project_id=project.id, person_id=annotator.id, role=Role.ANNOTATOR))
            kept = [_example(project.id, number) for number in range(1, examples + 1)]
            session.add_all(kept)
            session.flush()
            return World(
                project.id,
                Member(owner.id, owner.name),
                Member(annotator.id, annotator.name),
                tuple(each.id for each in kept),
            )

    def start_run(self, world: World, base_url: str, target: int) -> int:
        """Start a run of the model at ``base_url``."""
        with self.database.writing() as session:
            import_jsonl(session, world.project_id, shipped_seed_tasks(), world.owner.id)
            form = EndpointForm(name="Practice model", base_url=base_url, model=PRACTICE_MODEL, concurrency="2")
            vault = open_vault(Settings(data_dir=self.data_dir))
            endpoint = add_endpoint(session, vault, world.project_id, form, world.owner.id)
            wanted = RunForm("self_instruct", endpoint.id, target_kept=str(target), seed="1")
            return runs.start_run(session, world.project_id, wanted, world.owner.id).id

    def cancel_run(self, world: World, run_id: int) -> None:
        with self.database.writing() as session:
            runs.cancel_run(session, runs.run_in(session, world.project_id, run_id), world.owner.id)

    def wait_for_run(self, run_id: int) -> None:
        """Wait until a run has ended well."""
        self._wait_for(Run, run_id)

    def wait_for_job(self, job_id: int) -> None:
        """Wait until a job has ended well."""
        self._wait_for(Job, job_id)

    def _wait_for(self, entity: type[Run] | type[Job], row_id: int) -> None:
        ended = time.monotonic() + 60
        while time.monotonic() < ended:
            with self.database.reading() as session:
                if session.get_one(entity, row_id).state is RunState.DONE:
                    return
            time.sleep(0.1)
        raise AssertionError(f"{entity.noun} {row_id} goes on and on")

    def kept_by(self, run_id: int) -> Sequence[int]:
        with self.database.reading() as session:
            kept = select(Candidate.id).where(Candidate.run_id == run_id, Candidate.outcome == Outcome.KEPT)
            return session.scalars(kept.order_by(Candidate.id)).all()

    def cookie(self, member: Member) -> dict[str, str]:
        """The cookie of a fresh sign-in."""
        with self.database.writing() as session:
            token = sign_in(session, session.get_one(Person, member.id), browser="a test", days=1)
        return {"name": COOKIE, "value": token, "url": self.url}

    def ratings(self, world: World, who: Member) -> Sequence[Rating]:
        """Every rating that somebody ever sent, oldest first."""
        with self.database.reading() as session:
            mine = select(Rating).where(Rating.project_id == world.project_id, Rating.annotator_id == who.id)
            return session.scalars(mine.order_by(Rating.id)).all()

    def counting(self, world: World, who: Member) -> list[Rating]:
        """The ratings that count."""
        return [each for each in self.ratings(world, who) if each.replaced_at is None]

    def candidate(self, candidate_id: int) -> Candidate:
        with self.database.reading() as session:
            return session.get_one(Candidate, candidate_id)


def _example(project_id: int, number: int) -> Candidate:
    return Candidate(
        project_id=project_id,
        position=number,
        instruction=f"Say how long to boil egg number {number}.",
        input="A large egg, straight from the fridge." if number % 2 else "",
        output=f"About {number + 6} minutes.",
        outcome=Outcome.KEPT,
    )
