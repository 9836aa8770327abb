"""A run carried out, from wherever it stands to its end. Started and, after a crash, started again by the engine."""

import logging
import secrets
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.carrying import STOPPED, WENT_WRONG, Interrupted, end, take_up
from app.database import Database
from app.errors import AppError, Conflict
from app.generation import fold
from app.generation.course import Answer, Course
from app.generation.outbox import Job
from app.generation.pipelines import pipeline_named
from app.generation.prompt_versions import wording_at
from app.llm import ledger
from app.llm.client import Target, send
from app.llm.endpoint import target_of
from app.llm.secrets import Vault
from app.models.generation import Call, CallOutcome, Endpoint, Run, RunState
from app.screening.screen import parse_thresholds

_TICK = 0.25

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What carrying out a run needs of its process. ``stopping`` is set when the process is asked to end."""

    database: Database
    vault: Vault
    call_deadline: float
    stopping: threading.Event


def carry_out(around: Surroundings, run_id: int) -> None:
    """Carry out a run until its target, its cancellation or a failure; do nothing where it has ended already."""
    carrier = secrets.token_hex(8)
    try:
        if _take_up(around.database, run_id, carrier):
            _drive(around, *_course_of(around, run_id, carrier))
    except Conflict:
        log.warning("run %s is carried out by another process", run_id)
    except AppError as error:
        _end(around.database, run_id, carrier, RunState.FAILED, error.sentence)
    except Exception:
        log.exception("run %s failed", run_id)
        _end(around.database, run_id, carrier, RunState.FAILED, WENT_WRONG)
        raise


def _take_up(database: Database, run_id: int, carrier: str) -> bool:
    """Make a run ours, whoever carried it out before. Returns whether there is anything left to do."""
    with database.writing() as session:
        run = take_up(session, Run, run_id, carrier)
        if run is None:
            return False
        ledger.settle_calls_in_flight(session, run_id, session.get_one(Endpoint, run.endpoint_id))
        return True


def _course_of(around: Surroundings, run_id: int, carrier: str) -> tuple[Course, Target]:
    with around.database.writing() as session:
        fold.hold(session, run_id, carrier)
        run = session.get_one(Run, run_id)
        endpoint = session.get_one(Endpoint, run.endpoint_id)
        course = Course(around.database, session, run, endpoint, terms_of(session, run))
        return course, target_of(endpoint, around.vault)


def terms_of(session: Session, run: Run) -> fold.Terms:
    """Return what a run was started with, parsed."""
    pipeline = pipeline_named(run.pipeline)
    return fold.Terms(
        pipeline,
        pipeline.Parameters.model_validate(run.parameters),
        parse_thresholds(run.thresholds),
        wording_at(session, run.project_id, run.wording),
    )


def _drive(around: Surroundings, course: Course, target: Target) -> None:
    state, sentence = RunState.DONE, ""
    flying: set[Future[Answer]] = set()
    course.take_in_rounds()
    with ThreadPoolExecutor(course.endpoint.concurrency, thread_name_prefix=f"run-{course.run_id}") as senders:
        while True:
            ended = _why_to_end(around, course, flying)
            if ended is not None:
                state, sentence = ended
            else:
                for job in course.next_jobs(course.endpoint.concurrency - len(flying)):
                    flying.add(senders.submit(_perform, around, course, target, job))
            if not flying and ended is not None:
                break
            if not flying and course.is_idle:
                raise RuntimeError("the run has neither ended nor anything left to ask")
            flying = _await(flying, course)
    _end(around.database, course.run_id, course.carrier, state, sentence)


def _why_to_end(around: Surroundings, course: Course, flying: set[Future[Answer]]) -> tuple[RunState, str] | None:
    if around.stopping.is_set():
        if not flying:
            raise Interrupted
        return RunState.RUNNING, ""
    if (sentence := course.ending()) is not None:
        return RunState.DONE, sentence
    if course.failure is not None:
        return RunState.FAILED, course.failure
    if _cancel_requested(around.database, course.run_id):
        return RunState.CANCELLED, STOPPED
    if not flying and course.is_broke:
        return RunState.DONE, "Reached its limit of money: the next call could have passed it."
    return None


def _await(flying: set[Future[Answer]], course: Course) -> set[Future[Answer]]:
    """Wait for the next answers and take them in."""
    if not flying:
        time.sleep(_TICK)
        return flying
    done, pending = wait(flying, timeout=_TICK, return_when=FIRST_COMPLETED)
    for future in done:
        course.take_in(future.result())
    course.take_in_rounds()
    return pending


def _perform(around: Surroundings, course: Course, target: Target, job: Job) -> Answer:
    """Make one call, in a thread of its own: written to the ledger before it is sent and again when it is answered."""
    try:
        with around.database.writing() as session:
            fold.hold(session, course.run_id, course.carrier)
            call_id = ledger.open_call(
                session,
                endpoint=course.endpoint,
                run_id=course.run_id,
                step=job.step,
                attempt=job.attempt,
                prompt=job.prompt,
                shown=job.shown,
            ).id
    except IntegrityError as error:
        raise Conflict(f"{job.step} is being asked by another process.") from error
    reply = send(target, job.prompt, deadline=around.call_deadline)
    with around.database.writing() as session:
        ledger.store_reply(session, call_id, reply)
    with around.database.writing() as session:
        reading = ledger.close_call(session, call_id, course.endpoint, reply)
        call = session.get_one(Call, call_id)
        cost, is_lost = call.cost, call.outcome is CallOutcome.LOST
    if is_lost:
        raise Conflict(f"{job.step} was given up for lost by another process.")
    return Answer(job, call_id, reading, cost, reply.retry_after)


def _cancel_requested(database: Database, run_id: int) -> bool:
    with database.reading() as session:
        return session.get_one(Run, run_id).cancel_requested_at is not None


def _end(database: Database, run_id: int, carrier: str, state: RunState, sentence: str) -> None:
    with database.writing() as session:
        run = session.get_one(Run, run_id, with_for_update={"key_share": True})
        if run.carrier == carrier:
            end(session, run, state, sentence)
