"""The rubrics, in the order in which they are offered."""

from app.errors import NotFound
from app.rating.rubric import Rubric
from app.rating.rubrics.quality_study import quality_study

RUBRICS: tuple[Rubric, ...] = (quality_study,)


def rubric_named(name: str) -> Rubric:
    """Return the rubric with this name, or raise NotFound."""
    for rubric in RUBRICS:
        if rubric.name == name:
            return rubric
    raise NotFound(f"There is no rubric “{name}”.")


__all__ = ["RUBRICS", "quality_study", "rubric_named"]
