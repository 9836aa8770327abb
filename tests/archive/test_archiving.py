"""An archived project is read and not changed, whoever tries and by whichever door."""

import io

import pytest
from sqlalchemy import select

from app.archive.archiving import archive_project, archived_projects_of, restore_project
from app.errors import Archived, InvalidInput
from app.generation.runs import RunForm, continue_run, start_run
from app.imports.importing import ImportForm, start_import
from app.models.generation import Endpoint, RunState
from app.models.jobs import Job
from app.models.people import Person
from app.models.projects import Project
from app.people.crowd import take_part
from app.people.invitations import invite, redeem
from app.people.welcome import welcome
from app.projects import projects_of
from tests.builders import add_person, add_project, add_run
from tests.factories import events


@pytest.fixture
def here(database):
    with database.writing() as session:
        project = add_project(session, name="Rivers")
        owner = session.scalars(select(Person).where(Person.name == "Owner of Rivers")).one()
        return project.id, owner.id


def archive(database, here):
    project_id, owner_id = here
    with database.writing() as session:
        return archive_project(session, session.get_one(Project, project_id), owner_id)


def test_it_leaves_the_list_and_comes_back(database, here):
    project_id, owner_id = here
    assert archive(database, here).sentence == "Archived."
    with database.writing() as session:
        assert projects_of(session, owner_id) == []
        assert [project.id for project, _ in archived_projects_of(session, owner_id)] == [project_id]
        restore_project(session, session.get_one(Project, project_id), owner_id)
    with database.reading() as session:
        assert [project.id for project, _ in projects_of(session, owner_id)] == [project_id]
        assert archived_projects_of(session, owner_id) == []
        assert [events(session, kind)[0].actor_id for kind in ("project.archived", "project.restored")] == [
            owner_id
        ] * 2


def test_twice_changes_nothing(database, here):
    archive(database, here)
    archive(database, here)
    with database.reading() as session:
        assert len(events(session, "project.archived")) == 1


def test_what_goes_on_is_asked_to_stop_and_this_is_said(database, here):
    project_id, owner_id = here
    with database.writing() as session:
        starter = session.get_one(Person, owner_id)
        project = session.get_one(Project, project_id)
        queued, running, paused, done = (add_run(session, project, starter) for _ in range(4))
        running.state, paused.state, done.state = RunState.RUNNING, RunState.PAUSED, RunState.DONE
        job = Job(project_id=project_id, kind="import", parameters={"file": "x"}, state=RunState.RUNNING)
        session.add(job)
    said = archive(database, here).sentence
    assert said == (
        "Archived. 2 runs and 1 job were asked to stop; answers under way are still taken in, for they are paid for."
    )
    with database.reading() as session:
        queued, running, paused, done, job = (
            session.get_one(type(each), each.id) for each in (queued, running, paused, done, job)
        )
    assert (queued.state, running.state, paused.state, done.state) == (
        RunState.CANCELLED,
        RunState.RUNNING,
        RunState.PAUSED,
        RunState.DONE,
    )
    assert running.cancel_requested_at
    assert job.cancel_requested_at


def test_nothing_begins_in_it_by_any_door(database, here):
    project_id, owner_id = here
    with database.writing() as session:
        paused = add_run(session, session.get_one(Project, project_id), session.get_one(Person, owner_id))
        paused.state = RunState.PAUSED
        endpoint_id = session.scalar(select(Endpoint.id))
    archive(database, here)
    form = RunForm("alpaca", endpoint_id, target_kept="5")
    for begin in (
        lambda session: start_import(session, project_id, ImportForm("x", "alpaca"), io.BytesIO(b"[]"), owner_id),
        lambda session: continue_run(session, session.merge(paused), owner_id),
        lambda session: start_run(session, project_id, form, owner_id),
    ):
        with pytest.raises((Archived, InvalidInput), match="archived|seed task"), database.writing() as session:
            begin(session)
    with database.reading() as session:
        assert session.scalars(select(Job)).all() == []


@pytest.mark.parametrize("crowd", [False, True])
def test_its_links_take_nobody_in(database, here, crowd):
    project_id, owner_id = here
    more = {"parameter": "PID"} if crowd else {}
    with database.writing() as session:
        token = invite(session, project_id, role="annotator", uses="5", days="7", actor_id=owner_id, **more)[1]
    archive(database, here)
    for use in (
        lambda session: welcome(session, token, {"PID": "7"}),
        lambda session: (
            take_part(session, token, "7", here=None) if crowd else redeem(session, token, person=None, name="Jo")
        ),
    ):
        with pytest.raises(InvalidInput, match="has been archived"), database.writing() as session:
            use(session)
    with database.writing() as session:
        restore_project(session, session.get_one(Project, project_id), owner_id)
        assert welcome(session, token, {"PID": "7"}).invitation.project_id == project_id
        assert add_person(session)
