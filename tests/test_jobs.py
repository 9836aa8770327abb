"""A job's life: queued, taken up, watched, stopped, failed, taken up again by others."""

import threading

import pytest
from sqlalchemy import update

from app import jobs
from app.carrying import WENT_WRONG, Interrupted
from app.database import AWAY
from app.errors import ImportRefused, InvalidInput, NotFound
from app.jobs import Cancelled
from app.models.generation import RunState
from app.models.jobs import Job
from tests.factories import events, person, project


class Counting:
    """Counts to ten. ``meanwhile`` happens at five."""

    name = "counting"
    label = "Counting to ten"

    def __init__(self, meanwhile=lambda _task: None):
        self.meanwhile = meanwhile
        self.counted, self.cleared = [], 0

    def carry_out(self, task):
        for number in range(1, 11):
            task._next_write = 0
            task.progress(number, 10)
            self.counted.append(number)
            if number == 5:
                self.meanwhile(task)
        with task.writing() as session:
            task.finish(session, {"counted": 10}, "Counted to ten.")

    def clear_up(self, _session, _job):
        self.cleared += 1


@pytest.fixture
def place(database):
    with database.writing() as session:
        owner = person(session)
        return project(session, owner=owner).id, owner.id


@pytest.fixture
def start(database, place):
    def start(kind, **more):
        with database.writing() as session:
            return jobs.start_job(session, place[0], kind, {"to": 10}, place[1], **more).id

    return start


def look(database, job_id):
    with database.reading() as session:
        return session.get_one(Job, job_id)


def carry_out(database, kind, job_id, stopping=None, **more):
    jobs.carry_out_job(database, [kind], job_id, stopping or threading.Event(), **more)
    return look(database, job_id)


def raising(error):
    def raise_it(_task):
        raise error

    return raise_it


def test_a_job_is_carried_out_once(database, start):
    kind = Counting()
    job_id = start(kind)
    assert look(database, job_id).state is RunState.QUEUED
    job = carry_out(database, kind, job_id)
    assert (job.state, job.done, job.total, job.result) == (RunState.DONE, 10, 10, {"counted": 10})
    assert (job.sentence, job.parameters) == ("Counted to ten.", {"to": 10})
    assert None not in (job.started_at, job.ended_at)
    carry_out(database, kind, job_id)
    assert len(kind.counted) == 10
    assert kind.cleared == 0
    with database.reading() as session:
        assert [len(events(session, each)) for each in ("job.started", "job.ended")] == [1, 1]


def test_a_job_that_is_asked_to_stop_clears_up_and_says_so(database, start, place):
    def cancel(_task):
        with database.writing() as session:
            jobs.cancel_job(session, jobs.job_in(session, place[0], job_id), place[1])

    kind = Counting(cancel)
    job_id = start(kind)
    job = carry_out(database, kind, job_id)
    assert (job.state, job.sentence, kind.counted[-1], kind.cleared) == (RunState.CANCELLED, "Stopped by hand.", 5, 1)
    cancel(None)
    with database.reading() as session:
        assert len(events(session, "job.cancelled")) == 1


def test_a_job_that_is_asked_to_stop_before_it_began_never_begins(database, start, place):
    kind = Counting()
    job_id = start(kind)
    with database.writing() as session:
        jobs.cancel_job(session, jobs.job_in(session, place[0], job_id), place[1])
    job = carry_out(database, kind, job_id)
    assert (job.state, kind.counted, kind.cleared) == (RunState.CANCELLED, [], 1)


def test_a_stop_that_comes_with_the_last_row_still_stops(database, start, place):
    class Late(Counting):
        def carry_out(self, task):
            with database.writing() as session:
                jobs.cancel_job(session, jobs.job_in(session, place[0], task.job_id), None)
            with task.writing() as session:
                task.finish(session, {}, "Done.")

    job = carry_out(database, Late(), start(Late()))
    assert job.state is RunState.CANCELLED


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (InvalidInput("Mend the file."), {}),
        (ImportRefused("Mend the file.", ["Line 1: odd."]), {"problems": ["Line 1: odd."]}),
    ],
)
def test_a_refusal_is_its_sentence(database, start, error, result):
    kind = Counting(raising(error))
    job = carry_out(database, kind, start(kind))
    assert (job.state, job.sentence, job.result, kind.cleared) == (RunState.FAILED, "Mend the file.", result, 1)


