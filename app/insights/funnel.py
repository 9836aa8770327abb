"""The funnel of a project: proposed, kept, rated, approved, released."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import Session

from app.models.candidates import Candidate, Outcome, is_approved, is_rated
from app.models.projects import Project
from app.models.releases import Release


@dataclass(frozen=True, slots=True)
class Funnel:
    """Each number counts examples; ``released`` those of the newest release."""

    proposed: int = 0
    kept: int = 0
    rated: int = 0
    approved: int = 0
    released: int = 0

    def stages(self) -> list[tuple[str, int]]:
        """Return the stages in order with their labels."""
        return [
            ("Proposed", self.proposed),
            ("Kept", self.kept),
            ("Rated", self.rated),
            ("Approved", self.approved),
            ("Released", self.released),
        ]


def funnels_of(session: Session, project_ids: Sequence[int]) -> dict[int, Funnel]:
    """Return the funnel of each project, in two queries for all of them."""
    kept = Candidate.outcome == Outcome.KEPT
    # Each is counted for itself: as conditions of one count, Postgres asks those of ratings and decisions row by row.
    stages = [_count(), _count(kept), _count(kept, is_rated()), _count(kept, is_approved())]
    counted = session.execute(select(Project.id, *stages).where(Project.id.in_(project_ids)))
    counts = {project_id: Funnel(*stages) for project_id, *stages in counted}
    newest = select(func.max(Release.id)).where(Release.project_id.in_(project_ids)).group_by(Release.project_id)
    released = dict(session.execute(select(Release.project_id, Release.examples).where(Release.id.in_(newest))).all())
    return {each: replace(counts.get(each, Funnel()), released=released.get(each, 0)) for each in project_ids}


def _count(*which: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).where(Candidate.project_id == Project.id, *which).correlate(Project).scalar_subquery()
