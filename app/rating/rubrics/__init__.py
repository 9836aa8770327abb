"""The rubrics, in the order in which they are offered."""

from app.errors import NotFound
from app.rating.rubric import Rubric
from app.rating.rubrics.four_levels import four_levels
from app.rating.rubrics.helpful_honest_harmless import helpful_honest_harmless
from app.rating.rubrics.one_to_ten import one_to_ten
from app.rating.rubrics.pairwise_comparison import pairwise_comparison
from app.rating.rubrics.quality_study import quality_study
from app.rating.rubrics.ranked_answers import ranked_answers

RUBRICS: tuple[Rubric, ...] = (
    quality_study,
    four_levels,
    one_to_ten,
    helpful_honest_harmless,
    pairwise_comparison,
    ranked_answers,
)


def rubric_named(name: str) -> Rubric:
    """Return the rubric with this name, or raise NotFound."""
    for rubric in RUBRICS:
        if rubric.name == name:
            return rubric
    raise NotFound(f"There is no rubric “{name}”.")


__all__ = ["RUBRICS", "quality_study", "rubric_named"]