def test_a_fault_is_logged_and_written_down(database, start, caplog):
    kind = Counting(raising(ZeroDivisionError()))
    job_id = start(kind)
    with pytest.raises(ZeroDivisionError):
        carry_out(database, kind, job_id)
    job = look(database, job_id)
    assert (job.state, job.sentence, kind.cleared) == (RunState.FAILED, WENT_WRONG, 1)
    assert "ZeroDivisionError" in caplog.text


def test_where_the_database_cannot_be_written_for_a_while_the_job_is_left_to_the_next(database, start):
    def write_in_vain(task):
        with task.database.reading() as session:
            session.execute(update(Job).values(done=0))

    kind = Counting(write_in_vain)
    job_id = start(kind)
    with pytest.raises(AWAY):
        carry_out(database, kind, job_id)
    job = look(database, job_id)
    assert (job.state, job.sentence, kind.cleared) == (RunState.RUNNING, "", 0)
    job = carry_out(database, Counting(), job_id)
    assert (job.state, job.carriers_lost) == (RunState.DONE, 0)


def test_a_process_that_stops_leaves_the_job_to_the_next(database, start):
    stopping = threading.Event()
    kind = Counting(lambda _task: stopping.set())
    job_id = start(kind)
    with pytest.raises(Interrupted):
        carry_out(database, kind, job_id, stopping)
    job = look(database, job_id)
    assert (job.state, job.done, kind.cleared) == (RunState.RUNNING, 5, 0)
    job = carry_out(database, Counting(), job_id)
    assert (job.state, job.carriers_lost) == (RunState.DONE, 0)


def test_who_was_given_up_for_dead_changes_nothing(database, start, caplog):
    """Another process takes the job up in the middle of it and carries it to its end."""
    kind = Counting(lambda task: carry_out(database, Counting(), task.job_id))
    job = carry_out(database, kind, start(kind))
    assert (job.state, job.sentence) == (RunState.DONE, "Counted to ten.")
    assert (kind.counted[-1], kind.cleared) == (5, 0)
    assert "carried out by another process" in caplog.text


class Deadly(Counting):
    """Takes its process down: nothing is written of its end."""

    def carry_out(self, task):
        self.counted.append(task.job_id)
        raise KeyboardInterrupt


def test_what_took_two_processes_down_does_not_get_a_third(database, start):
    kind = Deadly()
    job_id = start(kind)
    for lost in (0, 1):
        with pytest.raises(KeyboardInterrupt):
            carry_out(database, kind, job_id)
        job = look(database, job_id)
        assert (job.state, job.carriers_lost) == (RunState.RUNNING, lost)
    job = carry_out(database, kind, job_id)
    assert (job.state, job.sentence, kind.counted, kind.cleared) == (RunState.FAILED, jobs._KILLED, [job_id] * 2, 1)


def test_a_second_chance_is_one(database, start):
    job_id = start(Counting())
    with pytest.raises(KeyboardInterrupt):
        carry_out(database, Deadly(), job_id)
    assert carry_out(database, Counting(), job_id).state is RunState.DONE


def test_a_job_with_a_carrier_of_its_own_is_not_queued(database, start):
    kind = Counting()
    job_id = start(kind, carrier="here")
    assert look(database, job_id).state is RunState.RUNNING
    assert carry_out(database, kind, job_id, carrier="here").state is RunState.DONE


def test_a_kind_that_is_not_known_fails_in_a_sentence(database, start):
    job_id = start(Counting())
    jobs.carry_out_job(database, [], job_id, threading.Event())
    assert look(database, job_id).sentence == "This version of Tamis doesn’t know jobs of the kind “counting”."


def test_progress_is_written_now_and_then_and_a_stop_is_noticed(database, start):
    class Hasty(Counting):
        def carry_out(self, task):
            for number in range(10_000):
                task.progress(number)
            self.counted = [look(database, task.job_id).done]
            raise Cancelled

    kind = Hasty()
    job = carry_out(database, kind, start(kind))
    assert 0 <= kind.counted[0] < 9_999
    assert job.state is RunState.CANCELLED


def test_jobs_are_found_in_their_project_alone(database, start, place):
    first, second = start(Counting()), start(Counting())
    with database.reading() as session:
        assert [job.id for job in jobs.jobs_of(session, place[0], kind="counting")] == [second, first]
        assert jobs.jobs_of(session, place[0], kind="other") == []
        assert jobs.job_in(session, place[0], first).started_by.name == "Ada"
        with pytest.raises(NotFound):
            jobs.job_in(session, place[0] + 1, first)
