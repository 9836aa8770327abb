"""A study closed while people answer: what was stored is in the frozen report, what comes too late is refused."""

import threading

import orjson

from app.models.studies import Study
from tests.racing import race
from tests.studies.tabs import Form, Tab, looked_into, served, set_up

PEOPLE, EXAMPLES = 8, 100
CLOSED_AFTER = 40


def test_an_acknowledged_answer_is_in_the_frozen_report_and_a_refused_one_is_nowhere(database_url, database, tmp_path):
    desk = set_up(database_url, people=PEOPLE, examples=EXAMPLES, overlap="3")
    told: list[Form] = []
    refused: list[Form] = []

    def rate(tab: Tab) -> None:
        form = tab.look()
        while form:
            answer = tab.send(form)
            assert answer.is_stored == (answer.status == 200), answer
            if not answer.is_stored:
                assert (answer.status, "closed" in answer.text) == (409, True), answer
                refused.append(form)
                return
            told.append(form)
            form = answer.following or tab.look()

    def close(tab: Tab) -> None:
        while len(told) < CLOSED_AFTER:
            threading.Event().wait(0.001)
        assert tab.post("/close").status == 200

    with served(desk, tmp_path / "data") as port:
        tabs = [desk.tab(port, person) for person in desk.people]
        owner = Tab(port, desk.owner, desk.path)
        faults = race(lambda: close(owner), *(lambda tab=tab: rate(tab) for tab in tabs))
    assert not any(faults), faults
    assert refused
    with looked_into(desk) as books, database.reading() as session:
        books.check()
        stored = sorted(each.submission for each in books.ratings())
        report = orjson.loads(session.get_one(Study, desk.study_id).report)
    assert stored == sorted(form.submission for form in told)
    assert sorted(each["comment"] for each in report["ratings"]) == stored
    assert report["counts"]["ratings"] == len(stored)
