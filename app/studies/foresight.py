"""What a study will take and give, before it is planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.candidates.listing import Filters
from app.models.candidates import Rating
from app.statistics.intervals import half_width
from app.statistics.sequential import items_needed
from app.studies.population import count_population
from app.studies.stopping import rule_of

_GUESSED_SECONDS = 20.0
_LOOKED_AT = 200
_MOST = 0.9


@dataclass(frozen=True, slots=True)
class Foresight:
    """``matched`` examples can be drawn, ``size`` will be, each with ``items_each`` turns for a rater.

    A share near a half will be known to ``within_even``, one near 90% to ``within_most``, each to both sides.
    Where it may stop early it likely does after so many examples: ``enough``, for such shares. ``ratings`` are needed,
    ``each`` by every one of ``people``, who take ``seconds`` for one; ``is_guess`` where nobody has rated here yet.
    """

    matched: int
    size: int
    items_each: int
    within_even: float
    within_most: float
    enough: tuple[int, int] | None
    ratings: int
    people: int
    each: int
    seconds: float
    is_guess: bool

    @property
    def minutes(self) -> int:
        """The time that each person needs, in minutes, rounded up."""
        return ceil(self.each * self.seconds / 60)


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of a study while it is planned: ``size`` examples, each rated by ``overlap`` of ``people``; where
    answers of ``contenders`` are judged, in ``items_each`` turns. ``plan`` says when it stops, None: at the end."""

    population: Filters
    size: int
    overlap: int = 1
    people: int = 1
    contenders: Sequence[str] = ()
    items_each: int = 1
    plan: dict[str, Any] | None = None


def foresee(session: Session, project_id: int, outline: Outline) -> Foresight:
    """Look ahead at a study."""
    matched = count_population(session, project_id, outline.population, outline.contenders)
    drawn = min(outline.size, matched)
    seconds = _usual_seconds(session, project_id)
    rule = rule_of(outline.plan, drawn) if outline.plan and drawn else None
    ratings, raters = drawn * outline.items_each * outline.overlap, max(outline.people, outline.overlap, 1)
    return Foresight(
        matched,
        drawn,
        outline.items_each,
        half_width(drawn) if drawn else 0.5,
        half_width(drawn, _MOST) if drawn else 0.5,
        None if rule is None else (items_needed(rule, 0.5), items_needed(rule, _MOST)),
        ratings,
        raters,
        ceil(ratings / raters),
        seconds or _GUESSED_SECONDS,
        seconds is None,
    )


def _usual_seconds(session: Session, project_id: int) -> float | None:
    """Return the median time of the newest ratings of a project, None where there is none."""
    found = session.scalars(
        select(Rating.seconds)
        .where(Rating.project_id == project_id, Rating.seconds.is_not(None), ~Rating.skipped)
        .order_by(Rating.id.desc())
        .limit(_LOOKED_AT)
    ).all()
    return median(each for each in found if each is not None) if found else None
