"""A project deleted: hidden at once, removed piece by piece, whatever happens meanwhile, and nothing of others."""

import threading

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from app import jobs
from app.archive.archiving import archive_project, archived_projects_of
from app.archive.deleting import (
    DELETION,
    being_deleted,
    deleted_projects,
    deletions_seen_by,
    go_on_deleting,
    start_deletion,
)
from app.archive.inventory import NAMED, PIECES, WITH_THEM, inventory_of
from app.carrying import Interrupted
from app.errors import Conflict, InvalidInput, NotFound
from app.models import Base
from app.models.base import now
from app.models.events import Event
from app.models.generation import Run, RunState
from app.models.jobs import Job
from app.models.people import Membership, Person, Role, SignIn
from app.models.projects import Project
from app.people.invitations import invite, working_invitation
from app.people.sessions import member_of, sign_in
from app.projects import all_projects, create_project, project_by_id, project_named, projects_of
from app.releases.snapshots import freeze, release_named
from tests.builders import add_candidate, approve, rate
from tests.factories import person
from tests.rows import TABLES, fill

OF_A_PROJECT = [table for table in TABLES if "project_id" in table.columns]


@pytest.fixture
def instance(database):
    """Two projects with a row in every table, and Olga, who owns the first."""
    with database.writing() as session:
        fill(session.connection(), 1)
        fill(session.connection(), 2)
        session.execute(text("UPDATE projects SET name = 'Rivers', archived_at = created_at WHERE id = 1"))
        for number in (1, 2):
            session.add(Event(id=10 + number, kind="run.started", project_id=number))
        session.execute(text("UPDATE memberships SET role = 'owner'"))
        if not database.is_sqlite:  # rows that were added under numbers of their own
            for table in TABLES:
                if "id" in table.columns and table.name != "workers":
                    session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 100)"))
    return database


def delete(database, project_id=1, name="Rivers"):
    with database.writing() as session:
        return start_deletion(session, session.get_one(Project, project_id), name, 1).id


def carry_out(database, job_id, stopping=None):
    jobs.carry_out_job(database, [DELETION], job_id, stopping or threading.Event())


def rows_of(database, project_id):
    with database.reading() as session:
        counts = {
            table.name: session.scalar(select(func.count()).select_from(table).where(table.c.project_id == project_id))
            for table in OF_A_PROJECT
        }
        return {name: count for name, count in counts.items() if count}


def test_every_table_of_a_project_is_named_or_goes_with_one_that_is():
    """A new table fails here until somebody has decided what people are told of it."""
    tables = {table.name for table in OF_A_PROJECT}
    assert set(NAMED) | WITH_THEM == tables
    assert not set(NAMED) & WITH_THEM
    assert {table.name for table in PIECES} == tables


def test_tables_without_a_project_hold_nothing_of_one():
    """What these hold stays when a project goes: people, their sign-ins, workers, counted attempts."""
    assert {table.name for table in TABLES} - {table.name for table in OF_A_PROJECT} == {
        "attempts",
        "identities",
        "persons",
        "projects",
        "sign_in_links",
        "sign_ins",
        "workers",
    }


def test_a_row_of_every_table_goes_and_none_of_another_project(instance):
    theirs = rows_of(instance, 2)
    job_id = delete(instance)
    carry_out(instance, job_id)
    assert rows_of(instance, 1) == {}
    assert rows_of(instance, 2) == theirs == dict.fromkeys((table.name for table in OF_A_PROJECT), 1)
    with instance.reading() as session:
        assert session.scalars(select(Project.id)).all() == [2]
        assert session.get(Job, job_id) is None
        assert session.scalar(select(func.count()).select_from(Person)) == 2


def test_what_remains_is_who_when_its_name_and_how_much(instance):
    carry_out(instance, delete(instance))
    with instance.reading() as session:
        ((left, who),) = deleted_projects(session)
        told = session.scalars(select(Event).where(Event.project_id.is_(None), Event.subject_id == 1)).all()
    assert who == session.get_one(Person, 1).name
    assert (left.kind, left.actor_id, left.subject_id, left.before) == ("project.deleted", 1, 1, {"name": "Rivers"})
    assert left.after == dict.fromkeys(NAMED, 1) | {"raters": 1, "spent": {"1": 1}}
    assert left in told


