"""Runs and jobs under the engine, in processes as people start them."""

import datetime as dt
import io
import logging
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.database import Database
from app.engine import Engine
from app.errors import Conflict
from app.generation.workflow import Surroundings
from app.imports import files
from app.imports.importing import ImportForm, start_import
from app.insights.workers import workforce
from app.llm.ledger import Asking, Step, open_calls
from app.llm.practice.server import create_practice_app
from app.llm.prompt import Prompt, Sampling
from app.models.base import now
from app.models.candidates import Outcome
from app.models.generation import Call, CallOutcome, Endpoint, Run, RunState, Worker
from app.seldom import Seldom
from tests.generation.processes import Process
from tests.generation.workshop import serving

ONE = b'[{"instruction": "Name ten zany quokkas.", "output": "Ten."}]'
PROMPT = Prompt("Ready?", Sampling(temperature=0, top_p=1, max_tokens=5))
USABLE = {CallOutcome.ANSWERED, CallOutcome.CUT_OFF}


@pytest.fixture
def slow_url():
    with serving(create_practice_app(seed=7, latency_ms=100)) as url:
        yield url


def tamis(shop, *arguments):
    return Process(shop.settings.data_dir, shop.database.url, *arguments)


@contextmanager
def hurried_worker(shop):
    """A worker that beats and is given up for dead many times as fast as usual, in a process of its own."""
    code = (
        "import datetime, app.engine as engine; engine._BEAT_SECONDS = 0.5;"
        "engine.DEAD_AFTER = datetime.timedelta(seconds=2); from app.cli import main; main()"
    )
    settings = {"TAMIS_DATA_DIR": str(shop.settings.data_dir), "TAMIS_DATABASE_URL": shop.database.url}
    process = subprocess.Popen([sys.executable, "-c", code, "worker"], env=os.environ | settings)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def loads(shop):
    with shop.database.reading() as session:
        return workforce(session).loads


def kept(shop, run_id):
    return sum(each.outcome is Outcome.KEPT for each in shop.candidates(run_id))


def has_ended(shop, run_id):
    return shop.run(run_id).state not in {RunState.QUEUED, RunState.RUNNING}


def test_a_worker_carries_out_what_is_queued_and_says_nothing_else(shop, practice_url):
    before = shop.queue(shop.endpoint(practice_url), target_kept="10")
    with tamis(shop, "worker") as worker:
        worker.wait_for("This worker carries out runs")
        after = shop.queue(shop.run(before).endpoint_id, "alpaca", target_kept="20")
        shop.wait_until(lambda: has_ended(shop, before) and has_ended(shop, after))
        worker.interrupt()
        assert worker.end(30) == 0
    assert worker.lines == ["This worker carries out runs. Stop it with Ctrl+C."]
    for run_id in (before, after):
        assert shop.run(run_id).state is RunState.DONE, shop.run(run_id).sentence
    with shop.database.reading() as session:
        assert session.scalars(select(Worker)).all() == []


@pytest.mark.slow
def test_a_worker_that_is_stopped_leaves_its_run_to_the_next(shop, slow_url):
    run_id = shop.queue(shop.endpoint(slow_url), target_kept="40")
    with tamis(shop, "worker") as first:
        shop.wait_until(lambda: kept(shop, run_id) > 2)
        first.interrupt()
        assert first.end(30) == 0
    assert shop.run(run_id).state is RunState.RUNNING
    assert all(call.outcome is not CallOutcome.IN_FLIGHT for call in shop.calls(run_id))
    with tamis(shop, "worker"):
        shop.wait_until(lambda: has_ended(shop, run_id))
    assert shop.run(run_id).state is RunState.DONE
    assert kept(shop, run_id) >= 40
    assert all(call.outcome in USABLE for call in shop.calls(run_id))


@pytest.mark.slow
def test_the_run_of_a_worker_that_died_is_taken_over(shop, slow_url):
    """On Postgres by a worker that is there already, on SQLite, which has one engine, by the next."""
    run_id = shop.queue(shop.endpoint(slow_url), target_kept="40")
    with tamis(shop, "worker") as first:
        shop.wait_until(lambda: kept(shop, run_id) > 2)
        first.kill()
    with shop.database.writing() as session:  # it was not seen for a minute
        for worker in session.scalars(select(Worker)):
            worker.seen_at, worker.host = now() - dt.timedelta(minutes=1), "elsewhere"
    with tamis(shop, "worker"):
        shop.wait_until(lambda: has_ended(shop, run_id))
    calls = shop.calls(run_id)
    assert shop.run(run_id).state is RunState.DONE
    assert kept(shop, run_id) >= 40
    assert sum(call.outcome is CallOutcome.LOST for call in calls) <= 4
    usable = [(call.round, call.position, call.purpose) for call in calls if call.outcome in USABLE]
    assert len(set(usable)) == len(usable)


