"""What a study will take and give, before it is planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.candidates.listing import Filters
from app.models.candidates import Rating
from app.statistics.intervals import half_width
from app.studies.population import count_population

_GUESSED_SECONDS = 20.0
_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Foresight:
    """``matched`` examples can be drawn, ``size`` will be, each with ``items_each`` turns for a rater.

    A share near a half will be known to ``within_even``, one near 90% to ``within_most``, each to both sides.
    ``ratings`` are needed, ``each`` by every one of ``people``, who take ``seconds`` for one; ``is_guess`` where nobody
    has rated here yet.
    """

    matched: int
    size: int
    items_each: int
    within_even: float
    within_most: float
    ratings: int
    people: int
    each: int
    seconds: float
    is_guess: bool

    @property
    def minutes(self) -> int:
        """The time that each person needs, in minutes, rounded up."""
        return ceil(self.each * self.seconds / 60)


def foresee(
    session: Session,
    project_id: int,
    population: Filters,
    size: int,
    overlap: int,
    people: int,
    contenders: Sequence[str] = (),
    items_each: int = 1,
) -> Foresight:
    """Look ahead at a study of ``size`` examples, each rated by ``overlap`` of ``people``; where answers of
    ``contenders`` are judged, in ``items_each`` turns."""
    matched = count_population(session, project_id, population, contenders)
    drawn = min(size, matched)
    seconds = _usual_seconds(session, project_id)
    ratings, raters = drawn * items_each * overlap, max(people, overlap, 1)
    return Foresight(
        matched,
        drawn,
        items_each,
        half_width(drawn) if drawn else 0.5,
        half_width(drawn, 0.9) if drawn else 0.5,
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
