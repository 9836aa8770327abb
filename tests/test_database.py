"""Sessions that commit or roll back, writers that wait for each other, and one place that commits."""

import os
import re
import shutil
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from sqlite3 import OperationalError

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import IntegrityError

import app
from app import errors
from app.database import Database, lock, migrate
from app.errors import AppError, Conflict
from app.models.people import Person
from app.models.projects import Project
from tests.builders import add_person, add_project

WRITERS, TURNS = 8, 15
CODE = Path(app.__file__).parent


def names_in(database):
    with database.reading() as session:
        return session.scalars(select(Person.name).order_by(Person.id)).all()


class TestSessions:
    def test_a_writing_session_commits_when_its_block_ends(self, database):
        with database.writing() as session:
            add_person(session, "Ada")
        assert names_in(database) == ["Ada"]

    def test_a_writing_session_rolls_back_when_its_block_raises(self, database):
        with pytest.raises(Conflict), database.writing() as session:
            add_person(session, "Ada")
            raise Conflict("Not now.")
        assert names_in(database) == []
        with database.writing() as session:
            add_person(session, "Bo")
        assert names_in(database) == ["Bo"]

    def test_a_reading_session_never_writes(self, database):
        with database.reading() as session:
            session.add(Person(name="Ada"))
        assert names_in(database) == []

    def test_a_reading_session_sees_one_state_of_the_database(self, database):
        with database.writing() as session:
            add_person(session, "Ada")
        with database.reading() as reader:
            assert len(reader.scalars(select(Person.id)).all()) == 1
            with database.writing() as session:
                add_person(session, "Bo")
            assert len(reader.scalars(select(Person.id)).all()) == 1
        assert names_in(database) == ["Ada", "Bo"]

    def test_nobody_sees_what_is_not_committed(self, database):
        with database.writing() as session:
            add_person(session, "Ada")
            assert names_in(database) == []


class TestWriters:
    def test_writers_of_several_processes_wait_and_lose_nothing(self, database):
        """Each has a ``Database`` of its own, as processes do: no lock of ours is between them."""
        with database.writing() as session:
            project_id = add_project(session).id
        databases = [Database(database.url) for _ in range(WRITERS)]
        together = threading.Barrier(WRITERS)

        def count_up(own: Database) -> None:
            together.wait()
            for _ in range(TURNS):
                with own.writing() as session:
                    lock(session, Project, project_id)
                    count = session.scalar(select(Project.approval_ratings).where(Project.id == project_id))
                    session.get_one(Project, project_id).approval_ratings = count + 1

        with ThreadPoolExecutor(WRITERS) as writers:
            list(writers.map(count_up, databases))
        for own in databases:
            own.dispose()
        with database.reading() as session:
            assert session.get_one(Project, project_id).approval_ratings == WRITERS * TURNS

    def test_a_locked_row_is_kept_from_others(self, database):
        with database.writing() as session:
            project_id = add_project(session).id

        def count_up(_: int) -> None:
            with database.writing() as session:
                lock(session, Project, project_id)
                session.get_one(Project, project_id).approval_ratings += 1

        with ThreadPoolExecutor(WRITERS) as writers:
            list(writers.map(count_up, range(WRITERS)))
        with database.reading() as session:
            assert session.get_one(Project, project_id).approval_ratings == WRITERS


