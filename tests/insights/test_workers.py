"""Workers and what they have in hand."""

import datetime as dt

import pytest
from sqlalchemy import insert

from app.carrying import new_carrier
from app.insights.workers import workforce
from app.models.base import now
from app.models.generation import Call, CallOutcome, Endpoint, Run, RunState, Worker
from app.models.jobs import Job
from tests.rows import row_of

LONG_AGO = dt.timedelta(minutes=2)


def add_worker(session, name, **more):
    session.add(Worker(**({"id": name, "host": f"{name}.example", "pid": 7} | more)))


@pytest.fixture
def endpoint(session, project):
    session.execute(insert(Endpoint), [row_of(Endpoint.__table__, 1, project_id=project.id)])
    return 1


@pytest.fixture
def run(session, project, ada, endpoint):
    """Returns a function that adds a run with calls, each given by its outcome and the seconds since it was sent."""

    def add(carrier, state=RunState.RUNNING, calls=(), **more):
        ids = {"project_id": project.id, "endpoint_id": endpoint, "started_by_id": ada.id}
        terms = {"pipeline": "alpaca", "parameters": {}, "thresholds": {}, "seed": 1, "target_kept": 5}
        row = Run(**ids, **terms, carrier=carrier, state=state, **more)
        session.add(row)
        session.flush()
        del ids["started_by_id"]
        for number, (outcome, seconds) in enumerate(calls):
            sent_at = now() - dt.timedelta(seconds=seconds)
            step = {"round": number, "purpose": "p", "prompt": "", "sampling": {}}
            session.add(Call(**ids, **step, run_id=row.id, outcome=outcome, sent_at=sent_at))
        session.flush()
        return row

    return add


def test_a_worker_shows_what_it_took_up_last_and_how_much_it_asks(session, project, run):
    add_worker(session, "one")
    add_worker(session, "two")
    flies, done = CallOutcome.IN_FLIGHT, CallOutcome.ANSWERED
    first = run(new_carrier("one"), calls=[(flies, 1), (flies, 90), (done, 30), (done, 90)])
    run(new_carrier("one"), RunState.DONE, [(done, 5)], ended_at=now())
    run(new_carrier("one"), RunState.DONE, [(done, 5)], ended_at=now() - LONG_AGO)
    run(new_carrier(""), calls=[(flies, 1)])
    job = Job(project_id=project.id, kind="import", parameters={}, carrier=new_carrier("one"), state=RunState.RUNNING)
    session.add(job)
    session.flush()
    busy, free = workforce(session).loads
    assert (busy.worker.id, busy.carried) == (
        "one",
        [f"Run {first.id} of {project.name}", f"Job {job.id} of {project.name}"],
    )
    assert (busy.calls_in_flight, busy.calls_a_minute) == (2, 3)
    assert (free.worker.id, free.carried, free.calls_in_flight, free.calls_a_minute) == ("two", [], 0, 0)


def test_who_was_not_seen_for_half_a_minute_is_gone_and_comes_last(session):
    add_worker(session, "gone", seen_at=now() - dt.timedelta(seconds=31), started_at=now() - LONG_AGO)
    add_worker(session, "there", seen_at=now() - dt.timedelta(seconds=25))
    session.flush()
    found = workforce(session)
    assert [(load.worker.id, load.is_alive) for load in found.loads] == [("there", True), ("gone", False)]
    assert found.is_anybody_there


def test_what_waits_is_counted_and_nobody_is_there(session, project, run):
    run("", RunState.QUEUED)
    session.add(Job(project_id=project.id, kind="import", parameters={}))
    session.flush()
    found = workforce(session)
    assert (found.waiting, found.is_anybody_there, list(found.loads)) == (2, False, [])
