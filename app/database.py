"""Engine, sessions and the write lock. The only place that commits.

SQLite runs with a write-ahead log, and every transaction says at its start whether it will write: a deferred one
that turns into a writer fails at once where another process writes, an immediate one waits its turn. Writers queue
for that, those of other processes included: SQLite itself asks again every 0.1 s, and whoever writes much is always
faster than that.
"""

import json
import os
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from alembic import command
from alembic.config import Config
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from filelock import FileLock
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Integer,
    ScalarSelect,
    Text,
    bindparam,
    column,
    create_engine,
    event,
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

from app.errors import Conflict
from app.settings import resource
from app.text import in_form

try:
    import fcntl
except ImportError:  # Windows: processes ask again and again, as SQLite does
    fcntl = None  # type: ignore[assignment]


def as_json(value: Any) -> str:
    """Return a value as it is stored, NaN as null. orjson is much quicker, and takes no large numbers."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value)


# What a failing statement held stays out of the log: it may be somebody's text, or a sealed key.
_ENGINE: dict[str, Any] = {"pool_size": 20, "max_overflow": 20, "hide_parameters": True, "json_serializer": as_json}
# What is raised where the database is away, busy, or only reads since another is about to take its place.
AWAY = (exc.OperationalError, exc.InternalError, exc.TimeoutError)
_NEWER = (
    "This database was made by a newer Tamis than this one. Start the newer one, or restore the backup from before it."
)
_WRITES = "tamis_writes"
_READS = "tamis_reads"
_NEXT, _WRITING = 0, 1
_POSTGRES_READS = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}


class Database:
    """One database of one process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else create_engine(url, **_ENGINE)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._queue = _queue_of(_file_of(url)) if self.is_sqlite else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that only reads: the database refuses a write, which would be lost without a commit."""
        with self._sessions() as session:
            session.connection(execution_options={_READS: True} if self.is_sqlite else _POSTGRES_READS)
            yield session

    @contextmanager
    def writing(self, *, snapshot: bool = False) -> Iterator[Session]:
        """Open a session that commits when the block ends and rolls back when it raises.

        ``snapshot``: it sees one state of the database throughout, as it always does with SQLite.
        """
        isolation = {"isolation_level": "REPEATABLE READ"} if snapshot and not self.is_sqlite else {}
        with self._queue.turn() if self._queue else nullcontext(), self._sessions() as session:
            session.connection(execution_options={_WRITES: True} | isolation)
            yield session
            session.commit()

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


_QUEUES: weakref.WeakValueDictionary[Path | None, "_Queue"] = weakref.WeakValueDictionary()
_ONE_AT_A_TIME = threading.Lock()


class _Queue:
    """Where those who write to one SQLite file wait, in order: threads of this process, then processes.

    A file beside it has two bytes that processes lock: whoever holds the first is next, whoever holds the second
    writes. So a process that has just written waits behind one that waited meanwhile. The system frees what a dead
    process held, and SQLite's own lock, which is what protects the data, lies beneath.
    """

    def __init__(self, path: Path | None) -> None:
        self._threads = threading.Lock()
        self._file: int | None = None
        if fcntl and path:
            self._file = os.open(f"{path}.writing", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            weakref.finalize(self, os.close, self._file)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait, and let nobody else write while the block lasts."""
        with self._threads, self._locked(_NEXT) as behind_me, self._locked(_WRITING):
            behind_me.close()
            yield

    @contextmanager
    def _locked(self, byte: int) -> Iterator[ExitStack]:
        with ExitStack() as held:
            if self._file is not None:
                fcntl.lockf(self._file, fcntl.LOCK_EX, 1, byte)
                held.callback(fcntl.lockf, self._file, fcntl.LOCK_UN, 1, byte)
            yield held


def _queue_of(path: Path | None) -> _Queue:
    """One for each file: closing it anywhere in a process would free the process's locks."""
    with _ONE_AT_A_TIME:
        if (queue := _QUEUES.get(path)) is None:
            queue = _QUEUES[path] = _Queue(path)
        return queue


def _sqlite_engine(url: str) -> Engine:
    if (path := _file_of(url)) is not None:
        _make_private(path)
    engine = create_engine(url, **_ENGINE)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        connection.create_function("nfc", 1, partial(in_form, "NFC"), deterministic=True)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        driver: Any = connection.connection.dbapi_connection
        driver.execute(f"PRAGMA query_only={'ON' if options.get(_READS) else 'OFF'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITES) else "BEGIN")

    return engine


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
    path = _file_of(url)
    if path is not None:
        _make_private(path)
    # Even turning the write-ahead log on takes one process.
    with FileLock(f"{path}.migrating") if path else nullcontext():
        try:
            command.upgrade(migrations_config(url), "head")
        except CommandError as error:
            if isinstance(error.__cause__, ResolutionError):
                raise Conflict(_NEWER) from error
            raise


def _file_of(url: str) -> Path | None:
    """Return the file of an SQLite database, None for one in memory and for any other."""
    database = make_url(url)
    is_file = database.get_backend_name() == "sqlite" and database.database not in {None, "", ":memory:"}
    return Path(database.database or "") if is_file else None


def _make_private(path: Path) -> None:
    """Make the file of a database that isn't there yet, and its folder, for nobody else on this machine to read.

    SQLite gives the files that it makes beside it the same rights.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
