"""Engine, sessions and the write lock. The only place that commits.

SQLite runs with a write-ahead log, and every transaction says at its start whether it will write: a deferred one
that turns into a writer fails at once where another process writes, an immediate one waits its turn. Writers queue
for that, those of other processes included: SQLite itself asks again every 0.1 s, and whoever writes much is always
faster than that.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import orjson
from alembic import command
from alembic.config import Config
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from filelock import FileLock
from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Text,
    bindparam,
    column,
    create_engine,
    exc,
    func,
    make_url,
    select,
    table,
    text,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.sql.functions import FunctionElement

from app import sqlite
from app.errors import Conflict
from app.settings import resource


def _as_json(value: Any) -> str:
    """Return a value as it is stored, NaN as null. orjson is much quicker, and takes no large numbers."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value)


# What a failing statement held stays out of the log: it may be somebody's text, or a sealed key.
_ENGINE: dict[str, Any] = {"pool_size": 20, "max_overflow": 20, "hide_parameters": True, "json_serializer": _as_json}
# What is raised where the database is away, busy, or only reads since another is about to take its place.
AWAY = (exc.OperationalError, exc.InternalError, exc.TimeoutError)
_NEWER = (
    "This database was made by a newer Tamis than this one. Start the newer one, or restore the backup from before it."
)
_POSTGRES_READS = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}


class Database:
    """One database of one process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if (path := sqlite.file_of(url)) is not None:
            sqlite.make_private(path)
        self.engine = create_engine(url, **_ENGINE)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._writers = sqlite.writers_of(path) if self.is_sqlite else None
        if self.is_sqlite:
            sqlite.prepare(self.engine)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that only reads: the database refuses a write, which would be lost without a commit."""
        with self._sessions() as session:
            session.connection(execution_options={sqlite.READS: True} if self.is_sqlite else _POSTGRES_READS)
            yield session

    @contextmanager
    def writing(self, *, snapshot: bool = False) -> Iterator[Session]:
        """Open a session that commits when the block ends and rolls back when it raises. What is committed lasts.

        ``snapshot``: it sees one state of the database throughout, as it always does with SQLite.
        """
        isolation = {"isolation_level": "REPEATABLE READ"} if snapshot and not self.is_sqlite else {}
        with self._writers.turn() if self._writers else nullcontext(), self._sessions() as session:
            session.connection(execution_options={sqlite.WRITES: True} | isolation)
            yield session
            session.commit()
        if self._writers:
            self._writers.sync()

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


class normalized(FunctionElement[str]):  # noqa: N801 - written in queries like any function of SQL
    """A text in Unicode NFC, as both databases compute it: ``normalized(Candidate.output)``."""

    type = Text()
    inherit_cache = True


@compiles(normalized, "sqlite")
def _normalized_by_us(element: normalized, compiler: Any, **options: Any) -> str:
    return f"nfc({compiler.process(element.clauses, **options)})"


@compiles(normalized, "postgresql")
def _normalized_by_postgres(element: normalized, compiler: Any, **options: Any) -> str:
    return f"normalize({compiler.process(element.clauses, **options)}, NFC)"


def reason_of(error: BaseException) -> str:
    """Return what a database said, on one line. A night of it must not fill the log."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


def has_no_room(error: BaseException) -> bool:
    """Return whether the database refused because its disk is full, which is over when somebody makes room."""
    said = reason_of(error)
    return "disk is full" in said or "No space left on device" in said


def lock(session: Session, entity: type[Any], row_id: int | ScalarSelect[int]) -> None:
    """Make others that lock this row wait until this transaction ends. SQLite has one writer anyway.

    Rows that only refer to it can be added meanwhile. What was read before may be stale: lock first, then read.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(entity.id).where(entity.id == row_id).with_for_update(key_share=True))


def new_ids(session: Session, entity: type[Any], count: int) -> list[int]:
    """Return ids for rows that are to be added next, in one statement that brings nothing back.

    Add them before any others of this table: those would get the same from SQLite, which just counts on.
    """
    if session.get_bind().dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(entity.__tablename__, "id")
        return list(session.scalars(select(func.nextval(sequence)).select_from(func.generate_series(1, count))))
    given: ColumnElement[int] = func.max(column("seq", Integer))
    used = select(given).select_from(table("sqlite_sequence")).where(column("name") == entity.__tablename__)
    newest = session.scalar(used)
    if newest is None:
        newest = session.scalar(select(func.max(entity.id))) or 0
    return list(range(newest + 1, newest + count + 1))


def update_rows(session: Session, entity: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Change rows by their ``id``, the same columns of each.

    Quicker than ``session.execute(update(entity), rows)``: objects that the session has read aren't told.
    """
    if rows:
        stored = entity.__table__
        changed = [{"row_id": row["id"], **{name: row[name] for name in row if name != "id"}} for row in rows]
        session.connection().execute(update(stored).where(stored.c.id == bindparam("row_id")), changed)


def lock_table(session: Session, name: str) -> None:
    """Make others that write to this table wait until this transaction ends. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE"))


def migrations_config(url: str) -> Config:
    """Return Alembic's configuration for the database at ``url``."""
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")))
    config.attributes["url"] = url
    return config


def migrate(url: str) -> None:
    """Bring the database at ``url`` to the newest schema, making it where it doesn't exist yet.

    Raises Conflict where a newer program made it.
    """
    path = sqlite.file_of(url)
    if path is not None:
        sqlite.make_private(path)
    # Even turning the write-ahead log on takes one process.
    with FileLock(f"{path}.migrating") if path else nullcontext():
        try:
            command.upgrade(migrations_config(url), "head")
        except CommandError as error:
            if isinstance(error.__cause__, ResolutionError):
                raise Conflict(_NEWER) from error
            raise
