"""How far an annotator is outside of studies."""

from dataclasses import dataclass, replace

from sqlalchemy import BindParameter, ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from app.models.candidates import Candidate, Outcome, Rating
from app.rating.compared import has_answers

_kept = aliased(Candidate)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one annotator is: what they rated and skipped, and what is left for them."""

    rated: int
    skipped: int
    left: int

    @property
    def share(self) -> float:
        """The share that is done, 0 to 1."""
        done = self.rated + self.skipped
        return done / (done + self.left) if done + self.left else 1.0

    @classmethod
    def of(cls, rated: int, skipped: int, current: int, kept: int) -> "Progress":
        """Return the progress of whoever has rated and skipped so much, ``current`` of it in the present version."""
        return cls(rated, skipped, max(0, kept - current))

    def asked_for(self, number: int | None) -> "Progress":
        """Return the progress of whoever is asked for a ``number`` of ratings and no more; None: for all there are."""
        return self if number is None else replace(self, left=min(self.left, max(0, number - self.rated)))


def progress_columns(
    project_id: int | BindParameter[int], annotator_id: int | BindParameter[int], *, compares: bool
) -> Select[int, int, int, int]:
    """Return the query of one row of what ``Progress.of`` takes. ``compares``: see ``can_be_asked``."""
    kept = select(func.count()).where(_kept.project_id == project_id, *can_be_asked(_kept, compares=compares))
    return (
        select(
            func.count().filter(~Rating.skipped).label("rated"),
            func.count().filter(Rating.skipped).label("skipped"),
            func.count().filter(Rating.candidate_version == Candidate.version).label("current"),
            kept.scalar_subquery().label("kept"),
        )
        .join(Candidate, Candidate.id == Rating.candidate_id)
        .where(
            Rating.annotator_id == annotator_id,
            Rating.project_id == project_id,
            Rating.replaced_at.is_(None),
            Rating.assignment_id.is_(None),
        )
    )


def can_be_asked(candidate: type[Candidate], *, compares: bool) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that rows of ``candidate`` are kept and, where a rubric ``compares``, have answers."""
    kept = candidate.outcome == Outcome.KEPT
    return (kept, has_answers(candidate)) if compares else (kept,)
