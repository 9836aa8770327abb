"""Endpoints: their keys go in and never come out; a stored key only goes where it was meant to go."""

import pytest
from sqlalchemy import select

from app.errors import Conflict, InvalidInput, NotFound
from app.llm.endpoint import (
    EndpointForm,
    add_endpoint,
    edit_endpoint,
    endpoint_in,
    endpoints_of,
    first_endpoint,
    is_practice,
    remove_endpoint,
    target_of,
)
from app.llm.secrets import Vault
from app.models.events import Event
from app.models.generation import EndpointStyle
from app.settings import Settings
from tests.factories import events, project

KEY = "sk-0123-secret"
VAULT = Vault(b"0" * 43 + b"=", reaches_private=True)
PUBLIC_ONLY = Vault(b"0" * 43 + b"=")


def form(**changes):
    return EndpointForm(
        **({"name": "Ours", "base_url": "https://m.example/v1", "model": "m", "api_key": KEY} | changes)
    )


def endpoint(session, **changes):
    return add_endpoint(session, VAULT, project(session).id, form(**changes), actor_id=7)


def test_what_was_typed_is_stored(session):
    stored = endpoint(
        session,
        base_url=" https://m.example/v1/ ",
        style="completions",
        price_in="0.15",
        price_out="$0.60",
        requests_per_minute=" 60 ",
        concurrency="8",
    )
    assert (stored.base_url, stored.style) == ("https://m.example/v1", EndpointStyle.COMPLETIONS)
    assert (stored.price_in, stored.price_out) == (150_000, 600_000)
    assert (stored.requests_per_minute, stored.concurrency) == (60, 8)


def test_what_was_left_open_has_its_default(session):
    stored = endpoint(session, api_key=" ", requests_per_minute="", concurrency="")
    assert (stored.key_sealed, stored.requests_per_minute, stored.concurrency) == (None, None, 4)
    assert target_of(stored, VAULT).api_key == ""


def test_the_key_is_sealed_and_opened_only_for_a_call(session):
    stored = endpoint(session, api_key=f" {KEY}\n")
    assert KEY.encode() not in stored.key_sealed
    assert target_of(stored, VAULT).api_key == KEY


def test_the_key_is_in_no_event_and_no_repr(session):
    stored = endpoint(session)
    edit_endpoint(session, VAULT, stored, form(api_key=KEY + "-new"), actor_id=7)
    remove_endpoint(session, stored, actor_id=7)
    recorded = [f"{event.before}{event.after}" for event in session.scalars(select(Event))]
    assert len(recorded) >= 3
    assert "sk-0123" not in "".join(recorded) + repr(stored) + repr(vars(stored))
    assert events(session, "endpoint.edited")[0].after["new_key"] is True


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"base_url": ""}, "Base URL"),
        ({"base_url": "x" * 501}, "Base URL"),
        ({"base_url": "m.example/v1"}, "base_url"),
        ({"base_url": "ftp://m.example/v1"}, "base_url"),
        ({"base_url": "file:///etc/passwd"}, "base_url"),
        ({"base_url": "https://"}, "base_url"),
        ({"base_url": "https:///v1"}, "base_url"),
        ({"base_url": "https://me:pw@m.example/v1"}, "base_url"),
        ({"base_url": "https://m.example/v1?key=1"}, "base_url"),
        ({"base_url": "https://m.example/v1#top"}, "base_url"),
        ({"base_url": "http://[::1/v1"}, "base_url"),
        ({"base_url": "http://m.example:99999/v1"}, "base_url"),
        ({"base_url": "http://m.example:port/v1"}, "base_url"),
        ({"base_url": "http://m..example/v1"}, "base_url"),
        ({"name": ""}, "Name"),
        ({"model": "a\nb"}, "Model"),
        ({"style": "telepathy"}, "style"),
        ({"api_key": "sk-é"}, "api_key"),
        ({"api_key": "sk-\n1"}, "api_key"),
        ({"api_key": "sk-\ud800"}, "api_key"),
        ({"price_in": "cheap"}, "Price in"),
        ({"flex_percent": "0"}, "Flex price"),
        ({"flex_percent": "101"}, "Flex price"),
        ({"flex_percent": "50", "style": "completions"}, "flex_percent"),
        ({"price_out": "-1"}, "Price out"),
        ({"concurrency": "0"}, "Calls at the same time"),
        ({"concurrency": "257"}, "Calls at the same time"),
        ({"requests_per_minute": "³"}, "Requests per minute"),
        ({"requests_per_minute": "9" * 5_000}, "Requests per minute"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_field(session, changes, field):
    with pytest.raises(InvalidInput) as refused:
        endpoint(session, **changes)
    assert refused.value.field == field
    assert KEY not in refused.value.sentence


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/v1", "http://[::1]:8000/v1", "http://8.8.8.8", "https://modèle.example/v1"]
)
def test_addresses_of_every_kind_are_taken(session, url):
    assert endpoint(session, base_url=url).base_url == url


