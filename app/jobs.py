"""Jobs: work in the background that a person starts, watches and may stop. The engine carries them out.

A kind of job keeps what it has done in the database, written with ``Task.writing``: so it can be called again after a
crash at any point and goes on.
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol, runtime_checkable

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session, joinedload

from app.carrying import STOPPED, WENT_WRONG, Interrupted, end, hold, new_carrier, take_up
from app.database import AWAY, Database
from app.errors import AppError, ImportRefused, NotFound
from app.models.base import now
from app.models.events import record
from app.models.generation import RunState
from app.models.jobs import Job
from app.projects import refuse_archived

_SECONDS_BETWEEN_WRITES = 0.5
_ROWS_AT_ONCE = 2_000
# A second chance for what a power cut interrupted, and no third for what takes its process down each time.
_MOST_LOST = 2
_KILLED = (
    "The process that carried this out was killed in the middle of it, twice, so it isn’t tried again. Start it anew "
    "with less at once, such as a part of the file, or on a machine with more memory."
)

log = logging.getLogger(__name__)


class Cancelled(Exception):
    """Somebody asked the job to stop."""


class Kind(Protocol):
    """What a job does. ``name`` is stored with it, ``label`` is shown to people: “Import of examples”."""

    name: str
    label: str

    def carry_out(self, task: "Task") -> None:
        """Do the work from wherever it stands and end with ``task.finish``. An AppError's sentence is its failure."""
        ...

    def clear_up(self, session: Session, job: Job) -> None:
        """Remove what a stopped or failed job has left, in the transaction that writes its end down."""
        ...


@runtime_checkable
class Sweeping(Protocol):
    """A kind whose jobs leave much behind."""

    def sweep(self, task: "Task") -> None:
        """Remove, little by little, what jobs of this kind that have ended don't need any more."""
        ...


class Finding:
    """What kinds of job have in common whose result is rows of ``table``, written at the end all at once."""

    table: type[Any]

    def store(self, session: Session, project_id: int, job_id: int, found: Sequence[dict[str, Any]]) -> None:
        """Store what a job found; what it had stored before is replaced."""
        self._remove(session, job_id)
        of_job = {"project_id": project_id, "job_id": job_id}
        for start in range(0, len(found), _ROWS_AT_ONCE):
            session.execute(insert(self.table), [of_job | row for row in found[start : start + _ROWS_AT_ONCE]])

    def clear_up(self, session: Session, job: Job) -> None:
        """Remove the rows, if any."""
        self._remove(session, job.id)

    def _remove(self, session: Session, job_id: int) -> None:
        session.execute(delete(self.table).where(self.table.job_id == job_id))


class Task:
    """A job in the process that carries it out. ``parameters`` are those it was started with."""

    def __init__(self, database: Database, job: Job, carrier: str, stopping: threading.Event) -> None:
        self.database = database
        self.job_id, self.project_id, self.parameters = job.id, job.project_id, job.parameters
        self._carrier, self._stopping = carrier, stopping
        self._next_write, self._done = 0.0, job.done

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that nobody else can take the job up in. Raises Conflict where somebody has."""
        with self.database.writing() as session:
            hold(session, Job, self.job_id, self._carrier)
            yield session

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how far the work is, outside of any transaction. Call it often: it writes twice a second at most.

        Raises Cancelled where a stop was asked for, Interrupted where the process is stopping, Conflict where
        another process took the job up: let all of them through.
        """
        self.give_way()
        self._done = done
        if time.monotonic() < self._next_write:
            return
        with self.writing() as session:
            job = _unless_cancelled(session, self.job_id)
            job.done, job.seen_at = done, now()
            job.total = job.total if total is None else total
        self._next_write = time.monotonic() + _SECONDS_BETWEEN_WRITES

    def glance(self) -> None:
        """Ask whether to go on, like ``progress``, where nothing is known that is done: while a file is read."""
        self.progress(self._done)

    def give_way(self) -> None:
        """Raise Interrupted where the process is stopping."""
        if self._stopping.is_set():
            raise Interrupted

    def finish(self, session: Session, result: dict[str, Any], sentence: str) -> None:
        """Write the end down, in the transaction of the last rows. Raises Cancelled like ``progress``."""
        job = _unless_cancelled(session, self.job_id)
        job.done = job.total = job.done if job.total is None else job.total
        job.result = result
        end(session, job, RunState.DONE, sentence)


def start_job(
    session: Session,
    project_id: int,
    kind: Kind,
    parameters: dict[str, Any],
    actor_id: int | None,
    *,
    about: str = "",
    carrier: str = "",
    in_archive: bool = False,
) -> Job:
    """Queue a job. With a ``carrier`` it isn't queued: the caller carries it out itself, under that name.

    ``about`` is what the record of changes says after the kind's label: “from alpaca.json”. Raises Archived where the
    project is, unless the job is for such a one (``in_archive``).
    """
    if not in_archive:
        refuse_archived(session, project_id)
    state = RunState.RUNNING if carrier else RunState.QUEUED
    job = Job(project_id=project_id, kind=kind.name, parameters=parameters, started_by_id=actor_id, state=state)
    job.carrier, job.seen_at = carrier, now()
    session.add(job)
    session.flush()
    after = {"kind": kind.name, "label": f"{kind.label} {about}".strip()}
    record(session, "job.started", project_id=project_id, actor_id=actor_id, subject_id=job.id, after=after)
    return job


