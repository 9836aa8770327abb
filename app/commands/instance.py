"""The instance that a command works on: its settings and its database."""

from pathlib import Path
from typing import Annotated

import typer

from app.database import Database, migrate
from app.settings import Settings

DataDir = Annotated[Path | None, typer.Option(help="Folder of the data; TAMIS_DATA_DIR where left out.")]


def settings_in(data_dir: Path | None) -> Settings:
    """Return the settings, with the folder that was named where one was."""
    return Settings(data_dir=data_dir) if data_dir else Settings()


def database_in(data_dir: Path | None) -> Database:
    """Return the database, at the newest schema."""
    settings = settings_in(data_dir)
    migrate(settings.url)
    return Database(settings.url)
