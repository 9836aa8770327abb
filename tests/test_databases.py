"""Each test gets a database of its own, on SQLite and on Postgres."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from tests.databases import copy_sqlite, find_initdb, serve_postgres


@pytest.mark.parametrize("turn", ["first", "second"])
def test_no_test_sees_the_rows_of_another(empty_database_url, turn):
    engine = create_engine(empty_database_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("CREATE TABLE words (word TEXT)"))
        connection.execute(text("INSERT INTO words VALUES (:word)"), {"word": f"{turn} crème brûlée 你好"})
        assert connection.scalar(text("SELECT word FROM words")) == f"{turn} crème brûlée 你好"
    engine.dispose()


@pytest.mark.parametrize("_turn", ["first", "second"])
def test_a_database_is_migrated_and_no_test_changes_that_of_another(database_url, _turn):
    engine = create_engine(database_url)
    with engine.begin() as connection:
        tables = inspect(connection).get_table_names()
        assert "alembic_version" in tables
        assert "words" not in tables
        connection.execute(text("CREATE TABLE words (word TEXT)"))
    engine.dispose()


def test_a_connection_left_open_does_not_keep_a_database(postgres_server):
    url = postgres_server.create()
    engine = create_engine(url)
    connection = engine.connect()
    connection.execute(text("SELECT 1"))

    postgres_server.drop(url)

    connection.invalidate()
    engine.dispose()


@pytest.mark.usefixtures("postgres_server")
def test_a_server_ends_with_its_block_and_leaves_no_folder(monkeypatch):
    if find_initdb() is None:
        pytest.skip("no server is started where there is no initdb: TEST_POSTGRES_URL is used")
    monkeypatch.delenv("TEST_POSTGRES_URL", raising=False)
    with serve_postgres() as server:
        engine = create_engine(server.url)
        with engine.connect() as connection:
            folder = Path(connection.scalar(text("SHOW data_directory"))).parent
        engine.dispose()
        assert folder.is_dir()
    assert not folder.exists()
    with pytest.raises(OperationalError, match="refused"):
        engine.connect()


def test_a_server_that_is_named_is_used_and_not_ended(postgres_server, monkeypatch):
    given = postgres_server.url.set(drivername="postgresql").render_as_string(hide_password=False)
    monkeypatch.setenv("TEST_POSTGRES_URL", given)
    with serve_postgres() as named:
        assert named.url == make_url(postgres_server.url)
        named.drop(named.create())
    postgres_server.drop(postgres_server.create())


def test_a_copy_of_a_sqlite_file_holds_what_its_log_holds(tmp_path):
    template = sqlite3.connect(tmp_path / "template.sqlite")
    template.execute("PRAGMA journal_mode = WAL")
    template.execute("CREATE TABLE words (word TEXT)")
    template.execute("INSERT INTO words VALUES ('kept')")
    template.commit()

    copy_sqlite(tmp_path / "template.sqlite", tmp_path / "copy.sqlite")

    copy = sqlite3.connect(tmp_path / "copy.sqlite")
    assert copy.execute("SELECT word FROM words").fetchall() == [("kept",)]
    copy.close()
    template.close()
