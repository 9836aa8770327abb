"""What the environment sets."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings, resource


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    for name in ("DATA_DIR", "DATABASE_URL", "SECRET_KEY", "BASE_URL", "SIGN_IN_DAYS", "PRIVATE_ENDPOINTS"):
        monkeypatch.delenv(f"TAMIS_{name}", raising=False)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"TAMIS_{name}", raising=False)
    return monkeypatch


def test_without_a_variable_the_database_is_a_file_in_the_data_folder(tmp_path):
    assert Settings(data_dir=tmp_path).url == f"sqlite:///{tmp_path / 'tamis.db'}"


def test_variables_begin_with_the_product_s_name(bare, tmp_path):
    bare.setenv("TAMIS_DATA_DIR", str(tmp_path))
    bare.setenv("TAMIS_SIGN_IN_DAYS", "7")
    bare.setenv("SIGN_IN_DAYS", "9")
    settings = Settings()
    assert (settings.data_dir, settings.sign_in_days) == (tmp_path, 7)


def test_a_database_that_is_named_is_used(bare):
    bare.setenv("TAMIS_DATABASE_URL", "postgresql+psycopg://db/tamis")
    assert Settings().url == "postgresql+psycopg://db/tamis"


def test_the_usual_names_of_the_key_and_the_address_are_understood(bare):
    bare.setenv("OPENAI_API_KEY", "sk-0123")
    bare.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1")
    settings = Settings()
    assert settings.openai_api_key.get_secret_value() == "sk-0123"
    assert settings.openai_base_url == "http://localhost:8000/v1"


def test_secrets_are_not_shown(bare):
    bare.setenv("OPENAI_API_KEY", "sk-0123")
    bare.setenv("TAMIS_SECRET_KEY", "secret-0123")
    assert "0123" not in repr(Settings())


@pytest.mark.parametrize(
    ("name", "value"),
    [("sign_in_days", 0), ("sign_in_days", 366), ("call_deadline_seconds", 0), ("upload_limit_mb", 0)],
)
def test_a_value_out_of_bounds_stops_the_start(name, value):
    with pytest.raises(ValidationError, match=name):
        Settings(**{name: value})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
@pytest.mark.parametrize(
    ("base_url", "is_alone"),
    [("", True), ("http://localhost:8000", True), ("http://[::1]:8000", True), ("https://tamis.example", False)],
)
def test_a_server_for_this_machine_alone_reaches_private_addresses(host, base_url, is_alone):
    assert Settings(base_url=base_url).served_on(host).reaches_private is is_alone


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.2", "tamis.example"])  # noqa: S104 - not bound to
def test_a_server_for_others_does_not(host):
    assert not Settings().served_on(host).reaches_private


@pytest.mark.parametrize("host", ["127.0.0.1", "192.168.1.2"])
def test_the_owner_decides_where_the_owner_says_so(host):
    assert Settings(private_endpoints="yes").served_on(host).reaches_private
    assert not Settings(private_endpoints="no").served_on(host).reaches_private


def test_where_nobody_is_served_private_addresses_stay_out_of_reach():
    assert not Settings().reaches_private
    with pytest.raises(ValidationError, match="'auto', 'yes' or 'no'"):
        Settings(private_endpoints="perhaps")


def test_every_setting_says_what_it_is_for():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("name", ["seed_tasks.jsonl", "templates", "static", "migrations"])
def test_what_ships_is_found(name):
    assert resource(name).exists()
    assert Path("/") in resource(name).parents


@pytest.mark.parametrize(
    "address", ["tamis.example.org", "ftp://tamis.example.org", "https://", "https://a.example?x=1"]
)
def test_an_address_that_no_browser_could_open_stops_the_start(address):
    with pytest.raises(ValidationError, match=r"must look like https://tamis\.example\.org"):
        Settings(base_url=address)


def test_the_address_has_no_slash_at_its_end():
    assert Settings(base_url="https://tamis.example.org/").base_url == "https://tamis.example.org"
