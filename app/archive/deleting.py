"""Deleting an archived project: nobody sees it from then on, and a job removes what is in it, a piece at a time."""

import time
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Table, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from app.archive.inventory import NAMED, PIECES, inventory_of
from app.carrying import end, new_carrier
from app.database import lock
from app.errors import Conflict, InvalidInput
from app.jobs import Task, start_job
from app.models.base import now
from app.models.events import Event, record
from app.models.generation import Carried, Run, RunState
from app.models.jobs import Job
from app.models.people import Invitation, Membership, Person, Role, SignIn, SignInLink
from app.models.projects import Project
from app.people.invitations import has_no_key
from app.text import tidy_name

_ACTIVE = (RunState.QUEUED, RunState.RUNNING)
_SENTENCE = "The project was deleted."
_DELETED = "project.deleted"
_GUEST = "Former guest"
# Whoever else wants to write waits for about so many seconds at most.
_SECONDS_AT_ONCE = 0.2
_FEWEST, _MOST = 100, 20_000
# A process that was given up for dead may write into the project once more before it notices.
_PASSES = 5


class Deletion:
    name = "deletion"
    label = "Deletion of a project"

    def carry_out(self, task: Task) -> None:
        """Remove every row, and at the end the project with this very job. It can't be stopped, only interrupted."""
        with task.writing() as session:
            _forget_guests(session, task.project_id)
        for left in reversed(range(_PASSES)):
            try:
                _remove_all(task)
            except IntegrityError:
                if not left:
                    raise
            else:
                return

    def clear_up(self, session: Session, job: Job) -> None:
        """Leave the rest hidden: it can be gone on with."""


DELETION = Deletion()


def start_deletion(session: Session, project: Project, typed: str, actor_id: int | None, *, carrier: str = "") -> Job:
    """Hide a project from everybody and queue the removal of what is in it; ``carrier`` as for ``start_job``.

    What remains of it is an event of the instance: who, when, its name, and how much it was. Raises Conflict unless it
    is archived, InvalidInput unless ``typed`` is its name.
    """
    lock(session, Project, project.id)
    session.refresh(project)
    if project.archived_at is None:
        raise Conflict("Archive the project first: only an archived one can be deleted.")
    if tidy_name(typed) != tidy_name(project.name):
        raise InvalidInput(f"Type the name as it is, “{project.name}”, so that no other project goes.", field="name")
    inventory = inventory_of(session, project)
    told = {name: count for name, count in inventory.counts.items() if name in NAMED}
    _end_what_goes_on(session, project.id)
    project.deleted_at = now()
    _shut_out(session, project.id)
    record(
        session,
        _DELETED,
        project_id=None,
        actor_id=actor_id,
        subject_id=project.id,
        before={"name": project.name},
        after=told | {"raters": inventory.raters, "spent": dict(inventory.spent)},
    )
    parameters = {"name": project.name}
    job = start_job(session, project.id, DELETION, parameters, actor_id, carrier=carrier, in_archive=True)
    job.total = inventory.rows
    return job


def deletions_seen_by(session: Session, person: Person) -> Sequence[Job]:
    """Return the deletions under way that somebody has started, or all of them for whoever runs the instance."""
    jobs = select(Job).where(Job.kind == DELETION.name).order_by(Job.id)
    return session.scalars(jobs if person.runs_instance else jobs.where(Job.started_by_id == person.id)).all()


def deleted_projects(session: Session, *, limit: int = 50) -> Sequence[tuple[Event, str]]:
    """Return what is left of projects that were deleted, newest first: the event, and the name of who did it."""
    rows = session.execute(
        select(Event, func.coalesce(Person.name, "Tamis"))
        .outerjoin(Person, Person.id == Event.actor_id)
        .where(Event.project_id.is_(None), Event.kind == _DELETED)
        .order_by(Event.id.desc())
        .limit(limit)
    )
    return [(event, name) for event, name in rows]


