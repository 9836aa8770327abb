"""A power cut while people rate in a study: what they were told is stored is there, once."""

import http.client
import threading

import pytest

from tests.browser.processes import free_port
from tests.generation.processes import Process
from tests.racing import race
from tests.studies.tabs import Form, Tab, looked_into, set_up

PEOPLE, EXAMPLES, OVERLAP = 20, 40, 5
POWER_CUTS = (60, 120)  # answers that are stored by then


class Client:
    """Sends an answer until somebody has stored it, as the page does, and remembers what it was told."""

    def __init__(self, tab: Tab, told: list[str]) -> None:
        self._tab, self._told, self._waiting = tab, told, None

    def rate(self) -> None:
        """Rate until nothing is left or nobody answers."""
        try:
            while form := self._waiting or self._tab.look():
                self._send(form)
        except (OSError, http.client.HTTPException):
            self._tab.hang_up()

    def _send(self, form: Form) -> None:
        self._waiting = form
        answer = self._tab.send(form)
        assert answer.is_stored, answer
        self._told.append(form.submission)
        self._waiting = None


@pytest.mark.slow
def test_every_acknowledged_rating_is_there_once_after_power_cuts(database_url, tmp_path):
    desk, port, told = set_up(database_url, people=PEOPLE, examples=EXAMPLES, overlap=f"{OVERLAP}"), free_port(), []
    clients = [Client(desk.tab(port, person), told) for person in desk.people]
    command = ("serve", "--port", f"{port}")

    def cut(tamis, after):
        while len(told) < after:
            threading.Event().wait(0.001)
        tamis.kill()

    with looked_into(desk) as books:
        for after in POWER_CUTS:
            with Process(tmp_path / "data", database_url, *command, TAMIS_EMBEDDED_ENGINE="false") as tamis:
                tamis.wait_for("http://")
                faults = race(lambda tamis=tamis, after=after: cut(tamis, after), *(each.rate for each in clients))
            assert not any(faults)
            stored = sorted(each.submission for each in books.ratings())
            assert len(set(stored)) == len(stored) < EXAMPLES * OVERLAP
            assert set(told) <= set(stored)
            books.check()
        with Process(tmp_path / "data", database_url, *command, TAMIS_EMBEDDED_ENGINE="false") as tamis:
            tamis.wait_for("http://")
            assert not any(race(*(each.rate for each in clients)))
        assert sorted(told) == sorted(each.submission for each in books.ratings())
        assert len(books.check()) == EXAMPLES * OVERLAP
