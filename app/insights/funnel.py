"""The funnel of a project: proposed, kept, rated, approved, released."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, literal, select, true, union_all
from sqlalchemy.orm import Session

from app.models.candidates import Candidate, Outcome, is_approved, is_rated
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
    stages = {"proposed": true(), "kept": kept, "rated": kept & is_rated(), "approved": kept & is_approved()}
    # Each is counted for itself: as conditions of one count, Postgres asks those of ratings and decisions row by row.
    counts = [
        select(Candidate.project_id, literal(stage), func.count())
        .where(Candidate.project_id.in_(project_ids), which)
        .group_by(Candidate.project_id)
        for stage, which in stages.items()
    ]
    counted: dict[int, dict[str, int]] = {}
    for project_id, stage, count in session.execute(union_all(*counts)):
        counted.setdefault(project_id, {})[stage] = count
    newest = select(func.max(Release.id)).where(Release.project_id.in_(project_ids)).group_by(Release.project_id)
    released = dict(session.execute(select(Release.project_id, Release.examples).where(Release.id.in_(newest))).all())
    return {each: Funnel(**counted.get(each, {}), released=released.get(each, 0)) for each in project_ids}
