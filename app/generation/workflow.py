"""A run carried out, from wherever it stands to its end. Started and, after a crash, started again by the engine."""

import logging
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.carrying import WENT_WRONG, Interrupted, end, new_carrier, take_up
from app.database import AWAY, Database, lock, reason_of
from app.errors import AppError, Conflict
from app.generation import fold
from app.generation.course import Answer, Course
from app.generation.ending import why_to_end, wish_of
from app.generation.flight import Flight, Landed, replies_of
from app.generation.intake import Terms
from app.generation.outbox import Outgoing
from app.generation.pipelines import pipeline_named
from app.generation.prompt_versions import wording_at
from app.llm import ledger, lessons, money, pace
from app.llm.client import Reply, send
from app.llm.endpoint import target_of
from app.llm.ledger import Asking
from app.llm.secrets import Vault
from app.llm.sent import SentNotes, forget, sent_by
from app.models.generation import Endpoint, Run, RunState
from app.screening.screen import parse_thresholds

_TICK = 0.25
_DATABASE_AWAY = 2.0
# So many calls at the same time that whoever writes them down falls behind.
_MANY = 16

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What carrying out a run needs of its process, the worker of this id.

    ``stopping`` is set when the process is asked to end. ``notes`` is the folder where it notes what it sends.
    """

    database: Database
    vault: Vault
    call_deadline: float
    stopping: threading.Event
    worker: str = ""
    notes: Path | None = None


def carry_out(around: Surroundings, run_id: int) -> None:
    """Carry out a run until its target, its cancellation or a failure; do nothing where it has ended already.

    Where the database is away for a while, it goes on afterwards from what was written down.
    """
    carrier = new_carrier(around.worker)
    has_stumbled = False
    while not around.stopping.is_set():
        try:
            if _take_up(around, run_id, carrier, has_stumbled):
                _drive(around, _course_of(around, run_id, carrier))
        except AWAY as error:
            log.warning("run %s can't reach the database (%s); it goes on when that is back", run_id, reason_of(error))
            has_stumbled = True
            around.stopping.wait(_DATABASE_AWAY)
        except Conflict:
            log.warning("run %s is carried out by another process", run_id)
            return
        except AppError as error:
            _end(around.database, run_id, carrier, RunState.FAILED, error.sentence)
            return
        except Exception:
            log.exception("run %s failed", run_id)
            _end(around.database, run_id, carrier, RunState.FAILED, WENT_WRONG)
            raise
        else:
            return
    raise Interrupted


def _take_up(around: Surroundings, run_id: int, carrier: str, has_stumbled: bool) -> bool:
    """Make a run ours, whoever carried it out before. Returns whether there is anything left to do.

    One that stumbled is not tried again where it was asked to end; any other takes in first what is paid for.
    """
    with around.database.writing() as session:
        lock(session, Run, run_id)
        before = session.get_one(Run, run_id).carrier
        run = take_up(session, Run, run_id, carrier)
        if run is None:
            return False
        sent = sent_by(around.notes, before)
        ledger.settle_calls_in_flight(session, run_id, session.get_one(Endpoint, run.endpoint_id), sent=sent)
        wish = wish_of(run) if has_stumbled else None
        if wish is not None:
            end(session, run, *wish)
    forget(around.notes, before)
    return wish is None


def _course_of(around: Surroundings, run_id: int, carrier: str) -> Course:
    with around.database.writing() as session:
        run = fold.hold(session, run_id, carrier)
        endpoint = session.get_one(Endpoint, run.endpoint_id)
        target = target_of(endpoint, around.vault)
        return Course(around.database, session, run, endpoint, target, terms_of(session, run))


def terms_of(session: Session, run: Run) -> Terms:
    """Return what a run was started with, parsed."""
    pipeline = pipeline_named(run.pipeline)
    return Terms(
        pipeline,
        pipeline.Parameters.model_validate(run.parameters),
        parse_thresholds(run.thresholds),
        wording_at(session, run.project_id, run.wording),
    )


def _drive(around: Surroundings, course: Course) -> None:
    """Send and take in, many calls in one transaction: what came back is stored and more is sent, then it is read."""

    def send_one(outgoing: Outgoing) -> Reply:
        return send(course.target, outgoing.prompt, deadline=around.call_deadline)

    landed: dict[int, Landed] = {}
    notes = SentNotes(around.notes, course.carrier)
    with closing(notes), Flight(send_one, f"run-{course.run_id}", notes.add) as flight:
        try:
            _take_in(around, course, flight, {})
            while True:
                ending = _store_and_open(around, course, flight, landed)
                if not (landed or flight or course.is_behind):
                    if ending is not None:
                        break
                    course.expect_work()
                has_news = landed or course.is_behind
                _take_in(around, course, flight, landed)
                # Where nothing flies, what was just taken in may have made something to send, or ended the run.
                waits = flight or not (has_news or course.is_idle)
                landed = flight.collect(_TICK if waits and not course.is_behind else 0)
                flight.check()
        except BaseException:
            _keep(around, course, flight, landed)
            raise
    forget(around.notes, course.carrier)
    if ending[0] is RunState.RUNNING:
        raise Interrupted
    _end(around.database, course.run_id, course.carrier, *ending)


def _store_and_open(
    around: Surroundings, course: Course, flight: Flight, landed: Mapping[int, Landed]
) -> tuple[RunState, str] | None:
    """Store what came back before anything reads it, then write down and send what is next.

    Returns why nothing more is sent, as state and sentence, or None.
    """
    replies = replies_of(landed)
    try:
        with around.database.writing() as session:
            run = fold.hold(session, course.run_id, course.carrier)
            endpoint = session.get_one(Endpoint, run.endpoint_id)
            ledger.store_replies(session, replies)
            pace.heed(session, endpoint, replies.values())
            course.is_held = endpoint.holds > 0
            course.budget.left, whose = money.left(session, run.project_id, run)
            flying = len(flight)
            ending = (
                (RunState.RUNNING, "") if around.stopping.is_set() else why_to_end(course, run, endpoint, flying, whose)
            )
            if ending is not None:
                # The calls that a run was told to make are made, even the last ones, which wait for room.
                if ending[0] is not RunState.DONE or not course.budget.has_all_calls:
                    recalled = flight.recall()
                    ledger.withdraw_calls(session, endpoint, run.id, recalled)
                    course.put_back(recalled.values())
                return ending
            room = (
                run.concurrency + _ahead(run, endpoint) - flying if course.is_understood else 1 - flying - len(landed)
            )
            calls = course.next_calls(room, pace.allowance(session, endpoint))
            askings = [Asking(each.step, each.attempt, each.prompt, each.shown) for each in calls]
            ids = ledger.open_calls(session, endpoint, run.id, askings)
            if calls:
                pace.note_sent(endpoint)
            most = run.concurrency
    except IntegrityError as error:
        if not ledger.is_sent_already(error):
            raise
        raise Conflict(f"Run {course.run_id} is being carried out by another process.") from error
    flight.send(dict(zip(ids, calls, strict=True)), most)
    return None


def _ahead(run: Run, endpoint: Endpoint) -> int:
    """Return how many calls are written down before there is room to send them, so that no sender waits for that.

    None where few fly: a process that dies leaves them behind, and they count with the most that they can have cost.
    """
    is_slow = endpoint.is_limited or endpoint.failures_in_a_row or endpoint.holds or run.concurrency < _MANY
    return 0 if is_slow else run.concurrency


def _take_in(around: Surroundings, course: Course, flight: Flight, landed: Mapping[int, Landed]) -> None:
    """Read what came back and do what it calls for."""
    if not landed and not course.is_behind:
        return
    with around.database.writing() as session:
        run = fold.hold(session, course.run_id, course.carrier)
        closed = ledger.close_calls(session, course.endpoint, replies_of(landed))
        if any(each.is_lost for each in closed.values()):
            raise Conflict(f"Calls of run {course.run_id} were given up for lost by another process.")
        again = _learn(around, session, course, flight, landed, closed)
        answers = [
            Answer(each.sent, call_id, closed[call_id].reading, is_lesson=call_id in again)
            for call_id, each in landed.items()
        ]
        course.take_in(session, run, answers)


def _learn(
    around: Surroundings,
    session: Session,
    course: Course,
    flight: Flight,
    landed: Mapping[int, Landed],
    closed: Mapping[int, ledger.Closed],
) -> set[int]:
    """Heed what the answers teach of the model: calls that were written down in the old way are taken back.

    Returns those that are to be made again.
    """
    answers = {call_id: (landed[call_id].sent.prompt, each) for call_id, each in closed.items()}
    learned = lessons.heed(session, course.endpoint.id, answers)
    if learned.sentences:
        recalled = flight.recall()
        endpoint = session.get_one(Endpoint, course.endpoint.id)
        ledger.withdraw_calls(session, endpoint, course.run_id, recalled)
        course.put_back(recalled.values())
        course.go_by(endpoint, target_of(endpoint, around.vault))
        log.info("run %s learned of %s: %s", course.run_id, endpoint.name, " ".join(learned.sentences))
    return learned.again


def _keep(around: Surroundings, course: Course, flight: Flight, landed: dict[int, Landed]) -> None:
    """Wait for what is in flight and store it with what had landed, whatever went wrong: it is paid for."""
    recalled = flight.recall()
    while flight:
        landed |= flight.collect(_TICK)
    replies = replies_of(landed)
    while replies or recalled:
        try:
            with around.database.writing() as session:
                ledger.store_replies(session, replies)
                ledger.withdraw_calls(session, course.endpoint, course.run_id, recalled)
            with around.database.writing() as session:
                ledger.close_calls(session, course.endpoint, replies)
        except AWAY as error:
            waiting = len(replies)
            log.warning("%s answers for run %s wait for the database (%s)", waiting, course.run_id, reason_of(error))
            if not around.stopping.wait(_DATABASE_AWAY):
                continue
        break


def _end(database: Database, run_id: int, carrier: str, state: RunState, sentence: str) -> None:
    """Write the end of a run down, unless another process took it up. What was in flight then will never come."""
    with database.writing() as session:
        run = session.get_one(Run, run_id, with_for_update={"key_share": True})
        if run.carrier == carrier:
            ledger.give_up_calls(session, run_id)
            end(session, run, state, sentence)
