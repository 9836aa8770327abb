from collections.abc import Iterator
from pathlib import Path

import pytest

from app.llm.practice.server import create_practice_app
from tests.generation.workshop import Workshop, serving, workshop


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Workshop]:
    """A project with 60 of the shipped seed tasks, on SQLite and on Postgres."""
    with workshop(database_url, tmp_path / "data") as made:
        yield made


@pytest.fixture(scope="session")
def practice_url() -> Iterator[str]:
    """A practice model that answers at once and never fails."""
    with serving(create_practice_app(seed=7)) as url:
        yield url
