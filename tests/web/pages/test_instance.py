"""The instance's page: people with an account, and workers, for whoever runs the instance."""

import datetime as dt

import pytest

from app.carrying import new_carrier
from app.models.base import now
from app.models.generation import Run, RunState, Worker
from app.people.accounts import first_owner
from tests.web.html import parse
from tests.web.world import Browser


@pytest.fixture
def rosa(app, database):
    """Runs the instance and is in no project."""
    with database.writing() as session:
        person_id = first_owner(session).id
    return Browser(app, person_id)


def add_worker(database, name, seconds):
    with database.writing() as session:
        session.add(Worker(id=name, host=f"{name}.example", pid=7, seen_at=now() - dt.timedelta(seconds=seconds)))


def start(database, place, worker):
    with database.writing() as session:
        run = session.get_one(Run, place["run_id"])
        run.state, run.carrier = RunState.RUNNING, new_carrier(worker)


def text_of(page):
    return " ".join(parse(page).text.split())


def test_only_who_runs_the_instance_sees_it_and_is_led_there(rosa, olga, nobody):
    link = rosa.path("instance.show")
    assert link in rosa.visit("home.show").text
    assert link not in olga.visit("home.show").text
    for route in ("instance.show", "instance.workers"):
        assert rosa.visit(route).status_code == 200
        assert olga.visit(route).status_code == 403
        assert nobody.visit(route).headers["location"].startswith("/sign-in")


def test_people_are_listed_with_their_projects(rosa, place):
    page = text_of(rosa.visit("instance.show").text)
    assert "Owner (you) Runs this instance Link to sign in no password yet · in 0 projects" in page
    assert "Ana Let them make projects Link to sign in no password yet · in 1 project · since" in page
    assert place.id


def test_without_a_worker_it_says_what_to_start_and_what_waits(rosa, place):
    page = text_of(rosa.visit("instance.show").text)
    assert "No worker is running, and" in page
    assert "Start tamis worker on any machine" in page
    assert place.id


def test_a_worker_is_shown_with_its_load(rosa, place, database):
    add_worker(database, "worker-1", 3)
    start(database, place, "worker-1")
    part = rosa.visit("instance.workers").text
    assert "<html" not in part
    page = text_of(part)
    assert f"worker-1.example process 7 Busy Run {place['run_id']} of Say it" in page
    assert "in the last minute · started just now · last seen just now · worker-1" in page
    assert "No worker is running" not in page


def test_a_dead_worker_is_shown_with_what_becomes_of_its_load(rosa, place, database):
    add_worker(database, "worker-1", 300)
    start(database, place, "worker-1")
    page = text_of(rosa.visit("instance.workers").text)
    assert "worker-1.example process 7 Gone" in page
    assert "last seen 5 minutes ago" in page
    assert "This goes on as soon as another worker is started." in page
    add_worker(database, "worker-2", 1)
    assert "Others take this over within a minute." in text_of(rosa.visit("instance.workers").text)
    start(database, place, "worker-2")
    assert "What it carried out went to others" in text_of(rosa.visit("instance.workers").text)


def test_a_worker_that_only_asks_for_attention_by_its_name_gets_none(rosa, database):
    with database.writing() as session:
        session.add(Worker(id="w", host="<script>alert(1)</script>", pid=7))
    assert "<script>alert" not in rosa.visit("instance.show").text
