"""A process's copy of a project's pool, kept in step with the database.

Whoever changes the pool holds the project's lock: a run that takes in a round, and every edit of a seed task. So
under that lock, rows with higher ids are all there is to catch up with; edits and retirements are counted in
``projects.pool_changes`` and make the copy be read anew.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import lock
from app.models.candidates import Candidate
from app.models.projects import Project, SeedTask
from app.screening.filters.novelty import Novelty, NoveltyThresholds
from app.screening.pool import Pool
from app.screening.tokenizers import tokenizer_named


class ProjectPool:
    """Seed tasks in use and candidates in the pool of one project. Keys are ``seed:ID`` and ``candidate:ID``."""

    def __init__(self, project_id: int, thresholds: Mapping[str, Any] | None = None) -> None:
        """``thresholds`` as ``parse_thresholds`` returns them: the pool has the words and the limit of novelty."""
        novelty = (thresholds or {}).get(Novelty.name) or NoveltyThresholds()
        self.project_id = project_id
        self._tokenizer, self._threshold = tokenizer_named(novelty.tokenizer), novelty.max_similarity
        self._pool = self._empty()
        self._changes = -1
        self._last_seed = 0
        self._last_candidate = 0

    def locked(self, session: Session) -> Pool:
        """Take the project's lock until the transaction ends and return the pool as it stands."""
        lock(session, Project, self.project_id)
        changes = session.scalar(select(Project.pool_changes).where(Project.id == self.project_id))
        if changes != self._changes:
            self._pool, self._changes, self._last_seed, self._last_candidate = self._empty(), changes or 0, 0, 0
        self._catch_up(session)
        return self._pool

    def forget(self) -> None:
        """Read everything anew next time: what was added may have been rolled back."""
        self._changes = -1

    def _empty(self) -> Pool:
        return Pool(self._tokenizer, self._threshold)

    def _catch_up(self, session: Session) -> None:
        seeds = session.execute(
            select(SeedTask.id, SeedTask.instruction)
            .where(SeedTask.project_id == self.project_id, SeedTask.retired_at.is_(None), SeedTask.id > self._last_seed)
            .order_by(SeedTask.id)
        ).all()
        for seed_task_id, instruction in seeds:
            self._pool.add(seed_key(seed_task_id), instruction)
            self._last_seed = seed_task_id
        candidates = session.execute(
            select(Candidate.id, Candidate.instruction)
            .where(Candidate.project_id == self.project_id, Candidate.in_pool, Candidate.id > self._last_candidate)
            .order_by(Candidate.id)
        ).all()
        for candidate_id, instruction in candidates:
            self._pool.add(candidate_key(candidate_id), instruction)
            self._last_candidate = candidate_id


def seed_key(seed_task_id: int) -> str:
    """Return the pool's key of a seed task."""
    return f"seed:{seed_task_id}"


def candidate_key(candidate_id: int) -> str:
    """Return the pool's key of a candidate."""
    return f"candidate:{candidate_id}"
