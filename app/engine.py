"""The engine that carries out runs and jobs: DBOS workflows, and a watch that hands to them what is queued.

A run or job is queued by one row, so that starting it is one transaction with everything else the page does. The watch
gives what is queued to DBOS under an id made from the row, which it takes once however often it is given. A process
that dies leaves its workflows pending: the embedded engine finds its own when it starts again, and those of a worker
that was not seen for a while are resumed by any other.
"""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID
from filelock import FileLock, Timeout
from sqlalchemy import ColumnElement, delete, false, make_url, select, update
from sqlalchemy.orm import Session

from app.archive.deleting import DELETION
from app.carrying import DEAD_AFTER, new_carrier
from app.database import AWAY, Database, reason_of
from app.duplicates.work import DECISION, SEARCH
from app.errors import Conflict
from app.generation.dry_run import DryRun
from app.generation.reread import Reread
from app.generation.workflow import Surroundings, carry_out
from app.imports.answers import AnswersImport
from app.imports.importing import Import
from app.imports.undoing import UNDO
from app.insights.replay import REPLAY
from app.jobs import Kind, carry_out_job
from app.llm import trial
from app.llm.ledger import settle_trials
from app.llm.secrets import open_vault
from app.models.base import now
from app.models.generation import Call, CallOutcome, Carried, Run, RunState, Worker, waits_for_others
from app.models.jobs import Job
from app.seldom import SELDOM
from app.settings import Settings

_DRY_RUN = DryRun(lambda: _surroundings())  # noqa: PLW0108
# Every kind of job there is.
KINDS: tuple[Kind, ...] = (Import(), AnswersImport(), UNDO, REPLAY, SEARCH, DECISION, _DRY_RUN, Reread(), DELETION)

_WATCH_SECONDS = 0.5
_BEAT_SECONDS = 5.0
# So long the dead are remembered: somebody looks for them in the morning.
_FORGOTTEN_AFTER = timedelta(days=1)
_QUIET = timedelta(seconds=15)
# Workflows are only taken up by the same version, so it stays as it is until their meaning changes.
_VERSION = "1"
_ONLY_ONE = "the-only-one"

log = logging.getLogger(__name__)
_around: Surroundings | None = None


@DBOS.workflow(name="run", max_recovery_attempts=None)
def run_workflow(run_id: int) -> None:
    """Carry out one run. Its memory is the ledger and the candidates, so it may be started again at any point."""
    carry_out(_surroundings(), run_id)


@DBOS.workflow(name="job", max_recovery_attempts=None)
def job_workflow(job_id: int) -> None:
    """Carry out one job. Its kind's memory is in the database, so it may be started again at any point."""
    around = _surroundings()
    carry_out_job(around.database, KINDS, job_id, around.stopping, carrier=new_carrier(around.worker))


def _surroundings() -> Surroundings:
    if _around is None:
        raise RuntimeError("the engine is not running")
    return _around


@dataclass(frozen=True, slots=True)
class _Line:
    """What the engine carries out in one way: runs or jobs. ``is_busy`` holds for a row that somebody works on now.

    ``waits`` holds for one that isn't to begin yet.
    """

    entity: type[Carried]
    workflow: Callable[[int], None]
    at_once: int
    is_busy: Callable[[], ColumnElement[bool]]
    waits: Callable[[], ColumnElement[bool]]

    @property
    def queue(self) -> str:
        return f"{self.entity.noun}s"

    def workflow_id(self, row_id: int, attempt: int) -> str:
        return f"{self.entity.noun}-{row_id}-{attempt}"


def _run_is_busy() -> ColumnElement[bool]:
    """Where calls go on, another process carries the run out, whatever its workflow says."""
    flies = (Call.outcome == CallOutcome.IN_FLIGHT) & (Call.sent_at > now() - _longest_call())
    return select(Call.id).where(Call.run_id == Run.id, flies | (Call.sent_at > now() - _QUIET)).exists()


def _longest_call() -> timedelta:
    return timedelta(seconds=max(_surroundings().call_deadline, trial.DEADLINE)) + _QUIET


def _job_is_busy() -> ColumnElement[bool]:
    return Job.seen_at > now() - _QUIET


_LINES = (
    _Line(Run, run_workflow, 8, _run_is_busy, waits_for_others),
    _Line(Job, job_workflow, 2, _job_is_busy, false),
)


