"""Screening what an import brings: each example in the order of the file, as if it had been proposed."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from sqlalchemy import func, select, update
from sqlalchemy.orm import defer

from app.jobs import Task
from app.models.candidates import Outcome
from app.models.imports import Arrival
from app.pool import ProjectPool, novelty_of
from app.screening.filter import Draft
from app.screening.pool import Pool
from app.screening.screen import screen_instance, screen_instruction

# Whoever else wants to write waits for no longer than about this.
_SECONDS_AT_ONCE = 0.2
_BATCH, _MOST_AT_ONCE = 200, 2_000_000


def screen_arrivals(task: Task, thresholds: Mapping[str, BaseModel]) -> None:
    """Ask the filters about every arrival that they weren't asked about, many in one transaction.

    What was kept before, in the project and of this import, is what the next one must differ from.
    """
    project_pool = ProjectPool(task.project_id, novelty_of(thresholds), import_id=task.job_id)
    done, total = _progress(task)
    while arrivals := _next(task):
        with task.writing() as session:
            pool = project_pool.locked(session)
            rows = list(_screen(arrivals, thresholds, pool))
            session.execute(update(Arrival), rows)
        done += len(rows)
        task.progress(done, total)


def _screen(arrivals: Sequence[Arrival], thresholds: Mapping[str, BaseModel], pool: Pool) -> Iterator[dict[str, Any]]:
    ends = time.monotonic() + _SECONDS_AT_ONCE
    for arrival in arrivals:
        row = _screened(arrival, thresholds, pool)
        if row["outcome"] is Outcome.KEPT:
            pool.add(f"import:{arrival.import_id}:{arrival.position}", arrival.instruction)
        yield row
        if time.monotonic() > ends:
            return


def _screened(arrival: Arrival, thresholds: Mapping[str, BaseModel], pool: Pool) -> dict[str, Any]:
    draft = Draft(arrival.instruction, arrival.input, arrival.output)
    verdict = screen_instruction(draft, thresholds, pool)
    comparison = verdict.comparison
    evidence = comparison.evidence() if comparison else {}
    if verdict.kept:
        verdict = screen_instance(draft, thresholds, pool)
    objection = verdict.objection
    return {
        "id": arrival.id,
        "outcome": Outcome.KEPT if verdict.kept else Outcome.REJECTED,
        "rejected_by": verdict.filter,
        "reason": objection.sentence if objection else "",
        "evidence": evidence | (objection.evidence if objection else {}),
        "similarity": comparison.similarity if comparison else None,
    }


def _progress(task: Task) -> tuple[int, int]:
    with task.database.reading() as session:
        counted = select(func.count(Arrival.outcome), func.count()).where(Arrival.import_id == task.job_id)
        done, total = session.execute(counted).one()
        return done, total


def _next(task: Task) -> Sequence[Arrival]:
    """Return the next to be screened, many but never much: a few may be as large as many."""
    waits = Arrival.import_id == task.job_id, Arrival.outcome.is_(None)
    size = func.length(Arrival.instruction) + func.length(Arrival.input) + func.length(Arrival.output)
    with task.database.reading() as session:
        sizes = session.execute(select(Arrival.position, size).where(*waits).order_by(Arrival.position).limit(_BATCH))
        last, total = -1, 0
        for position, characters in sizes:
            total += characters
            if last >= 0 and total > _MOST_AT_ONCE:
                break
            last = position
        return session.scalars(
            select(Arrival)
            .options(defer(Arrival.metadata_))
            .where(*waits, Arrival.position <= last)
            .order_by(Arrival.position)
        ).all()
