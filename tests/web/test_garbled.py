"""What was garbled on its way is refused. It never comes to stand for everything, for nothing, or for what is usual."""

import pytest
from sqlalchemy import func, select

from app.models.base import Base
from app.models.people import Role
from app.web.access import ACCESS
from tests.web.routes import BY_NAME, UNSAFE, form_of
from tests.web.test_access import World
from tests.web.test_numbers import fields_of
from tests.web.world import BOTH

# Fields that hold words of somebody's own, so that nothing is garbled there; every other holds a choice or a number.
WORDS = """
answer api_key base_url comment completion_code description effort emails external_id field file guidelines input
instruction json_text key_header model name next notes output password present q reason submission tags text texts
parameter reset_token unit
"""
# Those whose value is held against what is there and says nothing by itself, and what it is held against.
HELD = {
    "annotator": "who is signed in",
    "shown": "the alternatives that the page showed",
    "outcome": "nothing: a study is drawn from what was kept, whatever the list showed",
    "amount": "what is lost: the page says it again where it has changed",
    "page": "where to go back to",
    "held": "examples of the page that are not to come again",
    "skip_reason": "read where the answer is a skip, see below",
    "points": "read where the study may stop early, see below",
    "question": "read where the study may stop early, see below",
    "others": "a sentence of its own: it is a tick in one form and a choice in another",
}
GARBLED = ["xyz-5", "run-x", "-", "\x00"]
# These show what somebody is about to start, half typed as it may be, and start nothing.
LOOKS = {"studies.estimate", "runs.estimate", "prompts.preview"}
FIELDS = {
    route.name: sorted(set(fields_of(route)) - {*WORDS.split(), *HELD}) for route in UNSAFE if route.name not in LOOKS
}
TABLES = {name: table for name, table in Base.metadata.tables.items() if name not in {"attempts", "sign_ins"}}


@BOTH
def test_a_garbled_choice_starts_nothing_and_stores_nothing(app, persons):
    world, wrong, sent = World(app, persons), [], 0
    refusals = {404, 409, 422}
    for route, names in FIELDS.items():
        place, browser = world.place(BY_NAME[route], Role.OWNER), world.caller(Role.OWNER)
        path, form, before = browser.path(route, **place.of(BY_NAME[route])), form_of(route, place), stored(app)
        for name in names:
            refused = refusals | {403} if ACCESS[route].runs_instance else refusals
            for garbled in GARBLED:
                answer = browser.post(path, data=form | {name: garbled})
                sent += 1
                if answer.status_code not in refused or "<h1" not in answer.text or stored(app) != before:
                    wrong.append((route, name, garbled, answer.status_code))
                    before = stored(app)
    assert not wrong, "\n".join(map(str, wrong))
    assert sent > 400


def stored(app):
    """How many rows each table has; whatever changes one adds an event."""
    with app.state.database.reading() as session:
        return {name: session.scalar(select(func.count()).select_from(table)) for name, table in TABLES.items()}


@pytest.mark.parametrize(
    ("route", "form"),
    [
        ("rate.save", {"action": "skip", "skip_reason": "xyz"}),
        ("studies.start", {"stop": "half_width", "question": "xyz", "points": "5"}),
        ("studies.start", {"stop": "half_width", "question": "output_valid", "points": "xyz"}),
    ],
)
def test_what_is_only_read_beside_another_field_is_refused_there(olga, place, app, route, form):
    before = stored(app)
    path = olga.path(route, **place.of(BY_NAME[route]))
    assert olga.post(path, data=form_of(route, place) | form).status_code == 422
    assert stored(app) == before
