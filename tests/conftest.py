"""What every test may ask for: databases and a browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import URL
from sqlalchemy.orm import Session

from app.database import Database, migrate
from app.llm.practice.server import create_practice_app
from app.models.people import Person
from app.models.projects import Project
from app.people import accounts
from tests.builders import add_person, add_project
from tests.databases import NoPostgres, PostgresServer, compile_statements_once, copy_sqlite, serve_postgres
from tests.generation.workshop import Workshop, serving, workshop
from tests.starting import run_command

pytest_plugins = ["tests.attack", "tests.factories"]
# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("tamis", deadline=None)
hypothesis.settings.load_profile("tamis")
compile_statements_once()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker is left with it when the others are done."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


# The practice models of the tests are on this machine.
os.environ["TAMIS_PRIVATE_ENDPOINTS"] = "yes"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database that no other test sees, once on SQLite and once on Postgres."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """A database without a table that no other test sees, once on SQLite and once on Postgres."""
    return request.getfixturevalue(f"empty_{request.param}_url")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The migrated database as the application opens it."""
    opened = Database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A writing session, for tests that need no second one."""
    with database.writing() as opened:
        yield opened


@pytest.fixture
def ada(session: Session) -> Person:
    return add_person(session, "Ada")


@pytest.fixture
def project(session: Session) -> Project:
    """Somebody else's project."""
    return add_project(session)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Workshop]:
    """A project with 60 of the shipped seed tasks, on SQLite and on Postgres."""
    with workshop(database_url, tmp_path / "data") as made:
        yield made


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hash passwords in the same way but in a moment: it is made to take long. What is shipped has its own test."""
    hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", lambda: hasher)
        yield


@pytest.fixture(scope="session")
def practice_url() -> Iterator[str]:
    """A practice model that answers at once and never fails."""
    with serving(create_practice_app(seed=7)) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    target = tmp_path / "tamis.sqlite"
    copy_sqlite(migrated_sqlite, target)
    return f"sqlite:///{target}"


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'tamis.sqlite'}"


@pytest.fixture
def postgresql_url(postgres_server: PostgresServer, migrated_postgresql: URL) -> Iterator[str]:
    url = postgres_server.create(template=migrated_postgresql.database)
    yield in_full(url)
    postgres_server.drop(url)


@pytest.fixture
def empty_postgresql_url(postgres_server: PostgresServer) -> Iterator[str]:
    url = postgres_server.create()
    yield in_full(url)
    postgres_server.drop(url)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that tests get copies of."""
    path = tmp_path_factory.mktemp("migrated") / "tamis.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgres_server: PostgresServer) -> Iterator[URL]:
    """The database that tests get copies of."""
    url = postgres_server.create()
    migrate(in_full(url))
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server per test process."""
    try:
        with serve_postgres() as server:
            yield server
    except NoPostgres as reason:
        do_without(str(reason))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser that tests drive."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("TAMIS_TEST_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        do_without("no Chromium: install one, or let `make test` fetch one")
    return str(found)


def do_without(reason: str) -> None:
    """Skip, and say so at the end of the run; fail where skipping would hide a fault."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def in_full(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture
def tamis(database, tmp_path):
    """Run ``tamis`` in another folder than the checkout's, on the database of the test."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TAMIS_", "OPENAI_", "PYTHON"))}
    surroundings = kept | {"TAMIS_DATABASE_URL": database.url, "TAMIS_DATA_DIR": str(tmp_path / "data")}

    def run(*words, typed="", **more):
        return run_command(*map(str, words), env=surroundings | more, cwd=folder, typed=typed)

    run.folder = folder
    return run
