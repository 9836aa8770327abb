"""No form takes Tamis down: whoever sends it, whatever is in it."""

import gc
from contextlib import ExitStack

import pytest
from anyio.from_thread import start_blocking_portal
from sqlalchemy import make_url

from app.main import create_app
from app.people import accounts
from app.settings import Settings
from tests.databases import copy_sqlite
from tests.web.fuzz.forms import Field, Form, read_page
from tests.web.fuzz.people import ROLES, gather
from tests.web.fuzz.shots import Gun, Shot
from tests.web.fuzz.walk import Tally, Walk, shorten
from tests.web.routes import UNSAFE, has_project

pytestmark = [
    pytest.mark.attack,
    # What breaks off in the middle of a file leaves it to be closed when nothing holds it any more.
    pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning"),
]
# What somebody destroys is there again in the next copy of the world.
WORLDS, STEPS = 4, 500
SEED, SEED_OF_POSTGRES, LONG_SEEDS = 14, 15, range(1_000, 1_008)


@pytest.fixture
def worlds(url, tmp_path, routes, request):
    """Everybody, and what opens another copy of the world that they are in."""

    def open_app(copy):
        settings = {"embedded_engine": False, "upload_limit_mb": 1, "private_endpoints": "yes"}
        app = create_app(Settings(database_url=copy, data_dir=tmp_path, **settings))
        app.router.routes = routes
        opened.callback(app.state.database.dispose)
        return app

    def fresh(number):
        first = make_url(url)
        if first.drivername.startswith("sqlite"):
            copy = first.set(database=str(tmp_path / f"copy-{number}.sqlite"))
            copy_sqlite(first.database, copy.database)
        else:
            server = request.getfixturevalue("postgres_server")
            copy = server.create(template=first.database)
            opened.callback(server.drop, copy)
        return open_app(copy.render_as_string(hide_password=False))

    with ExitStack() as opened:
        app = open_app(url)
        cast = gather(app)
        app.state.database.dispose()
        yield cast, fresh


def take(worlds, seed, record_property):
    """Walk with a seed through some copies of the world. Returns what was sent and answered."""
    cast, fresh = worlds
    tally = Tally()
    walk = Walk(cast, seed, tally)
    gc.freeze()  # a collection of all that other tests left behind isn't what a page takes
    with start_blocking_portal() as portal:
        for number in range(WORLDS):
            app = fresh(number)
            walk.go(Gun(app, portal), STEPS)
            app.state.database.dispose()
    gc.unfreeze()
    record_property("attack: requests by role", dict(tally.requests))
    record_property("attack: answers", {str(status): count for status, count in tally.statuses.items()})
    record_property("attack: answers of 5xx", sum(count for status, count in tally.statuses.items() if status >= 500))
    record_property("attack: seconds of the slowest answer", tally.slowest[0])
    assert not tally.wrong, "\n\n".join(tally.wrong.values())
    return tally


@pytest.mark.slow
def test_no_form_takes_anything_down(worlds, record_property):
    tally = take(worlds, SEED, record_property)
    assert sum(tally.requests.values()) == WORLDS * STEPS
    reached = {name for routes in tally.sent.values() for name in routes}
    assert len({route.name for route in UNSAFE} & reached) > len(UNSAFE) * 0.6
    assert all(len(routes) > 10 for routes in tally.sent.values())
    # Who stands outside sends forms, too, that they could only have heard of.
    assert {route.name for route in UNSAFE if has_project(route)} & set(tally.sent["outsider"])


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_no_form_takes_anything_down_on_postgres(worlds, record_property):
    take(worlds, SEED_OF_POSTGRES, record_property)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("seed", LONG_SEEDS)
def test_no_form_takes_anything_down_for_long(worlds, record_property, seed):
    take(worlds, seed, record_property)


def test_what_goes_wrong_is_found_and_told_in_short(worlds, monkeypatch):
    """A fault is planted: whoever changes their name to any that is not one of these people's meets it."""

    def fails(_session, _person, name):
        if name.lower() not in ROLES:
            raise RuntimeError("planted")

    monkeypatch.setattr(accounts, "rename_person", fails)
    cast, fresh = worlds
    tally = Tally()
    with start_blocking_portal() as portal:
        Walk(cast, SEED, tally).go(Gun(fresh(0), portal), STEPS // 2)
    (told,) = tally.wrong.values()
    assert "POST /account/name\n" in told
    assert "answered 500" in told
    assert told.rstrip().endswith("RuntimeError: planted")
    assert len(told.partition("answered")[0]) < 200


def test_the_shortest_that_goes_wrong_is_told():
    """Sought in the fields, the headers, the query and within each text."""
    noise = tuple((f"field{number}", "x" * 99) for number in range(9))
    shot = Shot("owner", "POST", "/a?b=c&d=e", (*noise, ("bad", "y" * 64)), (("accept", "z"),), cut=3)
    shortest = shorten(shot, lambda each: any("yyyy" in value for name, value in each.fields if name == "bad"))
    assert shortest == Shot("owner", "POST", "/a", (("bad", "yyyy"),))


def test_forms_are_read_as_browsers_read_them():
    html = """<main><a href="?page=2">2</a><a href="https://elsewhere.example/">no</a>
    <form method="post" action="/save" enctype="multipart/form-data"><input name="a" value="1">
    <input type="file" name="f">
    <select name="s"><option value="x">X</option><option>Y</option></select><textarea name="t">
    words</textarea><input type="checkbox" name="c"><button name="go" value="on" formaction="/other">Go</button></form>
    <div id="live" hx-post="/estimate" hx-include="#plan" data-poll="/poll"></div>
    <form method="get" id="plan"><input type="hidden" name="h" value="2"></form></main>"""
    page = read_page(html, "/here")
    fields = (
        Field("a", "input", ("1",)),
        Field("f", "file", ("",)),
        Field("s", "select", ("x", "Y")),
        Field("t", "textarea", ("    words",)),
        Field("c", "checkbox", ("on",)),
        Field("go", "button", ("on",)),
    )
    hidden = (Field("h", "hidden", ("2",)),)
    assert page.links == ["/here?page=2", "/poll"]
    assert page.forms == [
        Form("POST", "/save", fields, has_file=True),
        Form("POST", "/other", fields, has_file=True),
        Form("POST", "/estimate", hidden),
        Form("GET", "/here", hidden),
    ]
