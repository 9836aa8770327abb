"""Names in forms: what nobody sees is told by its number, wherever a name is typed, and nothing is stored."""

import pytest

from app.models.people import Person, Role
from app.web.access import ACCESS
from tests.web.routes import BY_NAME, ROUTES, UNSAFE, form_of
from tests.web.test_access import World
from tests.web.test_garbled import HELD, WORDS, stored
from tests.web.test_numbers import ELSEWHERE, fields_of
from tests.web.world import BOTH

# Of the fields that hold words of somebody's own, these are names; the others are texts. Whoever adds one says which.
NAMES = """
base_url completion_code completion_url effort email emails external_id field key_header model name parameter label
"""
TEXTS = """
api_key comment description file guidelines input instruction json_text next notes output password present q reason
reset_token submission text texts unit answer
"""
# Typed once more, and held against what it is called; looked at before it is started; of plain letters alone.
ELSEWHERE_TOLD = {("projects.delete", "name"), ("studies.estimate", "name"), ("join.redeem", "external_id")}
HOSTILE = ["A\u202eb", "A\u00a0b", "A\u200bb", "A\u2800b", "A\u3164b", "A\u2066b", "A\ue000b", "A\U000e0041b"]
FIELDS = [
    (route.name, name)
    for route in UNSAFE
    for name in sorted(set(fields_of(route)) & set(NAMES.split()))
    if name != "key_header" and (route.name, name) not in ELSEWHERE_TOLD
]


def test_every_field_of_words_is_a_name_or_a_text():
    assert not set(NAMES.split()) & set(TEXTS.split())
    fields = {name for route in ROUTES for name in fields_of(route)}
    words = fields & set(WORDS.split())
    assert words - {"tags"} <= {*NAMES.split(), *TEXTS.split()}
    assert {*HELD, *ELSEWHERE}.isdisjoint(NAMES.split())
    assert {name for _, name in FIELDS} >= {"name", "model", "email", "field", "parameter", "completion_code", "effort"}


@BOTH
def test_a_name_that_hides_something_is_refused_by_its_number(app, persons):
    world, wrong = World(app, persons), []
    with app.state.database.writing() as session:
        session.get_one(Person, persons["Ana"]).makes_projects = True
    for route, name in FIELDS:
        access = ACCESS[route]
        if access.runs_instance or route.startswith("sign_in."):
            continue  # what is typed to sign in is looked for, and found or not
        place, browser = world.place(BY_NAME[route], Role.OWNER), world.caller(Role.OWNER if access.signed_in else None)
        path, form, before = browser.path(route, **place.of(BY_NAME[route])), form_of(route, place), stored(app)
        for hostile in HOSTILE[::3]:
            data = form | {name: hostile + ("@example.org" if name.startswith("email") else "")}
            files = {"file": ("a.jsonl", b"{}")} if route.startswith("imports.") else None
            answer = browser.post(path, data=data, files=files)
            code = f"U+{ord(hostile[1]):04X}"
            told = code in answer.text or name == "emails"  # these are parted at white space of all kinds
            if (
                answer.status_code not in {404, 422}
                or (answer.status_code == 422 and not told)
                or stored(app) != before
            ):
                wrong.append((route, name, code, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_names_inside_of_rubrics_are_names(olga, place, hostile):
    path = olga.path("rubrics.save", project_id=place.id, rubric=place["rubric"])
    base = form_of("rubrics.save", place)
    for changed in ({"label": hostile}, {"tags": hostile}, {"0.label": hostile}, {"0.answers": f"Yes\n{hostile}"}):
        answer = olga.post(path, data=base | changed)
        assert answer.status_code == 422
        assert f"U+{ord(hostile[1]):04X}" in answer.text
