"""A database that goes away while a run is carried out, and comes back."""

import time
from contextlib import suppress

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from app.llm.practice.server import create_practice_app
from app.models.generation import CallOutcome, RunState
from tests.generation.workshop import serving, workshop

USABLE = {CallOutcome.ANSWERED, CallOutcome.CUT_OFF}
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def shop(postgresql_url, tmp_path):
    with workshop(postgresql_url, tmp_path / "data") as made:
        yield made


def go_away(url, *, read_only):
    """Cut every connection; ``read_only``: new ones may only read for a moment, as where a standby takes over."""
    address = make_url(url).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
        if read_only:
            connection.execute(f'ALTER DATABASE "{address.database}" SET default_transaction_read_only = on')
        connection.execute(CUT)
        if read_only:
            time.sleep(0.5)
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f'ALTER DATABASE "{address.database}" RESET default_transaction_read_only')
            connection.execute(CUT)


def is_asked(shop, run_id, wish):
    """Whether it could be asked for now: the run's row may be locked just then."""
    with suppress(OperationalError):
        getattr(shop, wish)(run_id)
        return True
    return False


@pytest.mark.parametrize(("wish", "state"), [("cancel", RunState.CANCELLED), ("pause", RunState.PAUSED)])
def test_a_run_that_can_get_nowhere_still_ends_when_it_is_asked_to(shop, practice_url, wish, state):
    """One table can't be reached, for as long as anybody waits."""
    run_id = shop.queue(shop.endpoint(practice_url), target_kept="30")
    address = make_url(shop.database.url).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
        connection.execute(f"ALTER DATABASE \"{address.database}\" SET lock_timeout = '100ms'")
        connection.commit()
        shop.database.dispose()  # from here on connections are new
        connection.execute("LOCK TABLE candidates IN ACCESS EXCLUSIVE MODE")
        thread = shop.begin(run_id)
        shop.wait_until(lambda: shop.run(run_id).state is RunState.RUNNING)
        shop.wait_until(lambda: is_asked(shop, run_id, wish))
        thread.join(10)
        assert not thread.is_alive()
    assert shop.run(run_id).state is state


@pytest.mark.parametrize("read_only", [False, True])
def test_a_run_goes_on_when_its_database_is_back_and_has_lost_no_answer(shop, read_only, caplog):
    with serving(create_practice_app(seed=7, latency_ms=40)) as url:
        run_id = shop.queue(shop.endpoint(url), target_kept="30")
        thread = shop.begin(run_id)
        shop.wait_until(lambda: len(shop.calls(run_id, usable=True)) >= 10)
        go_away(shop.database.url, read_only=read_only)
        thread.join()

    assert "the database (" in caplog.text
    assert "Traceback" not in caplog.text  # a night of them would fill the disk
    run, calls = shop.run(run_id), shop.calls(run_id)
    assert run.state is RunState.DONE, run.sentence
    assert {call.outcome for call in calls} <= USABLE
    steps = [(call.round, call.position, call.purpose) for call in calls]
    assert len(set(steps)) == len(steps)
    assert {each.round for each in shop.candidates(run_id)} == set(range(run.rounds_folded))