@pytest.mark.parametrize(
    ("archived", "typed", "error", "sentence"),
    [
        (False, "Rivers", Conflict, "Archive the project first"),
        (True, "rivers", InvalidInput, "Type the name as it is, “Rivers”"),
        (True, "", InvalidInput, "Type the name as it is"),
    ],
)
def test_only_an_archived_project_goes_and_only_by_its_name(instance, archived, typed, error, sentence):
    with instance.writing() as session:
        session.get_one(Project, 1).archived_at = now() if archived else None
    with pytest.raises(error, match=sentence):
        delete(instance, name=typed)
    assert rows_of(instance, 1)["candidates"] == 1


def test_history_goes_with_its_project_only(instance):
    history = ("events", "decisions", "release_items", "releases", "adjudications")
    for table in history:
        with pytest.raises(DBAPIError, match="append-only"), instance.writing() as session:
            session.execute(text(f"DELETE FROM {table} WHERE project_id = 1"))  # noqa: S608 - our own table names
    delete(instance)
    for table in history:
        with pytest.raises(DBAPIError, match="append-only"), instance.writing() as session:
            session.execute(text(f"DELETE FROM {table} WHERE project_id = 2"))  # noqa: S608 - our own table names
    with pytest.raises(DBAPIError, match="append-only"), instance.writing() as session:
        session.execute(text("DELETE FROM events WHERE project_id IS NULL"))


class Rivers:
    """A real project with people, to see it vanish."""

    def __init__(self, database):
        self.database = database
        with database.writing() as session:
            self.owner = person(session, "Olga")
            self.project_id = create_project(session, "Rivers", "", self.owner.id).id
            other_id = create_project(session, "Lakes", "", self.owner.id).id
            self.token = invite(session, self.project_id, role="annotator", uses="5", days="7", actor_id=self.owner.id)[
                1
            ]
            self.cookies = {"Olga": sign_in(session, self.owner, browser="x", days=1)}
            self.people = {"Olga": self.owner.id}
            for name, places in {"Gus": [self.project_id], "Ben": [self.project_id, other_id]}.items():
                member = person(session, name)
                self.people[name] = member.id
                self.cookies[name] = sign_in(session, member, browser="x", days=1)
                session.add_all(
                    Membership(project_id=place, person_id=member.id, role=Role.ANNOTATOR) for place in places
                )
            here = session.get_one(Project, self.project_id)
            candidate = add_candidate(session, here, in_pool=True)
            add_candidate(session, here, "Derived", derived_from_id=candidate.id)
            rate(session, candidate, session.get_one(Person, self.people["Ben"]))
            approve(session, candidate, self.owner)
            self.sha256 = freeze(session, here, name="v1", notes="", actor_id=self.owner.id).sha256

    def delete(self):
        with self.database.writing() as session:
            project = session.get_one(Project, self.project_id)
            archive_project(session, project, self.owner.id)
            return start_deletion(session, project, "Rivers", self.owner.id).id


@pytest.fixture
def rivers(database):
    return Rivers(database)


def test_it_is_hidden_from_everybody_at_once(rivers):
    rivers.delete()
    with rivers.database.reading() as session:
        for cookie in rivers.cookies.values():
            assert member_of(session, cookie, rivers.project_id)[1:] == (None, None)
        assert [project.name for project, _ in projects_of(session, rivers.owner.id)] == ["Lakes"]
        assert archived_projects_of(session, rivers.owner.id) == []
        for look in (
            lambda: project_by_id(session, rivers.project_id),
            lambda: project_named(session, "Rivers"),
            lambda: project_named(session, str(rivers.project_id)),
            lambda: release_named(session, rivers.sha256),
        ):
            with pytest.raises(NotFound):
                look()
        with pytest.raises(InvalidInput, match="run out or was withdrawn"):
            working_invitation(session, rivers.token)
        assert [job.parameters["name"] for job in deletions_seen_by(session, rivers.owner)] == ["Rivers"]
        assert deletions_seen_by(session, session.get_one(Person, rivers.people["Ben"])) == []
        assert [project.name for project in all_projects(session, archived=True)] == ["Rivers"]


def test_guests_who_were_only_there_lose_their_name_and_every_way_in(rivers):
    carry_out(rivers.database, rivers.delete())
    with rivers.database.reading() as session:
        names = {name: session.get_one(Person, number).name for name, number in rivers.people.items()}
        signed_in = set(session.scalars(select(SignIn.person_id).where(SignIn.revoked_at.is_(None))))
    assert names == {"Olga": "Olga", "Ben": "Ben", "Gus": "Former guest"}
    assert signed_in == {rivers.people["Olga"], rivers.people["Ben"]}
    assert rows_of(rivers.database, rivers.project_id) == {}


