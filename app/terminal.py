"""Runs and jobs watched in a terminal."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from app.amounts import format_cost
from app.carrying import Interrupted
from app.database import Database
from app.engine import KINDS
from app.generation.figures import run_figures
from app.jobs import cancel_job, carry_out_job
from app.models.generation import Run, RunState
from app.models.jobs import Job

_WATCH_SECONDS = 0.5


def watch_run(database: Database, run_id: int) -> RunState:
    """Show a run's progress until it ends, and its end on standard output. Returns how it ended."""
    with _progress() as bar:
        task = bar.add_task(f"Run {run_id}", total=1.0)
        while True:
            with database.reading() as session:
                run = session.get_one(Run, run_id)
                figures = run_figures(session, run)
            words = f"{figures.kept:,} kept of {figures.proposed:,} proposed, {format_cost(figures.cost)}"
            bar.update(task, completed=figures.share, description=words)
            if run.state not in {RunState.QUEUED, RunState.RUNNING}:
                break
            time.sleep(_WATCH_SECONDS)
    print(f"Run {run_id} is {run.state.value}: {run.sentence} {words}.")
    return run.state


def carry_out_here(database: Database, job_id: int, carrier: str) -> Job:
    """Carry a job out in this process and show its progress; Ctrl+C asks it to stop. Returns it as it ended."""

    def stop() -> None:
        with database.writing() as session:
            cancel_job(session, session.get_one(Job, job_id), None)

    _carry_out(database, job_id, carrier, threading.Event(), stop)
    with database.reading() as session:
        return session.get_one(Job, job_id)


def carry_out_whole(database: Database, job_id: int, carrier: str) -> bool:
    """Carry out a job that can't be stopped and that is gone when it has ended. Returns whether it has.

    Ctrl+C interrupts it; whichever process of Tamis runs next goes on with it.
    """
    stopping = threading.Event()
    _carry_out(database, job_id, carrier, stopping, stopping.set)
    return _job(database, job_id) is None


def _carry_out(
    database: Database, job_id: int, carrier: str, stopping: threading.Event, stop: Callable[[], None]
) -> None:
    def work() -> None:
        with suppress(Interrupted):
            carry_out_job(database, KINDS, job_id, stopping, carrier=carrier)

    thread = threading.Thread(target=work)
    thread.start()
    with _progress() as bar:
        shown = bar.add_task("", total=None)
        while thread.is_alive():
            try:
                thread.join(_WATCH_SECONDS)
            except KeyboardInterrupt:
                stop()
            if (job := _job(database, job_id)) is not None:
                words = f"{job.done:,} read" if job.total is None else f"{job.done:,} of {job.total:,}"
                bar.update(shown, description=words, completed=job.done, total=job.total)


def _job(database: Database, job_id: int) -> Job | None:
    with database.reading() as session:
        return session.get(Job, job_id)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