@pytest.mark.parametrize(
    ("url", "vault", "sentence"),
    [
        ("http://127.0.0.1:8000/v1", PUBLIC_ONLY, "TAMIS_PRIVATE_ENDPOINTS=yes"),
        ("http://LocalHost/v1", PUBLIC_ONLY, "TAMIS_PRIVATE_ENDPOINTS=yes"),
        ("http://[fd00::1]/v1", PUBLIC_ONLY, "TAMIS_PRIVATE_ENDPOINTS=yes"),
        ("http://169.254.169.254/latest", VAULT, "never called from here"),
        ("http://[::ffff:169.254.169.254]/v1", VAULT, "never called from here"),
    ],
)
def test_an_address_out_of_reach_is_refused_when_it_is_typed(session, url, vault, sentence):
    project_id = project(session).id
    with pytest.raises(InvalidInput, match=sentence) as refused:
        add_endpoint(session, vault, project_id, form(base_url=url), actor_id=7)
    assert refused.value.field == "base_url"
    stored = add_endpoint(session, vault, project_id, form(), actor_id=7)
    with pytest.raises(InvalidInput, match=sentence):
        edit_endpoint(session, vault, stored, form(base_url=url), actor_id=7)
    assert stored.base_url == "https://m.example/v1"


def test_a_call_goes_as_far_as_the_instance_lets_it(session):
    stored = endpoint(session)
    assert target_of(stored, VAULT).reaches_private
    assert not target_of(stored, PUBLIC_ONLY).reaches_private


def test_a_flex_price_is_what_makes_calls_ask_for_that_service(session):
    assert target_of(endpoint(session, flex_percent="50"), VAULT).is_flex
    assert not target_of(add_endpoint(session, VAULT, project(session, "Poems").id, form(), 7), VAULT).is_flex


def test_a_new_address_needs_the_key_again(database):
    with database.writing() as session:
        stored = endpoint(session)
    elsewhere = form(base_url="https://stranger.example/v1", api_key="")
    with pytest.raises(InvalidInput, match="enter the API key again") as refused, database.writing() as session:
        edit_endpoint(session, VAULT, endpoint_in(session, stored.project_id, stored.id), elsewhere, 7)
    assert refused.value.field == "api_key"
    with database.writing() as session:
        kept = endpoint_in(session, stored.project_id, stored.id)
        assert kept.base_url == "https://m.example/v1"
        edit_endpoint(session, VAULT, kept, form(base_url="https://new.example/v1", api_key="sk-new"), 7)
        assert target_of(kept, VAULT).api_key == "sk-new"


def test_the_same_address_keeps_the_key(session):
    stored = endpoint(session)
    edit_endpoint(session, VAULT, stored, form(base_url="https://m.example/v1/", model="m-2", api_key=""), 7)
    assert (target_of(stored, VAULT).api_key, stored.model) == (KEY, "m-2")
    (event,) = events(session, "endpoint.edited")
    assert (event.before["model"], event.after["model"], event.after["new_key"]) == ("m", "m-2", False)


def test_without_a_key_the_address_may_change_freely(session):
    stored = endpoint(session, api_key="")
    edit_endpoint(session, VAULT, stored, form(base_url="https://new.example/v1", api_key=""), 7)
    assert stored.base_url == "https://new.example/v1"


def test_a_name_is_not_given_twice_in_a_project(database):
    with database.writing() as session:
        stored = endpoint(session)
    with pytest.raises(Conflict, match="named “Ours” already"), database.writing() as session:
        add_endpoint(session, VAULT, stored.project_id, form(), 7)
    with database.writing() as session:
        add_endpoint(session, VAULT, project(session, "Poems").id, form(), 7)


def test_a_removed_endpoint_forgets_its_key_and_frees_its_name(session):
    stored = endpoint(session, name="x" * 120)
    remove_endpoint(session, stored, 7)
    session.flush()
    assert stored.key_sealed is None
    assert list(endpoints_of(session, stored.project_id)) == []
    with pytest.raises(NotFound):
        endpoint_in(session, stored.project_id, stored.id)
    assert add_endpoint(session, VAULT, stored.project_id, form(name="x" * 120), 7).id != stored.id


def test_an_endpoint_of_another_project_is_not_found(session):
    stored, poems = endpoint(session), project(session, "Poems")
    with pytest.raises(NotFound):
        endpoint_in(session, poems.id, stored.id)


@pytest.mark.parametrize(
    ("settings", "url", "key"),
    [
        ({"openai_api_key": KEY}, "https://api.openai.com/v1", KEY),
        ({"openai_base_url": "http://localhost:8000/v1"}, "http://localhost:8000/v1", ""),
        ({"openai_api_key": ""}, None, None),
        ({}, None, None),
    ],
)
def test_the_environment_makes_a_first_endpoint_where_it_names_one(session, settings, url, key):
    named = Settings(**({"openai_api_key": None, "openai_base_url": ""} | settings))
    project_id = project(session).id
    first_endpoint(session, PUBLIC_ONLY, named, project_id)
    # Not even an address out of reach keeps a project from being begun.
    made = [(each.base_url, target_of(each, VAULT).api_key) for each in endpoints_of(session, project_id)]
    assert made == ([(url, key)] if url else [])


def test_the_practice_model_is_known_by_its_name():
    assert is_practice("tamis-practice")
    assert not is_practice("gpt-4o-mini")
