"""What if the limit on similarity were different: the admission of a project or a run, replayed in its original order.

Texts are those that were proposed, whatever was edited since; seed tasks join when they were added and leave when they
were retired, in their present words. A run that is replayed alone meets what all others kept in reality. Where an
example came whole and was too similar, the filters that would have come after novelty are asked now.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from operator import itemgetter
from typing import Any

from sqlalchemy import Row, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.generation.workflow import terms_of
from app.imports.importing import Import
from app.jobs import Finding, Task, start_job
from app.models.candidates import Candidate, CandidateVersion, Outcome
from app.models.generation import Run
from app.models.jobs import Job
from app.models.novelty import ReplayedCandidate
from app.models.projects import SeedTask
from app.origins import EVERYTHING, Origin, origin_of, parameters_for, tokenizer_of
from app.screening.filter import Draft
from app.screening.pool import Pool
from app.screening.replay import ALL, LIMITS, Ask, Join, Leave, Step, replay
from app.screening.screen import parse_thresholds, screen_instance

_NOVELTY = "novelty"
_AT_ONCE = 2_000

_Timed = tuple[dt.datetime, Step]


@dataclass(frozen=True, slots=True)
class Counted:
    """An example that the table counts: kept in reality, or too similar in reality.

    ``asked`` is the key of the ``Ask`` that decides on it, None where its instruction was let in whatever the limit.
    """

    candidate_id: int
    asked: int | None
    was_kept: bool


@dataclass(frozen=True, slots=True)
class History:
    """What happened to the pool, in order, and the examples that are counted."""

    steps: Sequence[Step]
    counted: Sequence[Counted]


def history_of(session: Session, project_id: int, origin: Origin = EVERYTHING) -> History:
    """Return what a replay of a project, or of what came from ``origin``, is made of."""
    is_rejected_anyway = _Later(session, project_id).objects_to
    rows = [row for row in session.execute(_rows(project_id, origin)) if not is_rejected_anyway(row)]
    steps = merge(_seed_steps(session, project_id), _candidate_steps(rows), key=itemgetter(0))
    return History([step for _, step in steps], _counted(rows))


def rows_of(history: History, masks: Mapping[Any, int]) -> list[dict[str, Any]]:
    """Return what ``screening.replay`` found out about ``history``, a row for each example that is counted."""
    return [
        {
            "candidate_id": each.candidate_id,
            "was_kept": each.was_kept,
            "kept_at": ALL if each.asked is None else masks[each.asked],
        }
        for each in history.counted
    ]


class Replay(Finding):
    name = "replay"
    label = "Replay at other limits"
    table = ReplayedCandidate

    def carry_out(self, task: Task) -> None:
        """Replay at every limit."""
        with task.database.reading() as session:
            history = history_of(session, task.project_id, origin_of(task))
        found = rows_of(history, replay(history.steps, tokenizer_of(task), task.progress))
        with task.writing() as session:
            self.store(session, task.project_id, task.job_id, found)
            task.finish(session, {}, f"{len(history.counted):,} examples replayed at {len(LIMITS)} limits.")


REPLAY = Replay()


def start_replay(session: Session, project_id: int, origin: str, actor_id: int) -> Job:
    """Queue a replay of a project, or of an ``origin`` as ``choose_origin`` reads it."""
    return start_job(session, project_id, REPLAY, parameters_for(session, project_id, origin), actor_id)


class _Later:
    """The filters after novelty, as the runs and the imports of a project asked them."""

    def __init__(self, session: Session, project_id: int) -> None:
        runs = session.scalars(select(Run).where(Run.project_id == project_id))
        self._terms = {run.id: terms_of(session, run) for run in runs}
        imports = session.scalars(select(Job).where(Job.project_id == project_id, Job.kind == Import.name))
        self._of_imports = {job.id: parse_thresholds(job.parameters["thresholds"] or {}) for job in imports}

    def objects_to(self, row: Row[Any]) -> bool:
        """Whether an instruction that was too similar would have been rejected after that, as far as can be known."""
        if row.rejected_by != _NOVELTY:
            return False
        if row.run_id is None:
            return _objects(row, self._of_imports.get(row.import_id, {}))
        terms = self._terms[row.run_id]
        return not terms.pipeline.asks_on and _objects(row, terms.thresholds)


def _objects(row: Row[Any], thresholds: Mapping[str, Any]) -> bool:
    draft = Draft(row.instruction, row.input, row.output, siblings=((row.input, row.output),))
    return not screen_instance(draft, thresholds, Pool()).kept


def _rows(project_id: int, origin: Origin) -> Select[*tuple[Any, ...]]:
    """Light rows of all candidates that matter, in the order in which they were screened."""
    is_replayed = origin.includes()
    is_too_similar = Candidate.rejected_by == _NOVELTY
    first = and_(CandidateVersion.candidate_id == Candidate.id, CandidateVersion.version == 1)
    return (
        select(
            Candidate.id,
            Candidate.created_at,
            Candidate.run_id,
            Candidate.import_id,
            Candidate.round,
            Candidate.position,
            Candidate.instance,
            func.coalesce(CandidateVersion.instruction, Candidate.instruction).label("instruction"),
            case((is_too_similar, Candidate.input), else_="").label("input"),
            case((is_too_similar, Candidate.output), else_="").label("output"),
            (Candidate.outcome == Outcome.KEPT).label("was_kept"),
            Candidate.rejected_by,
            Candidate.in_pool,
            is_replayed.label("is_replayed"),
            and_(is_replayed, Candidate.similarity.is_not(None)).label("is_asked"),
        )
        .outerjoin(CandidateVersion, first)
        .where(Candidate.project_id == project_id)
        .where(or_(Candidate.in_pool, and_(is_replayed, or_(is_too_similar, Candidate.outcome == Outcome.KEPT))))
        .order_by(Candidate.id)
        .execution_options(yield_per=_AT_ONCE)
    )


def _candidate_steps(rows: Sequence[Row[Any]]) -> Iterator[_Timed]:
    for row in rows:
        if row.instance == 0 and row.is_asked:
            yield row.created_at, Ask(row.id, row.instruction, joins=row.in_pool or row.rejected_by == _NOVELTY)
        elif row.in_pool:
            yield row.created_at, Join(row.id, row.instruction)


def _seed_steps(session: Session, project_id: int) -> list[_Timed]:
    seeds = session.execute(
        select(SeedTask.id, SeedTask.instruction, SeedTask.created_at, SeedTask.retired_at)
        .where(SeedTask.project_id == project_id)
        .order_by(SeedTask.id)
    ).all()
    added: list[_Timed] = [(seed.created_at, Join(f"seed:{seed.id}", seed.instruction)) for seed in seeds]
    retired: list[_Timed] = [(seed.retired_at, Leave(f"seed:{seed.id}")) for seed in seeds if seed.retired_at]
    return sorted(added + retired, key=itemgetter(0))


def _counted(rows: Sequence[Row[Any]]) -> list[Counted]:
    """Instances of one instruction stand or fall together: the first of them was asked."""
    asked = {_place(row): row.id for row in rows if row.instance == 0 and row.is_asked}
    return [
        Counted(row.id, asked.get(_place(row)), row.was_kept)
        for row in rows
        if row.is_replayed and (row.was_kept or row.rejected_by == _NOVELTY)
    ]


def _place(row: Row[Any]) -> tuple[int, int, int]:
    """Where an instruction was proposed; what came in no run is alone in its place."""
    return (row.run_id, row.round, row.position) if row.run_id is not None else (-1, row.id, 0)
