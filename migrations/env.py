"""How Alembic reaches the database: from the application, or from TAMIS_* variables when called by hand."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON, Connection, text

from app.database import Database
from app.models import Base
from app.models.base import UtcDateTime
from app.settings import Settings

_LOCK = 0x7A315  # any number that means nothing else in this database


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave the tables of the workflow engine alone."""
    return kind != "table" or name in Base.metadata.tables


def render(kind: str, value: Any, _context: Any) -> str | Literal[False]:
    """Write our column types in SQLAlchemy's own words: a migration must not change when they do."""
    if kind == "type" and isinstance(value, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(value, JSON):
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def run() -> None:
    """Bring the database where Alembic was told to, in one transaction."""
    url = context.config.attributes.get("url") or Settings().url
    database = Database(url)
    try:
        with database.engine.connect().execution_options(tamis_writes=True) as connection:
            _upgrade(connection, is_sqlite=database.is_sqlite)
    finally:
        database.dispose()


def _upgrade(connection: Connection, *, is_sqlite: bool) -> None:
    if is_sqlite:  # a table is changed there by making it anew, which foreign keys to it would forbid
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
    with connection.begin():
        if not is_sqlite:  # others that migrate wait here; on SQLite the transaction began by waiting
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=is_sqlite,
            include_name=is_ours,
            render_item=render,
        )
        with context.begin_transaction():
            context.run_migrations()
        if is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
            raise RuntimeError(f"a row of {broken[0]} refers to one of {broken[2]} that is not there")


run()