@pytest.mark.slow
def test_of_two_workers_one_takes_over_what_the_other_had_when_it_died(shop, slow_url):
    if shop.database.is_sqlite:
        pytest.skip("SQLite has one worker at a time")
    run_id = shop.queue(shop.endpoint(slow_url), target_kept="20")
    with hurried_worker(shop) as first, hurried_worker(shop) as second:
        shop.wait_until(lambda: len(loads(shop)) == 2)
        shop.wait_until(lambda: kept(shop, run_id) > 2)
        pids = {load.worker.pid: load for load in loads(shop)}
        (died,) = (load.worker for load in pids.values() if load.carried)
        assert pids[died.pid].carried == [f"Run {run_id} of First sieve"]
        dies, goes_on = (first, second) if died.pid == first.pid else (second, first)
        dies.kill()
        shop.wait_until(lambda: {load.worker.id: load.carried for load in loads(shop)}[died.id] == [])
        shop.wait_until(lambda: has_ended(shop, run_id))
        goes_on.terminate()
        assert goes_on.wait(30) == 0
    assert shop.run(run_id).state is RunState.DONE
    assert [load.worker.id for load in loads(shop)] == [died.id]  # remembered, not waited for
    assert sum(call.outcome is CallOutcome.LOST for call in shop.calls(run_id)) <= 4
    steps = [(call.round, call.position, call.purpose) for call in shop.calls(run_id, usable=True)]
    assert len(set(steps)) == len(steps)


def test_a_worker_carries_out_jobs_and_goes_on_with_what_was_left_by_who_was_killed(shop):
    made = shop.endpoint("http://127.0.0.1:9/v1")
    with shop.database.writing() as session:
        queued = start_import(session, shop.project_id, ImportForm("a", "alpaca"), io.BytesIO(ONE), shop.owner_id)
        left = start_import(
            session,
            shop.project_id,
            ImportForm("b", "alpaca", again=True),
            io.BytesIO(ONE),
            shop.owner_id,
            carrier="gone",
        )
        left.seen_at = now() - dt.timedelta(minutes=1)
        (trial,) = open_calls(session, session.get_one(Endpoint, made), None, [Asking(Step(0, -1, "try"), 1, PROMPT)])
        session.get_one(Call, trial).sent_at = now() - dt.timedelta(minutes=5)
    with tamis(shop, "worker") as worker:
        shop.wait_until(lambda: all(shop.job(each.id).ended_at for each in (queued, left)))
        worker.interrupt()
        assert worker.end(30) == 0
    assert [shop.job(each.id).state for each in (queued, left)] == [RunState.DONE] * 2
    assert [shop.job(each.id).attempt for each in (queued, left)] == [1, 2]
    with shop.database.reading() as session:
        assert session.get_one(Call, trial).outcome is CallOutcome.LOST


def test_after_the_database_was_away_nobody_is_given_up_for_dead_at_once(shop, monkeypatch):
    engine = Engine(shop.settings, shop.database)

    def be_away(_line):
        engine._stopping.set()
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(engine, "_hand_over", be_away)
    monkeypatch.setattr(engine, "_take_over", lambda *_: pytest.fail("it took something over"))
    monkeypatch.setattr(engine, "_requeue_the_orphaned", lambda _line: None)
    monkeypatch.setattr("app.engine._surroundings", lambda: Surroundings(shop.database, shop.vault, 20.0, None))
    engine._keep_watch()
    engine._beat()


