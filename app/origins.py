"""Where examples came from, as somebody chooses it in a form: from anywhere, from one run or from one import.

With it goes what novelty was asked there: its limit, and what counted as a word.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import false, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from app.errors import InvalidInput, NotFound
from app.generation.chosen import parse_origin
from app.generation.runs import run_in
from app.imports.importing import Import
from app.imports.undoing import is_undone, was_not_undone
from app.jobs import Task, job_in
from app.models.candidates import Candidate
from app.models.generation import Run, RunState
from app.models.jobs import Job
from app.screening.filters.novelty import Novelty, NoveltyThresholds
from app.screening.tokenizer import Tokenizer
from app.screening.tokenizers import DEFAULT, tokenizer_named

_MOST = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """The whole project, or one run, or one import."""

    run_id: int | None = None
    import_id: int | None = None

    @property
    def label(self) -> str:
        """Its name for people."""
        if self.run_id is not None:
            return f"Run {self.run_id}"
        return f"Import {self.import_id}" if self.import_id is not None else "The whole project"

    def includes(self) -> ColumnElement[bool]:
        """Return the condition that a row of ``candidates`` came from it."""
        if self.run_id is not None:
            return Candidate.run_id == self.run_id
        return Candidate.import_id == self.import_id if self.import_id is not None else true()


EVERYTHING = Origin()


def origin_of(job: Job | Task) -> Origin:
    """Return the origin that a job was started for."""
    return Origin(job.parameters["run_id"], job.parameters["import_id"])


def tokenizer_of(job: Job | Task) -> Tokenizer:
    """Return what counted as a word for a job that was started for an origin."""
    return tokenizer_named(job.parameters.get("tokenizer", DEFAULT.name))


def parameters_for(session: Session, project_id: int, written: str) -> dict[str, Any]:
    """Return what a job stores of an origin ``written`` as ``choose_origin`` reads it, and of the words to go by.

    Those are the words of the newest run or import of the origin that asked novelty, else of the project.
    """
    origin = choose_origin(session, project_id, written)
    terms = novelty_terms(session, project_id, origin) or novelty_terms(session, project_id, EVERYTHING)
    return asdict(origin) | {"tokenizer": terms[0].tokenizer if terms else DEFAULT.name}


def novelty_terms(session: Session, project_id: int, origin: Origin) -> list[NoveltyThresholds]:
    """Return what novelty was asked by the runs and imports of an origin, newest first, in two queries."""
    runs = select(Run.created_at, Run.thresholds).where(Run.project_id == project_id)
    imports = select(Job.created_at, Job.parameters["thresholds"]).where(
        Job.project_id == project_id, Job.kind == Import.name, was_not_undone()
    )
    if origin.run_id is not None:
        imports, runs = imports.where(false()), runs.where(Run.id == origin.run_id)
    elif origin.import_id is not None:
        imports, runs = imports.where(Job.id == origin.import_id), runs.where(false())
    stored = [*session.execute(runs).all(), *session.execute(imports).all()]
    newest_first = sorted(stored, key=lambda row: row[0], reverse=True)
    return [terms for _, thresholds in newest_first if (terms := novelty_in(thresholds))]


def novelty_in(thresholds: Mapping[str, Any] | None) -> NoveltyThresholds | None:
    """Return what novelty was asked by whoever stored these ``thresholds``; None where it wasn't asked."""
    asked = (thresholds or {}).get(Novelty.name)
    return None if asked is None else NoveltyThresholds.model_validate(asked)


def choose_origin(session: Session, project_id: int, written: str) -> Origin:
    """Return the origin that ``parse_origin`` reads. Raises NotFound where the project has none such."""
    try:
        run_id, import_id = parse_origin(written)
    except InvalidInput as error:
        raise NotFound("There is no such run or import in this project.") from error
    if run_id is not None:
        return Origin(run_id=run_in(session, project_id, run_id).id)
    if import_id is not None:
        return Origin(import_id=job_in(session, project_id, import_id, kind=Import.name).id)
    return EVERYTHING


def origins_in(session: Session, project_id: int) -> list[tuple[str, str]]:
    """Return what can be chosen in a project, newest first: as it is written, and for people."""
    runs = session.scalars(select(Run.id).where(Run.project_id == project_id).order_by(Run.id.desc()).limit(_MOST))
    done = (Job.project_id == project_id, Job.kind == Import.name, Job.state == RunState.DONE)
    imports = session.scalars(select(Job).where(*done).order_by(Job.id.desc()).limit(_MOST))
    here = [job for job in imports if not is_undone(job)]
    return [
        ("", EVERYTHING.label),
        *((f"run-{run_id}", Origin(run_id=run_id).label) for run_id in runs),
        *((f"import-{job.id}", f"{Origin(import_id=job.id).label}: {job.parameters['file']}") for job in here),
    ]
