"""What a sample is drawn from: the kept candidates that a filter finds, and those whose answers are known."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.candidates.listing import Filters, narrow
from app.generation.pipelines import PIPELINES
from app.models.candidates import Candidate, Outcome, Rating
from app.models.generation import Run
from app.studies.contenders import have_answered
from app.studies.sampling import Unit
from app.text import comparable

_KIND = {True: "classification", False: "not classification", None: "kind unknown"}


def population_of(filters: Filters) -> Filters:
    """Return ``filters`` for what can be rated: only kept candidates."""
    return filters.model_copy(update={"outcome": Outcome.KEPT.value})


def count_population(session: Session, project_id: int, filters: Filters, contenders: Sequence[str] = ()) -> int:
    """Return how many candidates can be drawn; where there are ``contenders``, of those that all of them answered."""
    found = narrow(select(Candidate), project_id, population_of(filters)).where(*have_answered(contenders))
    return session.scalar(found.with_only_columns(func.count())) or 0


def units_of(session: Session, project_id: int, filters: Filters, contenders: Sequence[str] = ()) -> list[Unit]:
    """Return all that can be drawn, by their number; where there are ``contenders``, of what all of them answered."""
    labels = {each.name: each.label for each in PIPELINES}
    made_by = dict(session.execute(select(Run.id, Run.pipeline).where(Run.project_id == project_id)).all())
    found = narrow(select(Candidate), project_id, population_of(filters)).where(*have_answered(contenders))
    length = func.length(Candidate.instruction) + func.length(Candidate.input) + func.length(Candidate.output)
    rows = session.execute(
        found.order_by(Candidate.id).with_only_columns(
            Candidate.id,
            Candidate.version,
            Candidate.instruction,
            length,
            Candidate.run_id,
            Candidate.import_id,
            Candidate.is_classification,
        )
    )
    return [
        Unit(
            candidate_id,
            version,
            comparable(instruction),
            characters,
            {
                "pipeline": labels.get(made_by.get(run_id, ""), "imported"),
                "run": f"run {run_id}" if run_id else f"import {import_id}" if import_id else "neither",
                "classification": _KIND[is_classification],
            },
        )
        for candidate_id, version, instruction, characters, run_id, import_id, is_classification in rows
    ]


def known_answers(
    session: Session, project_id: int, rubric: str, rubric_version: int, person_id: int
) -> dict[int, Any]:
    """Return what somebody answered outside of studies about the present version of kept candidates, by candidate."""
    rows = session.execute(
        select(Candidate.id, Rating.answers)
        .join(Rating, Rating.candidate_id == Candidate.id)
        .where(
            Candidate.project_id == project_id,
            Candidate.outcome == Outcome.KEPT,
            Rating.annotator_id == person_id,
            Rating.candidate_version == Candidate.version,
            Rating.rubric == rubric,
            Rating.rubric_version == rubric_version,
            Rating.assignment_id.is_(None),
            Rating.replaced_at.is_(None),
            ~Rating.skipped,
        )
        .order_by(Candidate.id)
    )
    return {row[0]: row[1] for row in rows}