@contextmanager
def deadly_worker(shop):
    """A worker that imports kill, and that looks often for who has died."""
    code = (
        "import os, app.engine as engine; engine._BEAT_SECONDS = 0.5;"
        "from app.imports.importing import Import; Import.carry_out = lambda self, task: os.kill(os.getpid(), 9);"
        "from app.cli import main; main()"
    )
    settings = {"TAMIS_DATA_DIR": str(shop.settings.data_dir), "TAMIS_DATABASE_URL": shop.database.url}
    process = subprocess.Popen([sys.executable, "-c", code, "worker"], env=os.environ | settings)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_an_import_that_kills_its_process_is_not_taken_up_a_third_time(shop):
    with shop.database.writing() as session:
        form = ImportForm("a", "alpaca")
        job_id = start_import(session, shop.project_id, form, io.BytesIO(ONE), shop.owner_id).id
    for _ in range(2):
        with deadly_worker(shop) as worker:
            assert worker.wait(60) == -signal.SIGKILL
        assert shop.job(job_id).state is RunState.RUNNING
    with deadly_worker(shop) as worker:
        shop.wait_until(lambda: shop.job(job_id).ended_at)
        assert worker.poll() is None
    job = shop.job(job_id)
    assert job.state is RunState.FAILED
    assert job.sentence.startswith("The process that carried this out was killed in the middle of it, twice")
    with shop.database.reading() as session:
        assert not files.has_file(session, job_id)


def test_a_second_engine_on_a_data_folder_is_refused_in_a_sentence(shop):
    if not shop.database.is_sqlite:
        pytest.skip("on Postgres any number of workers share a database")
    with tamis(shop, "worker") as first:
        first.wait_for("This worker")
        second = Engine(shop.settings, Database(shop.database.url))
        with pytest.raises(Conflict, match="Another Tamis process carries out the runs of this data folder already"):
            second.start()
        for command in (["worker"], ["serve", "--port", "0"]):
            with tamis(shop, *command) as process:
                assert process.end(60) != 0
            assert process.lines[-1] == "Another Tamis process carries out the runs of this data folder already."
            assert not any("Traceback" in line for line in process.lines)


@pytest.mark.parametrize("name", ["First sieve", "1"])
def test_the_command_line_carries_out_a_run_without_a_server(shop, practice_url, name):
    shop.endpoint(practice_url, name="Local")
    wanted = ["--pipeline", "alpaca", "--endpoint", "Local", "--target", "40", "--seed", "3", "--wait"]
    with tamis(shop, "runs", "start", name, *wanted) as process:
        assert process.end(90) == 0
    run = shop.run(1)
    assert run.state is RunState.DONE
    assert (run.pipeline, run.target_kept, run.seed) == ("alpaca", 40, 3)
    assert process.lines[0] == "Run 1 is queued."
    found = kept(shop, 1)
    proposed = len(shop.candidates(1))
    summary = f"Run 1 is done: Reached its target: {found} kept. {found} kept of {proposed} proposed"
    assert any(line.startswith(summary) for line in process.lines)


def test_the_command_line_fails_with_the_run(shop):
    shop.endpoint("http://127.0.0.1:9/v1", concurrency="24")
    with tamis(shop, "runs", "start", "1", "--target", "500", "--wait") as process:
        assert process.end(90) == 1
    assert any(line.startswith("Run 1 is failed: Nothing answers at the endpoint's address.") for line in process.lines)


@pytest.mark.slow
def test_a_run_whose_end_could_not_be_written_down_goes_on(shop, practice_url):
    """As when the database went away at that moment: the workflow is over, the run and a call seem to go on."""
    run_id = shop.queue(shop.endpoint(practice_url), target_kept="5")
    with tamis(shop, "worker") as worker:
        shop.wait_until(lambda: has_ended(shop, run_id))
        with shop.database.writing() as session:
            run = session.get_one(Run, run_id)
            run.state, run.ended_at, run.target_kept = RunState.RUNNING, None, 10
            call = session.get_one(Call, shop.calls(run_id)[-1].id)
            call.outcome, call.http_status, call.sent_at = CallOutcome.IN_FLIGHT, None, now() - dt.timedelta(hours=1)
        shop.wait_until(lambda: has_ended(shop, run_id))
        worker.interrupt()
        assert worker.end(30) == 0
    assert shop.run(run_id).state is RunState.DONE
    assert shop.run(run_id).attempt == 2
    assert kept(shop, run_id) >= 10


def test_what_the_engine_beneath_repeats_all_night_is_told_once_a_minute():
    seldom, told = Seldom(), []
    for second in range(0, 130, 10):
        for level, line in ((logging.WARNING, 1), (logging.WARNING, 2), (logging.ERROR, 3)):
            record = logging.LogRecord("dbos", level, "_queue.py", line, "It is away", None, None)
            record.created = 1_000.0 + second
            told += [line] * seldom.filter(record)
    assert (told.count(1), told.count(2), told.count(3)) == (3, 3, 13)
