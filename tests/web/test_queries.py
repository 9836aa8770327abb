"""How many times a page asks the database."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from tests.web.routes import RATING
from tests.web.world import BOTH, HTMX, add_candidate

MOST = {
    "home.show": 5,
    "projects.show": 6,
    "seeds.list": 5,
    "models.list": 5,
    "prompts.list": 5,
    "prompts.show": 6,
    "prompts.compare": 7,
    "runs.list": 5,
    "runs.show": 6,
    "imports.list": 5,
    "jobs.show": 5,
    "similarity.list": 5,
    "similarity.replay": 6,
    "similarity.duplicates": 8,
    "candidates.list": 5,
    "rate.next": 5,
    "rate.show": 5,
    "releases.list": 5,
    "releases.show": 5,
    "people.list": 10,
    "own.show": 13,
    "studies.show": 10,
}


@pytest.fixture
def selects(database):
    """Counts the SELECTs of a block."""

    @contextmanager
    def counting():
        seen = []

        def note(_connection, _cursor, statement, *_):
            if statement.lstrip().upper().startswith(("SELECT", "WITH")):
                seen.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(database.engine, "before_cursor_execute", note)

    return counting


@BOTH
def test_pages_ask_few_times_however_much_there_is(olga, place, database, selects):
    with database.writing() as session:
        for number in range(60):
            add_candidate(session, place.id, f"Name {number} rivers.")
    counted = {}
    for name in MOST:
        path = olga.path(name, **({} if name == "home.show" else _parameters(name, place)))
        with selects() as seen:
            assert olga.get(path).status_code == 200
        counted[name] = len(seen)
    assert {name: count for name, count in counted.items() if count > MOST[name]} == {}, counted


@BOTH
@pytest.mark.parametrize("action", ["save", "skip", "approve"])
def test_a_saved_rating_and_the_next_example_take_five(olga, place, database, selects, action):
    with database.writing() as session:
        add_candidate(session, place.id, "Name another river.")
    path = olga.path("rate.save", project_id=place.id, candidate_id=place["open_id"])
    for htmx in (True, False):
        form = RATING | {"version": 1, "action": action, "submission": f"{htmx}"}
        with selects() as seen:
            answer = olga.post(path, data=form, headers=HTMX if htmx else {})
        assert answer.status_code == (200 if htmx else 303)
        assert len(seen) <= 5, "\n\n".join(seen)


@BOTH
def test_the_rule_of_a_project_costs_no_more(olga, ana, place, selects):
    settings = {"name": "Rivers", "approval_ratings": "1"}
    assert olga.submit("projects.edit", settings, project_id=place.id).status_code == 303
    path = ana.path("rate.save", project_id=place.id, candidate_id=place["candidate_id"])
    with selects() as seen:
        answer = ana.post(path, data=RATING | {"version": 2}, headers=HTMX)
    assert answer.status_code == 200
    assert len(seen) <= 5, "\n\n".join(seen)


def _parameters(name, place):
    wanted = {"runs.show": "run_id", "jobs.show": "job_id", "rate.show": "candidate_id", "releases.show": "release_id"}
    wanted |= {"similarity.replay": "replay_id", "similarity.duplicates": "search_id"}
    wanted |= {"studies.show": "study_id"}
    wanted |= {"prompts.show": "prompt", "prompts.compare": "prompt"}
    ids = {"project_id": place.id}
    if name in wanted:
        ids[wanted[name]] = place[wanted[name]]
    return ids
