"""The funnel of a project: proposed, kept, rated, approved, released."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.candidates import Candidate, Outcome, Rating, is_approved
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
    rated = (
        select(Rating.id)
        .where(Rating.candidate_id == Candidate.id, Rating.replaced_at.is_(None), ~Rating.skipped)
        .exists()
    )
    rows = session.execute(
        select(
            Candidate.project_id,
            func.count(),
            func.count().filter(kept),
            func.count().filter(kept, rated),
            func.count().filter(kept, is_approved()),
        )
        .where(Candidate.project_id.in_(project_ids))
        .group_by(Candidate.project_id)
    )
    newest = select(func.max(Release.id)).where(Release.project_id.in_(project_ids)).group_by(Release.project_id)
    released = dict(session.execute(select(Release.project_id, Release.examples).where(Release.id.in_(newest))).all())
    counted = {project_id: (proposed, kept, rated, approved) for project_id, proposed, kept, rated, approved in rows}
    return {each: Funnel(*counted.get(each, (0, 0, 0, 0)), released.get(each, 0)) for each in project_ids}
