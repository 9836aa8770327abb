"""Texts that a project has already, for a run that finds instructions for them."""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.generation.pipelines.back_generation import pasted_from
from app.models.candidates import Candidate, Outcome
from app.models.projects import SeedInstance, SeedTask

SOURCES = {"seeds": "outputs of seed tasks", "kept": "outputs of kept examples"}

# A label or a number says too little to find an instruction for.
_FEWEST_WORDS = 8
_MOST_TEXTS = 2_000


def given_texts(session: Session, project_id: int, source: str) -> str:
    """Return the outputs of one of ``SOURCES`` as they would be pasted, each once, oldest first, as many as fit.

    Nothing for any other source.
    """
    if source not in SOURCES:
        return ""
    outputs = session.scalars(_query(project_id, source).limit(_MOST_TEXTS))
    return pasted_from(output for output in outputs if len(output.split()) >= _FEWEST_WORDS)


def _query(project_id: int, source: str) -> Select[str]:
    if source == "kept":
        kept = (Candidate.project_id == project_id, Candidate.outcome == Outcome.KEPT)
        return select(Candidate.output).where(*kept).group_by(Candidate.output).order_by(func.min(Candidate.id))
    in_use = (SeedTask.project_id == project_id, SeedTask.retired_at.is_(None))
    join = select(SeedInstance.output).join(SeedTask, SeedTask.id == SeedInstance.seed_task_id).where(*in_use)
    return join.group_by(SeedInstance.output).order_by(func.min(SeedInstance.id))