def being_deleted(session: Session, project_id: int | None) -> Project | None:
    """Return a project that is hidden and not removed yet, None where this is no number of such a one."""
    return session.scalar(select(Project).where(Project.id == project_id, Project.deleted_at.is_not(None)))


def go_on_deleting(session: Session, project: Project, carrier: str) -> Job:
    """Take up the deletion of a hidden project, whoever carried it out and however that ended."""
    of_it = select(Job).where(Job.project_id == project.id, Job.kind == DELETION.name)
    job = session.scalars(of_it.order_by(Job.id.desc()).limit(1)).one()
    job.state, job.carrier, job.seen_at, job.cancel_requested_at = RunState.RUNNING, carrier, now(), None
    return job


def _end_what_goes_on(session: Session, project_id: int) -> None:
    """Whoever carries something out gives way at its next write: the name in the row is no longer its own."""
    entities: tuple[type[Carried], ...] = (Run, Job)
    for entity in entities:
        active = select(entity).where(entity.project_id == project_id, entity.state.in_(_ACTIVE))
        for row in session.scalars(active).all():
            row.carrier = new_carrier("")
            end(session, row, RunState.CANCELLED, _SENTENCE)


def _shut_out(session: Session, project_id: int) -> None:
    members = update(Membership).where(Membership.project_id == project_id, Membership.is_in)
    session.execute(members.values(removed_at=now()))
    invitations = update(Invitation).where(Invitation.project_id == project_id, Invitation.is_kept)
    session.execute(invitations.values(revoked_at=now()))


def _remove_all(task: Task) -> None:
    for table in PIECES:
        _empty(task, table)
    with task.writing() as session:
        session.execute(delete(Job).where(Job.id == task.job_id))
        session.execute(delete(Project).where(Project.id == task.project_id))


def _forget_guests(session: Session, project_id: int) -> None:
    """Take the name and every way in from those who were only here, with no password or identity to come back by."""
    elsewhere = aliased(Membership)
    guests = (
        select(Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.project_id == project_id,
            Membership.role.in_([Role.VIEWER, Role.ANNOTATOR]),
            *has_no_key(),
            ~select(elsewhere.id).where(elsewhere.person_id == Person.id, elsewhere.project_id != project_id).exists(),
        )
    )
    ids = session.scalars(guests).all()
    for start in range(0, len(ids), _FEWEST):
        batch = ids[start : start + _FEWEST]
        session.execute(update(Person).where(Person.id.in_(batch)).values(name=_GUEST, email=None))
        session.execute(update(SignIn).where(SignIn.person_id.in_(batch), SignIn.is_kept).values(revoked_at=now()))
        session.execute(update(SignInLink).where(SignInLink.person_id.in_(batch)).values(expires_at=now()))


def _empty(task: Task, table: Table) -> None:
    """Remove the project's rows of a table, the newest first, so that none goes before one that was made from it."""
    many, below = _FEWEST, None
    while True:
        task.give_way()
        began = time.monotonic()
        with task.writing() as session:
            ids = _next(session, task, table, below, many)
            if not ids:
                return
            here = table.c.project_id == task.project_id, table.c.id.between(ids[-1], ids[0])
            session.execute(delete(table).where(*here, *_besides(table, task)))
            job = session.get_one(Job, task.job_id)
            job.done, job.seen_at, job.carriers_lost = job.done + len(ids), now(), 0
        below = ids[-1]
        many = many * 2 if time.monotonic() - began < _SECONDS_AT_ONCE / 2 else many // 2
        many = min(max(many, _FEWEST), _MOST)


def _next(session: Session, task: Task, table: Table, below: int | None, many: int) -> Sequence[int]:
    found = select(table.c.id).where(table.c.project_id == task.project_id, *_besides(table, task))
    if below is not None:
        found = found.where(table.c.id < below)
    return session.scalars(found.order_by(table.c.id.desc()).limit(many)).all()


def _besides(table: Table, task: Task) -> list[ColumnElement[bool]]:
    """The job itself goes last."""
    return [table.c.id != task.job_id] if table is Job.__table__ else []
