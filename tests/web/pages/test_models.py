"""Models: added, tried, changed without losing their key, removed."""

import pytest
from sqlalchemy import select

from app.llm.dialect import Dialect, dialect_in
from app.llm.dialects import PRESETS
from app.models.generation import Call, Endpoint
from tests.web.html import parse
from tests.web.routes import ENDPOINT


def _here(place):
    return {"project_id": place.id, "endpoint_id": place["endpoint_id"]}


def test_a_model_that_can_not_be_reached_says_so_and_is_in_the_ledger(cem, place, database):
    page = cem.submit("models.try", **_here(place))
    assert page.status_code == 200
    assert 'class="notice bad"' in page.text
    with database.reading() as session:
        call = session.scalars(select(Call).where(Call.purpose == "try")).one()
    assert call.sentence in parse(page.text).text


def test_a_key_stays_with_its_address(cem, place, app, database):
    same = ENDPOINT | {"api_key": ""}
    assert "Saved “Local”." in cem.follow(cem.submit("models.edit", same, **_here(place))).text
    with database.reading() as session:
        endpoint = session.get_one(Endpoint, place["endpoint_id"])
    assert app.state.vault.open(endpoint.key_sealed) == "sk-very-secret"
    moved = same | {"base_url": "http://127.0.0.1:10/v1"}
    assert cem.submit("models.edit", moved, **_here(place)).status_code == 422
    assert cem.submit("models.edit", moved | {"api_key": "sk-new"}, **_here(place)).status_code == 303


def test_a_removed_model_is_gone_with_its_key_and_its_runs_stay(cem, place, database):
    assert "Removed “Say it”." in cem.follow(cem.submit("models.remove", **_here(place))).text
    assert cem.visit("models.show", **_here(place)).status_code == 404
    assert cem.visit("runs.show", project_id=place.id, run_id=place["run_id"]).status_code == 200
    with database.reading() as session:
        assert session.get_one(Endpoint, place["endpoint_id"]).key_sealed is None


def test_a_preset_fills_the_form_in_and_every_field_stays_editable(cem, place):
    tiles = parse(cem.visit("models.new", project_id=place.id).text)
    links = [link["href"] for link in tiles.all("a") if "?preset=" in link["href"]]
    assert [link.rpartition("=")[2] for link in links] == [each.name for each in PRESETS]
    for preset in PRESETS:
        page = cem.get(f"{cem.path('models.new', project_id=place.id)}?preset={preset.name}")
        assert page.status_code == 200
        fields = {each["name"]: each["value"] for each in parse(page.text).all("input") if each["name"]}
        assert (fields["base_url"], fields["model"]) == (preset.base_url, preset.model)
        assert fields["room"] == str(preset.dialect.room or "")
        assert preset.key_note in parse(page.text).text
    assert cem.get(f"{cem.path('models.new', project_id=place.id)}?preset=nobody").status_code == 404


def test_what_a_model_takes_is_stored_as_it_was_chosen(cem, place, database):
    told = ENDPOINT | {"name": "Thinks"}
    assert cem.submit("models.add", told, project_id=place.id).status_code == 303
    with database.reading() as session:
        stored = session.scalars(select(Endpoint).where(Endpoint.name == "Thinks")).one()
    assert stored.preset == "openai_reasoning"
    assert dialect_in(stored.dialect) == Dialect(
        length_name="max_completion_tokens",
        left_out={"temperature", "stop"},
        one_of_two=True,
        own_defaults=True,
        effort="low",
        room=4096,
        is_opened=True,
        structure="tool",
        knows_json=True,
        key_header="api-key",
    )
    page = parse(cem.visit("models.show", project_id=place.id, endpoint_id=stored.id).text)
    ticked = {(each["name"], each["value"]) for each in page.all("input") if "checked" in each.attributes}
    assert {("left_out", "temperature"), ("left_out", "stop"), ("key_header", "api-key")} <= ticked


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"room": "a lot"}, "room"),
        ({"room": "99999999"}, "room"),
        ({"structure": "poem"}, "structure"),
        ({"left_out": ["messages"]}, "left_out"),
        ({"length_name": "length"}, "length_name"),
        ({"key_header": "cookie"}, "key_header"),
        ({"base_url": "https://a.example/v1?key=secret"}, "base_url"),
    ],
)
def test_what_no_model_takes_is_refused(cem, place, changes, field):
    answer = cem.submit("models.add", ENDPOINT | {"name": "Other"} | changes, project_id=place.id)
    assert answer.status_code == 422, field


def test_an_address_of_azure_may_name_the_version_of_its_interface(cem, place):
    told = ENDPOINT | {"name": "Azure", "base_url": "https://a.example/openai/deployments/d?api-version=2026-01-01"}
    assert cem.submit("models.add", told, project_id=place.id).status_code == 303