class TestSqlite:
    @pytest.fixture
    def sqlite(self, sqlite_url):
        opened = Database(sqlite_url)
        yield opened
        opened.dispose()

    def test_what_was_committed_outlasts_a_power_cut(self, sqlite, sqlite_url, tmp_path, monkeypatch):
        """At each moment of a sync the disk holds what the files hold then, and nothing later: each name whose
        transaction has ended must be on the disk as it was left by then."""
        files = Path(make_url(sqlite_url).database)
        disks: list[Path] = []

        def keep(_file: int) -> None:
            disk = tmp_path / f"disk-{len(disks)}"
            disk.mkdir()
            for end in ("", "-wal"):
                shutil.copy(f"{files}{end}", disk / f"tamis.db{end}")
            time.sleep(0.01)  # what others commit meanwhile is not on it
            disks.append(disk)

        monkeypatch.setattr("app.sqlite.flush", keep)

        def write(writer: int) -> list[tuple[str, int]]:
            ended = []
            for turn in range(10):
                with sqlite.writing() as session:
                    add_person(session, f"{writer} {turn}")
                ended.append((f"{writer} {turn}", len(disks)))
            return ended

        with ThreadPoolExecutor(WRITERS) as writers:
            ended = [each for written in writers.map(write, range(WRITERS)) for each in written]
        held = {}
        for number, disk in enumerate(disks, 1):
            left = Database(f"sqlite:///{disk / 'tamis.db'}")
            held[number] = set(names_in(left))
            left.dispose()
        assert all(name in held[number] for name, number in ended)
        assert len(disks) < len(ended)  # some shared one

    def test_a_transaction_that_fails_syncs_nothing(self, sqlite, monkeypatch):
        synced = []
        monkeypatch.setattr("app.sqlite.flush", synced.append)
        with pytest.raises(Conflict), sqlite.writing() as session:
            add_person(session, "Ada")
            raise Conflict("Not now.")
        assert synced == []
        with sqlite.writing() as session:
            add_person(session, "Ada")
        assert len(synced) == 1

    @pytest.mark.parametrize(
        ("pragma", "value"),
        [("journal_mode", "wal"), ("synchronous", 1), ("foreign_keys", 1), ("busy_timeout", 30_000)],
    )
    def test_every_connection_is_prepared(self, sqlite, pragma, value):
        with sqlite.reading() as one, sqlite.reading() as other:
            assert [session.scalar(text(f"PRAGMA {pragma}")) for session in (one, other)] == [value, value]

    def test_foreign_keys_are_held(self, sqlite):
        with pytest.raises(IntegrityError, match="FOREIGN KEY"), sqlite.writing() as session:
            columns = "(project_id, person_id, role, created_at, about)"
            session.execute(text(f"INSERT INTO memberships {columns} VALUES (9, 9, 'owner', '2026-01-01', '{{}}')"))  # noqa: S608

    def test_only_a_writer_says_so_at_its_start(self, sqlite):
        with sqlite.reading() as session:
            assert begun(session) == "BEGIN"
        with sqlite.writing() as session:
            assert begun(session) == "BEGIN IMMEDIATE"
        with sqlite.reading() as session:
            assert begun(session) == "BEGIN"

    def test_the_folder_of_a_new_file_is_made(self, tmp_path):
        database = Database(f"sqlite:///{tmp_path / 'a' / 'b' / 'tamis.db'}")
        with database.writing() as session:
            assert session.scalar(text("SELECT 1")) == 1
        database.dispose()

    def test_its_files_are_for_their_owner_alone(self, tmp_path):
        folder = tmp_path / "a" / "b"
        previous = os.umask(0o022)
        try:
            migrate(f"sqlite:///{folder / 'tamis.db'}")
            database = Database(f"sqlite:///{folder / 'tamis.db'}")
            with database.writing() as session:
                add_project(session)
                files = {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}
            database.dispose()
        finally:
            os.umask(previous)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        of_the_database = {"tamis.db", "tamis.db-wal", "tamis.db-shm", "tamis.db.writing"}
        assert of_the_database <= set(files)
        assert {name: files[name] for name in of_the_database} == dict.fromkeys(of_the_database, 0o600)

    def test_a_file_that_somebody_opened_to_others_stays_as_it_is(self, tmp_path):
        path = tmp_path / "tamis.db"
        path.touch(0o640)
        path.chmod(0o640)
        migrate(f"sqlite:///{path}")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def begun(session):
    """Tell how the transaction began: only an immediate one keeps another writer out from the start."""
    session.connection()
    other = session.get_bind().raw_connection()
    try:
        other.execute("PRAGMA busy_timeout = 0")
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    except OperationalError:
        return "BEGIN IMMEDIATE"
    else:
        return "BEGIN"
    finally:
        other.execute("PRAGMA busy_timeout = 30000")
        other.close()


def test_only_one_module_commits():
    committing = {path.relative_to(CODE).as_posix() for path in CODE.rglob("*.py") if ".commit(" in path.read_text()}
    assert committing == {"database.py"}


def test_only_one_module_opens_sessions_and_engines():
    words = re.compile(r"\b(sessionmaker|create_engine|Session)\(")
    opening = {path.relative_to(CODE).as_posix() for path in CODE.rglob("*.py") if words.search(path.read_text())}
    assert opening == {"database.py"}


def test_every_error_knows_its_status_and_its_sentence():
    children = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, AppError)]
    statuses = {each.__name__: each.status for each in children}
    assert statuses == {
        "AppError": 400,
        "InvalidInput": 422,
        "LinkGone": 422,
        "ImportRefused": 422,
        "SignInRequired": 401,
        "Forbidden": 403,
        "Paused": 403,
        "Elsewhere": 403,
        "NotFound": 404,
        "Conflict": 409,
        "Archived": 409,
        "AlreadyHere": 409,
        "TooManyAttempts": 429,
    }
    assert all("status" in vars(each) or each.__base__ is not AppError for each in children)


def test_an_error_says_its_sentence_and_its_field():
    error = Conflict("Choose another name.", field="name")
    assert (str(error), error.sentence, error.field) == ("Choose another name.", "Choose another name.", "name")


BUSY = """
import sys, time
from sqlalchemy import text
from app.database import Database
database = Database(sys.argv[1])
while True:
    with database.writing() as session:
        session.execute(text("UPDATE persons SET name = name"))
        print("writes", flush=True)
        time.sleep(0.02)
"""


def test_a_process_that_writes_without_a_pause_lets_others_in(sqlite_url):
    database = Database(sqlite_url)
    with subprocess.Popen([sys.executable, "-c", BUSY, sqlite_url], stdout=subprocess.PIPE) as busy:
        try:
            busy.stdout.readline()
            waits = []
            for _ in range(15):
                begun = time.perf_counter()
                with database.writing() as session:
                    session.execute(text("UPDATE persons SET name = name"))
                waits.append(time.perf_counter() - begun)
        finally:
            busy.kill()
    database.dispose()
    assert sorted(waits)[7] < 0.08, waits  # one turn of the other, not a second asking after 0.1 s
