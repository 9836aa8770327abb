"""Models: added, tried, changed without losing their key, removed."""

from sqlalchemy import select

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
