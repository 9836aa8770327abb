"""The engine that carries runs out: DBOS workflows, and a watch that hands queued runs to them.

A run is queued by one row, so that starting it is one transaction with everything else the page does. The watch gives
queued runs to DBOS under an id made from the run, which it takes once however often it is given. A process that dies
leaves its workflows pending: the embedded engine finds its own when it starts again, and those of a worker that was
not seen for a while are resumed by any other.
"""

import logging
import os
import secrets
import socket
import threading
from datetime import timedelta
from pathlib import Path

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID
from filelock import FileLock, Timeout
from sqlalchemy import delete, make_url, select, update
from sqlalchemy.orm import Session

from app.database import Database
from app.errors import Conflict
from app.generation.workflow import Surroundings, carry_out
from app.llm.secrets import open_vault
from app.models.base import now
from app.models.generation import Call, CallOutcome, Run, RunState, Worker
from app.settings import Settings

_QUEUE = "runs"
_RUNS_AT_ONCE = 8
_WATCH_SECONDS = 0.5
_BEAT_SECONDS = 5.0
_DEAD_AFTER = timedelta(seconds=30)
_QUIET = timedelta(seconds=15)
# Workflows are only taken up by the same version, so it stays as it is until their meaning changes.
_VERSION = "1"
_ONLY_ONE = "the-only-one"

log = logging.getLogger(__name__)
_around: Surroundings | None = None


@DBOS.workflow(name="run", max_recovery_attempts=None)
def run_workflow(run_id: int) -> None:
    """Carry out one run. Its memory is the ledger and the candidates, so it may be started again at any point."""
    if _around is None:
        raise RuntimeError("the engine is not running")
    carry_out(_around, run_id)


class Engine:
    """The engine of one process. SQLite has one at a time, by a lock on the data folder; Postgres any number."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._stopping = threading.Event()
        self._handed_over: set[str] = set()
        self._watch = threading.Thread(target=self._keep_watch, name="run-watch", daemon=True)
        self._lock = _lock_of(settings)
        self._id = _ONLY_ONE if self._lock else f"worker-{secrets.token_hex(8)}"
        self._settings = settings

    def start(self) -> None:
        """Begin to carry out runs. Raises Conflict where another process does so on the same data folder."""
        self._take_lock()
        global _around  # noqa: PLW0603 - DBOS finds workflows by name, so they can't be methods of this object
        _around = Surroundings(
            self._database, open_vault(self._settings), self._settings.call_deadline_seconds, self._stopping
        )
        DBOS(config=_config(self._settings, self._id))
        DBOS.launch()
        DBOS.register_queue(_QUEUE, worker_concurrency=_RUNS_AT_ONCE, polling_interval_sec=_WATCH_SECONDS)
        with self._database.writing() as session:
            _bury_the_dead_of_this_host(session)
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

    def _take_lock(self) -> None:
        if self._lock:
            _acquire(self._lock)

    def _keep_watch(self) -> None:
        beats = 0.0
        while not self._stopping.wait(_WATCH_SECONDS):
            beats += _WATCH_SECONDS
            try:
                self._hand_over()
                if beats >= _BEAT_SECONDS:
                    beats = 0.0
                    self._beat()
            except Exception:
                log.exception("the watch over runs stumbled; it goes on")

    def _hand_over(self) -> None:
        with self._database.reading() as session:
            queued = session.execute(select(Run.id, Run.attempt).where(Run.state == RunState.QUEUED)).all()
        for workflow_id, run_id in ((_workflow_id(run_id, attempt), run_id) for run_id, attempt in queued):
            if workflow_id not in self._handed_over:
                with SetWorkflowID(workflow_id):
                    DBOS.enqueue_workflow(_QUEUE, run_workflow, run_id)
                self._handed_over.add(workflow_id)

    def _beat(self) -> None:
        with self._database.writing() as session:
            self._say_alive(session)
            alive = set(session.scalars(select(Worker.id).where(Worker.seen_at > now() - _DEAD_AFTER)))
            session.execute(delete(Worker).where(Worker.id.not_in(alive)))
        for workflow in DBOS.list_workflows(status="PENDING", name="run", load_input=False, load_output=False):
            if workflow.executor_id not in alive:
                log.warning("taking over %s from %s", workflow.workflow_id, workflow.executor_id)
                DBOS.resume_workflow(workflow.workflow_id, queue_name=_QUEUE)
        self._requeue_the_orphaned()

    def _requeue_the_orphaned(self) -> None:
        """Queue runs again whose workflow ended without writing their end down, as when the database was away.

        Where calls go on, another process carries the run out, whatever its workflow says.
        """
        busy = (
            select(Call.id)
            .where(Call.run_id == Run.id)
            .where((Call.outcome == CallOutcome.IN_FLIGHT) | (Call.sent_at > now() - _QUIET))
            .exists()
        )
        with self._database.reading() as session:
            running = session.execute(select(Run.id, Run.attempt).where(Run.state == RunState.RUNNING, ~busy)).all()
        for run_id, attempt in running:
            status = DBOS.get_workflow_status(_workflow_id(run_id, attempt))
            if status is None or status.status not in {"SUCCESS", "ERROR"}:
                continue
            log.warning("run %s was left behind; it goes on", run_id)
            with self._database.writing() as session:
                session.execute(
                    update(Run)
                    .where(Run.id == run_id, Run.attempt == attempt, Run.state == RunState.RUNNING)
                    .values(state=RunState.QUEUED, attempt=attempt + 1)
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
    Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Conflict("Another Tamis process carries out the runs of this data folder already.") from error


def _bury_the_dead_of_this_host(session: Session) -> None:
    """After a crash and a quick restart nobody has to wait for a lease to run out."""
    for worker in session.scalars(select(Worker).where(Worker.host == socket.gethostname())):
        if not Path(f"/proc/{worker.pid}").exists() and Path("/proc/self").exists():
            session.delete(worker)


def _workflow_id(run_id: int, attempt: int) -> str:
    return f"run-{run_id}-{attempt}"


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