class Engine:
    """The engine of one process. SQLite has one at a time, by a lock on the data folder; Postgres any number."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._stopping = threading.Event()
        self._handed_over: set[str] = set()
        self._patient_until = 0.0
        self._watch = threading.Thread(target=self._keep_watch, name="engine-watch", daemon=True)
        self._lock = _lock_of(settings)
        self._id = _ONLY_ONE if self._lock else f"worker-{secrets.token_hex(4)}"
        self._settings = settings

    def start(self) -> None:
        """Begin to carry out what is queued. Raises Conflict where another process does so on the same data folder."""
        if self._lock:
            _acquire(self._lock)
        global _around  # noqa: PLW0603 - DBOS finds workflows by name, so they can't be methods of this object
        _around = Surroundings(
            self._database,
            open_vault(self._settings),
            self._settings.call_deadline_seconds,
            self._stopping,
            self._id,
            self._settings.data_dir / "sent",
        )
        logging.getLogger("dbos").addFilter(SELDOM)
        DBOS(config=_config(self._settings, self._id))
        DBOS.launch()
        for line in _LINES:
            DBOS.register_queue(line.queue, worker_concurrency=line.at_once, polling_interval_sec=_WATCH_SECONDS)
        with self._database.writing() as session:
            _bury_the_dead_of_this_host(session)
            session.execute(delete(Worker).where(Worker.id == self._id))
            self._say_alive(session)
        self._watch.start()

    def stop(self, *, patience: int = 30) -> None:
        """Send nothing more, wait up to ``patience`` seconds for the answers in flight, and end."""
        self._stopping.set()
        if self._watch.is_alive():
            self._watch.join()
            DBOS.destroy(workflow_completion_timeout_sec=patience)
            with self._database.writing() as session:
                session.execute(delete(Worker).where(Worker.id == self._id))
        if self._lock:
            self._lock.release()

    def _keep_watch(self) -> None:
        beats = 0.0
        while not self._stopping.wait(_WATCH_SECONDS):
            beats += _WATCH_SECONDS
            try:
                for line in _LINES:
                    self._hand_over(line)
                if beats >= _BEAT_SECONDS:
                    beats = 0.0
                    self._beat()
            except AWAY as error:
                # Nobody could say that they are alive, so nobody is given up for dead before they had time to.
                self._patient_until = time.monotonic() + DEAD_AFTER.total_seconds()
                log.warning("the watch over what is queued can't reach the database (%s)", reason_of(error))
            except Exception:
                log.exception("the watch over what is queued stumbled; it goes on")

    def _hand_over(self, line: _Line) -> None:
        entity = line.entity
        with self._database.reading() as session:
            ready = entity.state == RunState.QUEUED, ~line.waits()
            queued = session.execute(select(entity.id, entity.attempt).where(*ready)).all()
        for row_id, attempt in queued:
            workflow_id = line.workflow_id(row_id, attempt)
            if workflow_id not in self._handed_over:
                with SetWorkflowID(workflow_id):
                    DBOS.enqueue_workflow(line.queue, line.workflow, row_id)
                self._handed_over.add(workflow_id)

    def _beat(self) -> None:
        with self._database.writing() as session:
            self._say_alive(session)
            settle_trials(session, now() - _longest_call())
            alive = set(session.scalars(select(Worker.id).where(Worker.seen_at > now() - DEAD_AFTER)))
            session.execute(delete(Worker).where(Worker.seen_at < now() - _FORGOTTEN_AFTER))
        for line in _LINES:
            if time.monotonic() > self._patient_until:
                self._take_over(line, alive)
            self._requeue_the_orphaned(line)

    def _take_over(self, line: _Line, alive: set[str]) -> None:
        pending = DBOS.list_workflows(status="PENDING", name=line.entity.noun, load_input=False, load_output=False)
        for workflow in pending:
            if workflow.executor_id not in alive:
                log.warning("taking over %s from %s", workflow.workflow_id, workflow.executor_id)
                DBOS.resume_workflow(workflow.workflow_id, queue_name=line.queue)

    def _requeue_the_orphaned(self, line: _Line) -> None:
        """Queue again what nobody carries out though it has not ended: its workflow ended, or it never had one.

        As when the database was away while the end was to be written, or when a command was killed.
        """
        entity = line.entity
        running = select(entity.id, entity.attempt).where(entity.state == RunState.RUNNING, ~line.is_busy())
        with self._database.reading() as session:
            quiet = session.execute(running).all()
        for row_id, attempt in quiet:
            status = DBOS.get_workflow_status(line.workflow_id(row_id, attempt))
            if status is not None and status.status not in {"SUCCESS", "ERROR"}:
                continue
            log.warning("%s %s was left behind; it goes on", entity.noun, row_id)
            # Who carried it out lived to see its workflow's end: it didn't vanish.
            let_go = {"carrier": ""} if entity is Job and status is not None else {}
            still = entity.id == row_id, entity.attempt == attempt, entity.state == RunState.RUNNING
            with self._database.writing() as session:
                session.execute(
                    update(entity).where(*still).values(state=RunState.QUEUED, attempt=attempt + 1, **let_go)
                )

    def _say_alive(self, session: Session) -> None:
        worker = session.get(Worker, self._id) or Worker(id=self._id, host=socket.gethostname(), pid=os.getpid())
        worker.seen_at = now()
        session.add(worker)


def refuse_second_engine(settings: Settings) -> None:
    """Raise Conflict where another process carries out the runs of this data folder, before anything is begun."""
    if settings.embedded_engine and (lock := _lock_of(settings)):
        _acquire(lock)
        lock.release()


def _lock_of(settings: Settings) -> FileLock | None:
    if make_url(settings.url).get_backend_name() != "sqlite":
        return None
    return FileLock(settings.data_dir / "engine.lock")


def _acquire(lock: FileLock) -> None:
    Path(lock.lock_file).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Conflict("Another Tamis process carries out the runs of this data folder already.") from error


def _bury_the_dead_of_this_host(session: Session) -> None:
    """After a crash and a quick restart nobody has to wait for a lease to run out."""
    for worker in session.scalars(select(Worker).where(Worker.host == socket.gethostname())):
        if not Path(f"/proc/{worker.pid}").exists() and Path("/proc/self").exists():
            session.delete(worker)


def _config(settings: Settings, executor_id: str) -> DBOSConfig:
    return DBOSConfig(
        name="tamis",
        system_database_url=settings.url,
        serializer=DBOSPortableJSONSerializer(),
        application_version=_VERSION,
        executor_id=executor_id,
        log_level="WARNING",
        use_listen_notify=False,
        sys_db_pool_size=10,
    )
