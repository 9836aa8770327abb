"""Workers: who carries out runs and jobs, how much, and whether they are still there."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.carrying import DEAD_AFTER, worker_of
from app.models.base import now
from app.models.generation import Call, CallOutcome, Run, RunState, Worker
from app.models.jobs import Job
from app.models.projects import Project

_MINUTE = timedelta(minutes=1)
# No call takes longer, whatever its deadline is set to.
_LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Load:
    """A worker and what it has in hand. ``carried`` names runs and jobs: “Run 3 of Rivers”.

    ``calls_in_flight`` and ``calls_a_minute``, those sent in the last one, are of what it took up last.
    """

    worker: Worker
    is_alive: bool
    carried: Sequence[str]
    calls_in_flight: int
    calls_a_minute: int


@dataclass(frozen=True, slots=True)
class Workforce:
    """All workers, the living first, and how many runs and jobs wait for one."""

    loads: Sequence[Load]
    waiting: int

    @property
    def is_anybody_there(self) -> bool:
        """Whether what is queued will be carried out."""
        return any(load.is_alive for load in self.loads)


def workforce(session: Session) -> Workforce:
    """Return all workers with their load, in eight queries."""
    carried = _carried(session)
    in_flight = _count_calls(session, Call.outcome == CallOutcome.IN_FLIGHT)
    sent = _count_calls(session, Call.sent_at > now() - _MINUTE)
    loads = [
        Load(
            worker,
            worker.seen_at > now() - DEAD_AFTER,
            carried.get(worker.id, []),
            in_flight[worker.id],
            sent[worker.id],
        )
        for worker in session.scalars(select(Worker).order_by(Worker.started_at, Worker.id))
    ]
    return Workforce(sorted(loads, key=lambda load: not load.is_alive), _waiting(session))


def _carried(session: Session) -> dict[str, list[str]]:
    """Return what is being carried out, by worker."""
    found: dict[str, list[str]] = {}
    for entity in (Run, Job):
        rows = session.execute(
            select(entity.carrier, entity.id, Project.name)
            .join(Project, Project.id == entity.project_id)
            .where(entity.state == RunState.RUNNING)
            .order_by(entity.id)
        )
        for carrier, number, project in rows:
            found.setdefault(worker_of(carrier), []).append(f"{entity.noun.capitalize()} {number} of {project}")
    return found


def _count_calls(session: Session, which: ColumnElement[bool]) -> Counter[str]:
    """Return how many calls there are, by worker; of what ended long ago none, for the calls of all times are many."""
    counts: Counter[str] = Counter()
    for entity, is_its_own in ((Run, Call.run_id == Run.id), (Job, Call.job_id == Job.id)):
        is_recent = entity.ended_at.is_(None) | (entity.ended_at > now() - _MINUTE)
        # By project and moment there is an index. A count for each row makes sure that it is used.
        of_late = (Call.project_id == entity.project_id) & (Call.sent_at > now() - _LONGEST)
        calls = select(func.count()).where(is_its_own, of_late, which).correlate(entity).scalar_subquery()
        for carrier, count in session.execute(select(entity.carrier, calls).where(is_recent)):
            counts[worker_of(carrier)] += count
    return counts


def _waiting(session: Session) -> int:
    runs, jobs = (select(func.count()).where(each.state == RunState.QUEUED).scalar_subquery() for each in (Run, Job))
    return int(session.scalar(select(runs + jobs)) or 0)
