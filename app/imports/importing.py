"""Imports: started by people, carried out as jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Any

from sqlalchemy.orm import Session

from app.carrying import STOPPED, end
from app.database import Database, lock
from app.errors import Conflict
from app.imports import files
from app.imports.arrivals import read_in, settle, sweep
from app.imports.extras import parse_choices
from app.imports.findings import sentences_of
from app.imports.first_look import FirstLook, look_at
from app.imports.readers import AUTO, reader_named
from app.imports.repeats import refuse_repeat
from app.imports.screening import screen_arrivals
from app.jobs import Task, start_job
from app.models.candidates import Outcome
from app.models.events import record
from app.models.generation import RunState
from app.models.jobs import Job
from app.screening.filters import FILTERS
from app.screening.screen import parse_thresholds
from app.settings import USUAL_LIMITS, FileLimits
from app.text import tidy_name

_LONGEST_NAME = 200
_WAITS = "Waits for you to say what is in it."


@dataclass(frozen=True, slots=True)
class ImportForm:
    """What a person chooses. ``thresholds`` are those of the filters to ask; None: everything is kept.

    ``again``: also where the file came in before. ``extra`` says what becomes of keys that an example has no place for,
    as ``parse_choices`` reads it.
    """

    file_name: str
    format: str
    thresholds: Mapping[str, Any] | None = None
    again: bool = False
    extra: Sequence[str] = ()


class Import:
    name = "import"
    label = "Import of examples"

    def carry_out(self, task: Task) -> None:
        """Read the file, screen what it holds, settle it: each step is gone over when it is done already."""
        thresholds = task.parameters["thresholds"]
        with task.database.reading() as session:
            is_unread = files.has_file(session, task.job_id)
        if is_unread:
            outcome = Outcome.KEPT if thresholds is None else None
            choices = parse_choices(task.parameters.get("extra", []))
            read_in(task, choices, outcome)
        if thresholds is not None:
            screen_arrivals(task, parse_thresholds(thresholds))
        with task.writing() as session:
            counts = settle(session, task)
            job = session.get_one(Job, task.job_id)
            task.finish(session, job.result | counts, _summary(counts))

    def clear_up(self, session: Session, job: Job) -> None:
        """Remove the file."""
        files.remove_file(session, job.id)

    def sweep(self, task: Task) -> None:
        """Remove what was read from it."""
        sweep(task)


def start_import(
    session: Session,
    project_id: int,
    form: ImportForm,
    file: IO[bytes],
    actor_id: int | None,
    *,
    limits: FileLimits = USUAL_LIMITS,
    carrier: str = "",
    waits: bool = False,
) -> Job:
    """Store a file and queue its import; ``carrier`` as for ``start_job``. One that ``waits`` is queued by an answer.

    Raises InvalidInput for a file larger than may be sent and for bad thresholds or choices, NotFound for an unknown
    format, AlreadyHere for a file that came in before.
    """
    parse_choices(form.extra)
    parameters = {
        "file": _name(form.file_name),
        "format": form.format if form.format == AUTO else reader_named(form.format).name,
        "thresholds": None if form.thresholds is None else _parsed(form.thresholds),
        "extra": list(form.extra),
    }
    about = f"from {parameters['file']}"
    job = start_job(session, project_id, Import(), parameters, actor_id, about=about, carrier=carrier)
    stored = files.store_file(session, job, file, limits)
    job.parameters = parameters | stored.parameters()
    if not form.again:
        refuse_repeat(session, job)
    if waits:
        job.state, job.sentence = RunState.PAUSED, _WAITS
    return job


def look_into(database: Database, job: Job) -> FirstLook:
    """Look at the file of an import that waits for an answer. Raises Conflict where it waits no more."""
    _refuse_unless_waiting(job)
    return look_at(files.open_file(database, job.id), job.parameters["format"])


def answer_import(session: Session, job: Job, extra: Sequence[str], actor_id: int | None) -> None:
    """Queue an import that waited: somebody said what becomes of its keys. Raises Conflict where none waits."""
    lock(session, Job, job.id)
    session.refresh(job)
    _refuse_unless_waiting(job)
    parse_choices(extra)
    job.parameters = job.parameters | {"extra": list(extra)}
    job.state, job.sentence = RunState.QUEUED, ""
    record(session, "job.answered", project_id=job.project_id, actor_id=actor_id, subject_id=job.id)


def give_up_import(session: Session, job: Job, actor_id: int | None) -> None:
    """End an import that waited, and remove its file. Raises Conflict where none waits."""
    lock(session, Job, job.id)
    session.refresh(job)
    _refuse_unless_waiting(job)
    Import().clear_up(session, job)
    record(session, "job.cancelled", project_id=job.project_id, actor_id=actor_id, subject_id=job.id)
    end(session, job, RunState.CANCELLED, STOPPED)


def _refuse_unless_waiting(job: Job) -> None:
    if job.state is not RunState.PAUSED:
        raise Conflict("This import waits for nothing: it goes on already, or has ended.")


def findings_of(job: Job) -> list[str]:
    """Return what a finished import has to say, a sentence each, the job's own first."""
    labels = {each.name: each.label for each in FILTERS}
    found = [job.sentence]
    found += [f"{labels.get(name, name)}: {count:,}." for name, count in job.result["rejected"].items()]
    found += sentences_of(job.result)
    return found


def _parsed(thresholds: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each.model_dump(mode="json") for name, each in parse_thresholds(thresholds).items()}


def _name(file_name: str) -> str:
    """The last part of a path, whichever system it is from."""
    name = PurePath(file_name.replace("\\", "/").replace("\x00", "")).name
    return tidy_name(name[-_LONGEST_NAME:], limit=_LONGEST_NAME) or "file"


def _summary(counts: Mapping[str, Any]) -> str:
    rejected = sum(counts["rejected"].values())
    many = counts["kept"] + rejected
    sentence = f"{many:,} example{'s' if many != 1 else ''} imported"
    return f"{sentence}: {counts['kept']:,} kept, {rejected:,} filtered out." if rejected else f"{sentence}."
