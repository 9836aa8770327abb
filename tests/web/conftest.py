"""The people whom page tests are about: Olga owns the project, Cem curates it, Ana and Ben rate, and Sam, a stranger,
has a project of their own. Tests run on SQLite; those marked ``BOTH`` on Postgres as well."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute

from app.main import create_app
from app.models.people import Role
from app.people import accounts
from app.settings import Settings
from tests.web.world import Browser, Place, fill, join


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test's own."""
    return request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")


@pytest.fixture(scope="session")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[BaseRoute]:
    """The routes of an application, which know nothing of it. FastAPI looks through their signatures at the first call,
    which takes 0.1 s."""
    folder = tmp_path_factory.mktemp("routes")
    made = create_app(Settings(database_url=f"sqlite:///{folder / 'tamis.db'}", data_dir=folder))
    made.state.database.dispose()
    return made.router.routes


@pytest.fixture
def app(url: str, tmp_path: Path, routes: list[BaseRoute]) -> Iterator[FastAPI]:
    """The application; runs are carried out by nobody."""
    made = create_app(Settings(database_url=url, data_dir=tmp_path / "data", embedded_engine=False, upload_limit_mb=1))
    made.router.routes = routes
    yield made
    made.state.database.dispose()


@pytest.fixture
def persons(app: FastAPI) -> dict[str, int]:
    """Everybody's id by name."""
    with app.state.database.writing() as session:
        made = {name: accounts.create_person(session, name) for name in ("Olga", "Cem", "Ana", "Ben", "Sam")}
        for name in ("Olga", "Sam"):
            made[name].makes_projects = True
        return {name: person.id for name, person in made.items()}


@pytest.fixture
def place(app: FastAPI, persons: dict[str, int]) -> Place:
    """Olga's project with one of everything."""
    with app.state.database.writing() as session:
        made = fill(session, app.state.vault, persons["Olga"], persons["Cem"])
        made.ids["cem_member_id"] = join(session, made.id, persons["Cem"], Role.CURATOR)
        for name in ("Ana", "Ben"):
            join(session, made.id, persons[name], Role.ANNOTATOR)
    return made


@pytest.fixture
def elsewhere(app: FastAPI, persons: dict[str, int]) -> Place:
    """Sam's project with one of everything."""
    with app.state.database.writing() as session:
        return fill(session, app.state.vault, persons["Sam"], persons["Sam"], "Elsewhere")


@pytest.fixture
def database(app: FastAPI):
    """The instance's database, to look behind the pages."""
    return app.state.database


@pytest.fixture
def nobody(app: FastAPI) -> Browser:
    return Browser(app)


@pytest.fixture
def olga(app: FastAPI, persons: dict[str, int]) -> Browser:
    return Browser(app, persons["Olga"])


@pytest.fixture
def cem(app: FastAPI, persons: dict[str, int]) -> Browser:
    return Browser(app, persons["Cem"])


@pytest.fixture
def ana(app: FastAPI, persons: dict[str, int]) -> Browser:
    return Browser(app, persons["Ana"])


@pytest.fixture
def ben(app: FastAPI, persons: dict[str, int]) -> Browser:
    return Browser(app, persons["Ben"])


@pytest.fixture
def sam(app: FastAPI, persons: dict[str, int]) -> Browser:
    return Browser(app, persons["Sam"])
