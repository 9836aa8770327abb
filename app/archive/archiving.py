"""Archiving: a project stays as it is and can be read. Nothing in it goes on, until an owner takes it out again."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import lock
from app.generation.runs import cancel_run
from app.jobs import cancel_job
from app.models.base import now
from app.models.events import record
from app.models.generation import Run, RunState
from app.models.jobs import Job
from app.models.people import Membership, Role
from app.models.projects import Project

_ACTIVE = (RunState.QUEUED, RunState.RUNNING)


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many runs and jobs were asked to stop since their project was archived."""

    runs: int
    jobs: int

    @property
    def sentence(self) -> str:
        """What is said once a project was archived."""
        parts = [(self.runs, "run"), (self.jobs, "job")]
        asked = " and ".join(f"{count:,} {noun}{'s' if count != 1 else ''}" for count, noun in parts if count)
        if not asked:
            return "Archived."
        were = "was" if self.runs + self.jobs == 1 else "were"
        return f"Archived. {asked} {were} asked to stop; answers under way are still taken in, for they are paid for."


def archive_project(session: Session, project: Project, actor_id: int | None) -> Stopped:
    """Archive a project and ask what goes on in it to stop. Doing it twice changes nothing."""
    lock(session, Project, project.id)
    session.refresh(project)
    if project.archived_at is not None:
        return Stopped(0, 0)
    project.archived_at = now()
    runs = session.scalars(select(Run).where(Run.project_id == project.id, Run.state.in_(_ACTIVE))).all()
    jobs = session.scalars(select(Job).where(Job.project_id == project.id, Job.state.in_(_ACTIVE))).all()
    for run in runs:
        cancel_run(session, run, actor_id)
    for job in jobs:
        cancel_job(session, job, actor_id)
    after = {"runs": len(runs), "jobs": len(jobs)}
    record(session, "project.archived", project_id=project.id, actor_id=actor_id, after=after)
    return Stopped(len(runs), len(jobs))


def restore_project(session: Session, project: Project, actor_id: int | None) -> None:
    """Take a project out of the archive. What was stopped stays so until somebody continues it."""
    lock(session, Project, project.id)
    session.refresh(project)
    if project.archived_at is not None:
        project.archived_at = None
        record(session, "project.restored", project_id=project.id, actor_id=actor_id)


def archived_projects_of(session: Session, person_id: int) -> Sequence[tuple[Project, Role]]:
    """Return the archived projects that a person is in, newest first, with their role in each."""
    rows = session.execute(
        select(Project, Membership.role)
        .join(Membership, Membership.project_id == Project.id)
        .where(Membership.person_id == person_id, Membership.is_in, Project.archived_at.is_not(None))
        .order_by(Project.archived_at.desc())
    )
    return [(project, role) for project, role in rows]
