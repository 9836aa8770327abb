"""Imports: started by people, carried out as jobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Any

from sqlalchemy.orm import Session

from app.imports import files
from app.imports.arrivals import read_in, remove_arrivals, settle
from app.imports.readers import reader_named
from app.imports.repeats import refuse_repeat
from app.imports.screening import screen_arrivals
from app.jobs import Task, start_job
from app.models.candidates import Outcome
from app.models.jobs import Job
from app.screening.filters import FILTERS
from app.screening.screen import parse_thresholds
from app.text import repair

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class ImportForm:
    """What a person chooses. ``thresholds`` are those of the filters to ask; None: everything is kept. ``again``: also
    where the file came in before."""

    file_name: str
    format: str
    thresholds: Mapping[str, Any] | None = None
    again: bool = False


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
            read_in(task, reader_named(task.parameters["format"]), outcome)
        if thresholds is not None:
            screen_arrivals(task, parse_thresholds(thresholds))
        with task.writing() as session:
            counts = settle(session, task)
            job = session.get_one(Job, task.job_id)
            task.finish(session, job.result | counts, _summary(counts))

    def clear_up(self, session: Session, job: Job) -> None:
        """Remove the file and what was read from it."""
        files.remove_file(session, job.id)
        remove_arrivals(session, job.id)


def start_import(
    session: Session,
    project_id: int,
    form: ImportForm,
    file: IO[bytes],
    actor_id: int | None,
    *,
    limit_mb: int | None = None,
    carrier: str = "",
) -> Job:
    """Store a file and queue its import; ``carrier`` as for ``start_job``.

    Raises InvalidInput for a file larger than ``limit_mb`` and for bad thresholds, NotFound for an unknown format,
    AlreadyHere for a file that came in before.
    """
    parameters = {
        "file": _name(form.file_name),
        "format": reader_named(form.format).name,
        "thresholds": None if form.thresholds is None else _parsed(form.thresholds),
    }
    about = f"from {parameters['file']}"
    job = start_job(session, project_id, Import(), parameters, actor_id, about=about, carrier=carrier)
    stored = files.store_file(session, job, file, limit_mb=limit_mb)
    job.parameters = parameters | stored.parameters()
    if not form.again:
        refuse_repeat(session, job)
    return job


def findings_of(job: Job) -> list[str]:
    """Return what a finished import has to say, a sentence each, the job's own first."""
    labels = {each.name: each.label for each in FILTERS}
    found = [job.sentence]
    found += [f"{labels.get(name, name)}: {count:,}." for name, count in job.result["rejected"].items()]
    if ignored := job.result.get("ignored"):
        found.append(f"Left out, for an example has none like them: {', '.join(ignored)}.")
    if mended := job.result.get("mended"):
        found.append(f"Stray control characters were removed from {mended:,} example{'s' if mended != 1 else ''}.")
    return found


def _parsed(thresholds: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each.model_dump(mode="json") for name, each in parse_thresholds(thresholds).items()}


def _name(file_name: str) -> str:
    """The last part of a path, whichever system it is from."""
    name = PurePath(repair(file_name).replace("\\", "/")).name
    return name[-_LONGEST_NAME:] or "file"


def _summary(counts: Mapping[str, Any]) -> str:
    rejected = sum(counts["rejected"].values())
    many = counts["kept"] + rejected
    sentence = f"{many:,} example{'s' if many != 1 else ''} imported"
    return f"{sentence}: {counts['kept']:,} kept, {rejected:,} filtered out." if rejected else f"{sentence}."
