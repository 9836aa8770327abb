"""A file that is brought in a second time, noticed before anything comes of it."""

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.database import lock
from app.errors import AlreadyHere
from app.imports.undoing import is_undone
from app.models.generation import RunState
from app.models.jobs import Job
from app.models.projects import Project

_COMING = (RunState.QUEUED, RunState.RUNNING, RunState.PAUSED)
_HERE = (*_COMING, RunState.DONE)


def refuse_repeat(session: Session, job: Job) -> None:
    """Raise AlreadyHere where the file of a new import came in before, by the same door and packed or not.

    An import that failed, was stopped or was undone brought nothing. Nobody else starts one until this ends.
    """
    lock(session, Project, job.project_id)
    earlier = session.scalars(
        select(Job)
        .where(Job.project_id == job.project_id, Job.kind == job.kind, Job.id != job.id, Job.state.in_(_HERE))
        .where(_is_of_same_file(job))
        .order_by(Job.id)
    )
    first = next((each for each in earlier if not is_undone(each)), None)
    if first is not None:
        raise AlreadyHere(_sentence(first), project_id=job.project_id, job_id=first.id)


def _is_of_same_file(job: Job) -> ColumnElement[bool]:
    known_by = [job.parameters[name] for name in _NAMES if name in job.parameters]
    return or_(*(Job.parameters[name].as_string().in_(known_by) for name in _NAMES))


_NAMES = ("sha256", "unpacked_sha256")


def _sentence(job: Job) -> str:
    if job.state in _COMING:
        return f"This file is coming in already, as import {job.id}."
    came = f"This file came in on {job.created_at:%d %b %Y} as import {job.id}"
    result = job.result
    if "answers" in result:
        return f"{came}: {_many(result['answers'], 'answer')} of {job.parameters['model']}."
    kept, total = result["kept"], result["kept"] + sum(result["rejected"].values())
    brought = _many(total, "example") + (f", kept {kept:,}" if kept != total else "")
    left = f", of which {result['undone']['left']:,} are left" if "undone" in result else ""
    return f"{came}: {brought}{left}."


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' if count != 1 else ''}"