def test_a_later_project_has_another_number(rivers):
    carry_out(rivers.database, rivers.delete())
    with rivers.database.writing() as session:
        assert create_project(session, "Rivers", "", rivers.owner.id).id > rivers.project_id


def test_what_goes_on_gives_way(instance):
    with instance.writing() as session:
        run, job = session.get_one(Run, 1), session.get_one(Job, 1)
        run.state = job.state = RunState.RUNNING
        run.carrier = job.carrier = "somebody"
    job_id = delete(instance)
    with instance.reading() as session:
        run, job = session.get_one(Run, 1), session.get_one(Job, 1)
    assert {run.state, job.state} == {RunState.CANCELLED}
    assert "somebody" not in {run.carrier, job.carrier}
    task = jobs.Task(instance, job, "somebody", threading.Event())
    with pytest.raises(Conflict), task.writing():
        pass
    carry_out(instance, job_id)
    with pytest.raises(Conflict), task.writing():
        pass
    jobs.carry_out_job(instance, [DELETION], 1, threading.Event())  # as the engine does after a crash


def test_cut_off_at_any_statement_it_goes_on_to_the_same_end(instance):
    """Every transaction of it is the last one of some process."""
    job_id, allowed, cuts = delete(instance), 0, 0
    while rows_of(instance, 1):
        allowed, seen = allowed + 3, 0

        def cut(_connection, _cursor, sql, *_, allowed=allowed):
            nonlocal seen
            seen += sql.startswith("DELETE")
            if seen > allowed and sql.startswith("DELETE"):
                raise OperationalError(sql, {}, Exception("the process is gone"))

        event.listen(instance.engine, "before_cursor_execute", cut)
        try:
            carry_out(instance, job_id)
        except OperationalError:
            cuts += 1
        finally:
            event.remove(instance.engine, "before_cursor_execute", cut)
        with instance.reading() as session:
            assert session.get(Project, 1) is None or session.get_one(Project, 1).deleted_at is not None
    assert cuts > 2
    assert rows_of(instance, 2) == dict.fromkeys((table.name for table in OF_A_PROJECT), 1)
    with instance.reading() as session:
        assert session.scalars(select(Project.id)).all() == [2]


def test_a_process_that_stops_leaves_the_rest_to_the_next(instance):
    job_id, stopping = delete(instance), threading.Event()

    def stop(_connection, _cursor, sql, *_):
        if sql.startswith("DELETE FROM runs"):
            stopping.set()

    event.listen(instance.engine, "before_cursor_execute", stop)
    with pytest.raises(Interrupted):
        carry_out(instance, job_id, stopping)
    event.remove(instance.engine, "before_cursor_execute", stop)
    with instance.writing() as session:
        job = session.get_one(Job, job_id)
        assert 0 < job.done < job.total
        project = being_deleted(session, 1)
        assert go_on_deleting(session, project, "").id == job_id
    carry_out(instance, job_id)
    assert rows_of(instance, 1) == {}


def test_what_a_process_writes_late_is_removed_in_another_pass(instance):
    job_id, late = delete(instance), []
    calls = Base.metadata.tables["calls"]

    def write(connection, _cursor, sql, *_):
        if sql.startswith("DELETE FROM seed_instances") and not late:
            late.append(1)
            endpoint = {"project_id": 1, "endpoint_id": 1, "purpose": "late", "prompt": "x", "sampling": {}}
            connection.execute(calls.insert(), endpoint)

    event.listen(instance.engine, "before_cursor_execute", write)
    carry_out(instance, job_id)
    event.remove(instance.engine, "before_cursor_execute", write)
    assert late
    assert rows_of(instance, 1) == {}


def test_what_a_project_holds_is_said_in_words(rivers):
    with rivers.database.reading() as session:
        inventory = inventory_of(session, session.get_one(Project, rivers.project_id))
    lines = dict(inventory.lines())
    assert lines | {"examples": 2, "rating": 1, "decision": 1, "release": 1, "memberships": 3} == lines
    assert "studies" not in lines
    assert (inventory.raters, inventory.cost, [each.name for each in inventory.releases]) == (1, 0, ["v1"])
