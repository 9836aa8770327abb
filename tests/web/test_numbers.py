"""Numbers of rows in forms and queries: none leads out of the project, whoever sends it and wherever."""

from typing import Annotated, Any

import pytest
from fastapi import Form
from pydantic import BaseModel

from app.models.base import NumberOf
from app.models.people import Role
from app.models.studies import Study
from app.web.numbers import number_fields, with_numbers_checked
from tests.web.routes import BY_NAME, ROUTES, SAFE, form_of
from tests.web.test_access import World
from tests.web.world import BOTH

# Every field there is that holds no number of a row, and those few that do and are held in another way. Whoever adds
# a field says here, or by its type, which it is.
TYPED = """
action again amount annotators_edit answer api_key approval_ratings approved_too asked base_url change comment
completion_code completion_url concurrency consent cost_limit days decided description effort email emails external_id
field file filter flagged flex_percent format giving_out goes_on gold guidelines hourly incomplete input instruction
is_classification is_opened json_text judge.judgements judge.scale key_header knows_json language layout left_out
length_name lets model monthly_cost_limit most name next notes one_instance one_of_two opens others outcome output
overlap own_defaults page parameter password paused pipeline points present preset price_cached price_in price_out
purpose q question rated reason rejected_by repeats requests_per_minute retired role room screen seconds seed size
skip_reason stop strata structure style submission tags target_calls target_kept text texts third threshold
tokens_per_minute unit uses verdict version which with_own years
"""
ELSEWHERE = {
    "after": "a place in a list, from which on it is read within the project",
    "before": "a place in a list, or a version of a prompt, which count from 1 in each project",
    "at": "the place of an item in a study, or a limit",
    "held": "examples of the page that are not to come again: others are never looked up",
    "shown": "what the page showed, held against what it would show",
    "annotator": "who filled the form in, held against who is signed in",
    "contenders": "names of models",
    "rubric": "the name of a rubric",
    "origin": "read by ``origin_in`` and ``read_choice``, which look within the project",
}
ABSURD = ["0", "-1", "x", "9" * 30, "²", "1.5", "1 OR 1=1"]
MARKED = [(route, field) for route in ROUTES for field in number_fields(route.endpoint)]


def fields_of(route):
    """The names of a route's fields in forms and queries."""
    for each in [*route.dependant.query_params, *route.dependant.body_params]:
        form = each.field_info.annotation
        if isinstance(form, type) and issubclass(form, BaseModel):
            yield from (field.alias or name for name, field in form.model_fields.items())
        else:
            yield each.alias


def test_every_field_says_whether_it_holds_the_number_of_a_row():
    marked = {field.name for _, field in MARKED}
    plain = {name for route in ROUTES for name in fields_of(route)} - marked
    assert plain == {*TYPED.split(), *ELSEWHERE}
    assert not marked & {*TYPED.split(), *ELSEWHERE}


def test_the_fields_that_hold_numbers():
    found: dict[str, set[str]] = {}
    for _, field in MARKED:
        found.setdefault(field.entity.__name__, set()).add(field.name)
    assert found == {
        "Alternative": {"alternative"},
        "Candidate": {"candidate", "original"},
        "Endpoint": {"answering", "endpoint", "judge"},
        "Job": {"duplicates", "imported", "like_job", "replay"},
        "Person": {"people", "without"},
        "Run": {"like", "run"},
        "Study": {"study"},
    }


@pytest.fixture
def world(app, persons):
    return World(app, persons)


def _foreign(world, field):
    """The number of a row of another project that a field could name, and one that nothing has."""
    keys = {
        "Alternative": "alternative_id",
        "Candidate": "candidate_id",
        "Endpoint": "endpoint_id",
        "Job": "import_id",
        "Run": "run_id",
        "Study": "study_id",
    }
    there = world.persons["Sam"] if field.entity.__name__ == "Person" else world.elsewhere[keys[field.entity.__name__]]
    return str(there), "987654321"


@BOTH
@pytest.mark.parametrize("role", [Role.CURATOR, Role.OWNER])
def test_a_number_of_another_project_of_nothing_or_no_number_is_not_found_and_changes_nothing(world, role):
    place, browser, wrong = world.place(BY_NAME["projects.show"], role), world.caller(role), []
    before, sent = world.rows(), 0
    for route, field in MARKED:
        for number in [*_foreign(world, field), *ABSURD]:
            answer = _send(browser, route, place, field.name, number)
            sent += 1
            refused = 403 if role is Role.CURATOR and route.name.startswith("people.") else 404
            if answer.status_code != refused or "<h1" not in answer.text:
                wrong.append((route.name, field.name, number, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert sent == len(MARKED) * (len(ABSURD) + 2)
    assert world.rows() == before


def _send(browser, route, place, name, number):
    path = browser.path(route.name, **place.of(route))
    if route in SAFE:
        return browser.get(path, params={name: number})
    return browser.post(path, data=form_of(route.name, place) | {name: number})


def test_of_several_numbers_each_is_looked_up(olga, place, persons):
    form = form_of("studies.start", place) | {"people": [persons["Ana"], persons["Sam"]]}
    assert olga.submit("studies.start", form, project_id=place.id).status_code == 404
    form["people"] = [persons["Ana"], persons["Ben"]]
    assert olga.submit("studies.start", form, project_id=place.id).status_code == 303


def test_people_of_other_projects_are_not_named_by_a_study(olga, place, persons, elsewhere):
    """Fixed assignment gave work to strangers, and the page of the study said their names."""
    assert elsewhere.id
    form = form_of("studies.start", place) | {"people": persons["Sam"], "giving_out": "fixed", "overlap": "1"}
    assert olga.submit("studies.start", form, project_id=place.id).status_code == 404
    assert "Sam" not in olga.visit("studies.list", project_id=place.id).text


def test_a_page_that_waits_can_not_hold_numbers():
    async def page(visit: Any, study: Annotated[str, Form(), NumberOf(Study)]) -> None: ...

    with pytest.raises(TypeError, match="make it a plain function"):
        with_numbers_checked(page)
