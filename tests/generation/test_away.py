"""A database that goes away while a run is carried out, and comes back."""

import time

import psycopg
import pytest
from sqlalchemy import make_url

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
