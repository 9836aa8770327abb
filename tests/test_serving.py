"""What the web server knows that settings alone don't: whom it serves, and so which models may be called."""

import subprocess
import sys

import pytest

from app.llm.reach import REFUSALS, Reach
from app.models.generation import RunState
from tests.generation.processes import Process
from tests.generation.workshop import ENDED, workshop


@pytest.fixture
def shop(sqlite_url, tmp_path):
    with workshop(sqlite_url, tmp_path / "data") as made:
        yield made


def carried_out(shop, practice_url, *command, **settings):
    """Return a run of the practice model on this machine as the command left it."""
    run_id = shop.queue(shop.endpoint(practice_url), "alpaca", target_kept="3")
    with Process(shop.settings.data_dir, shop.database.url, *command, **settings):
        shop.wait_until(lambda: shop.run(run_id).state in ENDED)
    return shop.run(run_id)


def test_on_this_machine_alone_its_models_are_called(shop, practice_url):
    run = carried_out(shop, practice_url, "serve", "--port", "0", TAMIS_PRIVATE_ENDPOINTS="auto")
    assert run.state is RunState.DONE, run.sentence


@pytest.mark.parametrize(
    ("command", "settings"),
    [
        (("serve", "--port", "0"), {"TAMIS_PRIVATE_ENDPOINTS": "auto", "TAMIS_BASE_URL": "https://tamis.example"}),
        (("serve", "--port", "0"), {"TAMIS_PRIVATE_ENDPOINTS": "no"}),
        (("worker",), {"TAMIS_PRIVATE_ENDPOINTS": "auto"}),
    ],
    ids=["behind a proxy", "refused", "a worker"],
)
def test_elsewhere_they_are_not_and_the_run_says_who_can_allow_it(shop, practice_url, command, settings):
    run = carried_out(shop, practice_url, *command, **settings)
    assert (run.state, run.sentence) == (RunState.FAILED, REFUSALS[Reach.PRIVATE])
    assert len(shop.calls(run.id)) <= 4  # those that were sent at the same time, each once


TOLD_BESIDE = """
import signal, threading, time
from app.serving import wait_for_signal
def tell():
    time.sleep(0.3)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    time.sleep(60)
threading.Thread(target=tell, daemon=True).start()
wait_for_signal()
"""


def test_a_signal_that_another_thread_gets_ends_the_wait_too():
    subprocess.run([sys.executable, "-c", TOLD_BESIDE], check=True, timeout=20)
