"""What SQLite leaves to us: writers that wait in order, commits that outlast a power cut, files that are private."""

import itertools
import os
import threading
import unicodedata
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, make_url

try:
    import fcntl
except ImportError:  # Windows: processes ask again and again, as SQLite does
    fcntl = None  # type: ignore[assignment]

WRITES = "tamis_writes"
READS = "tamis_reads"
_NEXT, _WRITING = 0, 1
# Brings a file to the disk; macOS has only the one that writes down its times, too.
flush = getattr(os, "fdatasync", os.fsync)


def file_of(url: str) -> Path | None:
    """Return the file of an SQLite database, None for one in memory and for any other."""
    database = make_url(url)
    is_file = database.get_backend_name() == "sqlite" and database.database not in {None, "", ":memory:"}
    return Path(database.database or "") if is_file else None


def make_private(path: Path) -> None:
    """Make the file of a database that isn't there yet, and its folder, for nobody else on this machine to read.

    SQLite gives the files that it makes beside it the same rights.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def prepare(engine: Engine) -> None:
    """Set every connection of ``engine`` up, and let each transaction say at its start whether it will write."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        connection.create_function("nfc", 1, partial(unicodedata.normalize, "NFC"), deterministic=True)
        # NORMAL leaves it to us to bring a commit to the disk: see ``Writers.sync``.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        driver: Any = connection.connection.dbapi_connection
        driver.execute(f"PRAGMA query_only={'ON' if options.get(READS) else 'OFF'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITES) else "BEGIN")


class Writers:
    """Those of this process who write to one SQLite file.

    They wait in order: threads of this process, then processes. A file beside it has two bytes that processes lock:
    whoever holds the first is next, whoever holds the second writes. So a process that has just written waits behind
    one that waited meanwhile. The system frees what a dead process held, and SQLite's own lock, which is what protects
    the data, lies beneath.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._threads, self._syncing = threading.Lock(), threading.Lock()
        self._tickets, self._synced = itertools.count(1), 0
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

    def sync(self) -> None:
        """Return once everything that was committed before the call would outlast a power cut.

        As SQLite does by itself with ``synchronous=FULL``, but outside of the turn, so that others write meanwhile, and
        for all who wait at once.
        """
        ticket = next(self._tickets)
        with self._syncing:
            if ticket > self._synced and self._path:
                covered = next(self._tickets)
                self._sync_log()
                self._synced = covered

    def _sync_log(self) -> None:
        # Where there is no log, SQLite has brought all of it into the database, and synced that.
        with suppress(FileNotFoundError), Path(f"{self._path}-wal").open("r+b") as log:
            flush(log.fileno())

    @contextmanager
    def _locked(self, byte: int) -> Iterator[ExitStack]:
        with ExitStack() as held:
            if self._file is not None:
                fcntl.lockf(self._file, fcntl.LOCK_EX, 1, byte)
                held.callback(fcntl.lockf, self._file, fcntl.LOCK_UN, 1, byte)
            yield held


_WRITERS: weakref.WeakValueDictionary[Path | None, Writers] = weakref.WeakValueDictionary()
_ONE_AT_A_TIME = threading.Lock()


def writers_of(path: Path | None) -> Writers:
    """Return the writers to a file, one object for each: closing it anywhere in a process would free its locks."""
    with _ONE_AT_A_TIME:
        if (writers := _WRITERS.get(path)) is None:
            writers = _WRITERS[path] = Writers(path)
        return writers
