"""Undoing an import: what it brought goes, in one transaction, but for what people or runs have worked with since."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from app.database import lock
from app.errors import Conflict, NotFound
from app.imports.ties import GOES_ALONG, Outlook, is_answer_tied, is_tied, many, outlook_of
from app.jobs import Task, job_in, start_job
from app.models.candidates import Candidate
from app.models.comparisons import Alternative
from app.models.events import record
from app.models.generation import RunState
from app.models.jobs import Job
from app.models.projects import Project
from app.pool import IMPORT_UNDONE

_BATCH = 1_000
# As these kinds are named; the modules that hold them know this one.
_KINDS = ("import", "import_answers")
_ACTIVE = (RunState.QUEUED, RunState.RUNNING)
_TIED = "Some of it can’t go any more. Look at what that is, then remove the others or leave everything."


class UndoImport:
    name = "undo_import"
    label = "Undo of an import"

    def carry_out(self, task: Task) -> None:
        """Remove what goes, all at once: so a process that is killed has removed nothing."""
        with task.writing() as session:
            lock(session, Project, task.project_id)
            job = session.get_one(Job, task.parameters["import_id"])
            refuse_unless_quiet(session, job, besides=task.job_id)
            _hold_still(session, job.id)
            outlook = outlook_of(session, job)
            if outlook.has_ties and not task.parameters["others"]:
                raise Conflict(_TIED)
            undone = {"removed": outlook.going, "left": outlook.staying, "by": task.job_id}
            undone |= {"answers_removed": outlook.answers_going, "answers_left": outlook.answers_staying}
            _tell(session, task, job, undone)
            _remove(session, job.id)
            job.result = job.result | {"undone": undone}
            task.finish(session, undone, _summary(outlook))

    def clear_up(self, session: Session, job: Job) -> None:
        """There is nothing to remove: what was not committed never was."""


UNDO = UndoImport()


def import_in(session: Session, project_id: int, import_id: int) -> Job:
    """Return an import of examples or of answers, or raise NotFound."""
    job = job_in(session, project_id, import_id)
    if job.kind not in _KINDS:
        raise NotFound("There is no such import in this project.")
    return job


def imports_of(session: Session, project_id: int) -> Sequence[Job]:
    """Return the imports of a project, newest first."""
    of_project = select(Job).where(Job.project_id == project_id, Job.kind.in_(_KINDS))
    return session.scalars(of_project.order_by(Job.id.desc())).all()


def start_undo(session: Session, job: Job, actor_id: int | None, *, others: bool, carrier: str = "") -> Job:
    """Queue the undo of an import; ``others``: what can't go may stay. ``carrier`` as for ``start_job``.

    Raises Conflict where there is nothing to undo, where some of it would stay unasked, and while other work goes on
    in the project: a search for near-duplicates, say, has read what would go.
    """
    lock(session, Project, job.project_id)
    refuse_unless_quiet(session, job)
    outlook = outlook_of(session, job)
    if outlook.is_vain:
        raise Conflict("Nothing of this import can go: people or runs have worked with all of it.")
    if outlook.has_ties and not others:
        raise Conflict(_TIED)
    parameters = {"import_id": job.id, "file": job.parameters["file"], "others": others}
    about = f"{job.id}: {job.parameters['file']}"
    return start_job(session, job.project_id, UNDO, parameters, actor_id, about=about, carrier=carrier)


def refuse_unless_quiet(session: Session, job: Job, *, besides: int | None = None) -> None:
    """Raise Conflict where an import hasn't brought anything, or while work other than the job ``besides`` goes on."""
    if job.state is not RunState.DONE:
        raise Conflict("This import brought nothing, so there is nothing to undo.")
    if is_undone(job):
        raise Conflict("This import was undone already.")
    active = select(Job.id).where(Job.project_id == job.project_id, Job.state.in_(_ACTIVE), Job.id != (besides or 0))
    other = session.scalar(active.order_by(Job.id).limit(1))
    if other is not None:
        raise Conflict(f"Job {other} of this project goes on. Wait until it has ended, or stop it, then try again.")


def is_undone(job: Job) -> bool:
    """Return whether everything that an import brought was removed."""
    undone = job.result.get("undone")
    return undone is not None and not undone["left"] and not undone["answers_left"]


def was_not_undone() -> ColumnElement[bool]:
    """Return the condition that something is left of what a row of ``jobs`` brought, or may come yet."""
    left = [Job.result["undone", name].as_integer() for name in ("left", "answers_left")]
    return func.coalesce(left[0] + left[1], 1) > 0


def _hold_still(session: Session, import_id: int) -> None:
    """Let whoever would rate, choose or decide on one of the examples wait, and find it gone."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(Candidate.id).where(Candidate.import_id == import_id).with_for_update()).all()


def _remove(session: Session, import_id: int) -> None:
    going = select(Candidate.id).where(Candidate.import_id == import_id, ~is_tied(import_id)).order_by(Candidate.id)
    ids = session.scalars(going).all()
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        for column in GOES_ALONG:
            session.execute(delete(column.class_).where(column.in_(batch)))
        session.execute(delete(Candidate).where(Candidate.id.in_(batch)))
    session.execute(delete(Alternative).where(Alternative.import_id == import_id, ~is_answer_tied()))


def _tell(session: Session, task: Task, job: Job, undone: Mapping[str, Any]) -> None:
    """Write down who did it, and where in the pool the copies of other processes have to look."""
    ends = select(func.min(Candidate.id), func.max(Candidate.id)).where(Candidate.import_id == job.id)
    first, last = session.execute(ends).one()
    actor_id = session.get_one(Job, task.job_id).started_by_id
    after = {"file": job.parameters["file"], **undone, "first": first, "last": last}
    record(session, IMPORT_UNDONE, project_id=job.project_id, actor_id=actor_id, subject_id=job.id, after=after)


def _summary(outlook: Outlook) -> str:
    removed = many(outlook.going, outlook.answers_going)
    left = many(outlook.staying, outlook.answers_staying)
    return f"{removed} removed" + (f", {left} left." if left else ".")