def cancel_job(session: Session, job: Job, actor_id: int | None) -> None:
    """Ask a job to stop; its carrier clears up and writes the end down. Asking twice changes nothing."""
    if not job.is_active or job.cancel_requested_at is not None:
        return
    job.cancel_requested_at = now()
    record(session, "job.cancelled", project_id=job.project_id, actor_id=actor_id, subject_id=job.id)


def job_in(session: Session, project_id: int, job_id: int, *, kind: str = "") -> Job:
    """Return one job of a project with who started it, or raise NotFound; also where it is none of a ``kind``."""
    job = session.get(Job, job_id, options=[joinedload(Job.started_by)])
    if job is None or job.project_id != project_id or kind not in {"", job.kind}:
        raise NotFound("There is no such job in this project.")
    return job


def jobs_of(session: Session, project_id: int, *, kind: str, limit: int = 100) -> Sequence[Job]:
    """Return a project's jobs of one kind with who started them, newest first."""
    return session.scalars(
        select(Job)
        .options(joinedload(Job.started_by))
        .where(Job.project_id == project_id, Job.kind == kind)
        .order_by(Job.id.desc())
        .limit(limit)
    ).all()


def carry_out_job(
    database: Database, kinds: Sequence[Kind], job_id: int, stopping: threading.Event, *, carrier: str = ""
) -> None:
    """Carry out a job until it is done, stopped or failed; do nothing where it has ended already.

    ``carrier`` is the name it is carried out under, made up where left empty. Raises Interrupted where ``stopping`` is
    set, and whatever went wrong inside Tamis, once that is written down as the job's end. Where the database is away
    nothing is, and the engine queues the job again. A job that two carriers vanished over fails: it may have been why.
    """
    carrier = carrier or new_carrier("")
    with database.writing() as session:
        before = session.scalar(select(Job.carrier).where(Job.id == job_id))
        job = take_up(session, Job, job_id, carrier)
        if job is None:
            return
        job.seen_at = now()
        job.carriers_lost += before not in {"", carrier}
    task = Task(database, job, carrier, stopping)
    kind = next((each for each in kinds if each.name == job.kind), None)
    if kind is None:
        _end(task, None, carrier, RunState.FAILED, f"This version of Tamis doesn’t know jobs of the kind “{job.kind}”.")
        return
    if job.carriers_lost >= _MOST_LOST:
        _end(task, kind, carrier, RunState.FAILED, _KILLED)
        _sweep(task, kind)
        return
    try:
        task.progress(job.done)
        kind.carry_out(task)
    except Cancelled:
        _end(task, kind, carrier, RunState.CANCELLED, STOPPED)
    except AppError as error:
        problems = error.problems if isinstance(error, ImportRefused) else []
        _end(task, kind, carrier, RunState.FAILED, error.sentence, problems)
    except Interrupted:
        _let_go(task, carrier)
        raise
    except AWAY:
        log.warning("job %s can't reach the database; it goes on when that is back", job_id)
        _let_go(task, carrier)
        raise
    except Exception:
        log.exception("job %s failed", job_id)
        _end(task, kind, carrier, RunState.FAILED, WENT_WRONG)
        raise
    _sweep(task, kind)


def _sweep(task: Task, kind: Kind) -> None:
    if isinstance(kind, Sweeping):
        kind.sweep(task)


def _let_go(task: Task, carrier: str) -> None:
    """Write down that the carrier left the job, so that nobody takes it for one that vanished."""
    with suppress(*AWAY), task.database.writing() as session:
        session.execute(update(Job).where(Job.id == task.job_id, Job.carrier == carrier).values(carrier=""))


def _unless_cancelled(session: Session, job_id: int) -> Job:
    job = session.get_one(Job, job_id, populate_existing=True)
    if job.cancel_requested_at is not None:
        raise Cancelled
    return job


def _end(
    task: Task, kind: Kind | None, carrier: str, state: RunState, sentence: str, problems: Sequence[str] = ()
) -> None:
    """Write an end down that is not the wanted one, unless another process took the job up."""
    with task.database.writing() as session:
        job = session.get_one(Job, task.job_id, with_for_update={"key_share": True})
        if job.carrier != carrier or not job.is_active:
            log.warning("job %s is carried out by another process", job.id)
            return
        if kind is not None:
            kind.clear_up(session, job)
        job.result = {"problems": list(problems)} if problems else {}
        end(session, job, state, sentence)
