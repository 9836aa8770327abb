"""What holds for each example of a sample, once: a curator's decision, else what most of its raters say. Pure.

This is where one more opinion on what two differ on counts. The shares of the report leave it out: it is asked for on
such examples alone, so it would pull them down.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.rating.rubric import Question, Rubric
from app.statistics.resampling import share_over_items
from app.studies.reports.figures import figure
from app.studies.reports.said import Decided, Said

Decisions = Mapping[tuple[int, str], Decided]


def fine_by_example(
    questions: Sequence[Question], items: Mapping[int, Sequence[Said]], decided: Decisions
) -> dict[str, Any] | None:
    """Return the share of examples on which all of ``questions`` find nothing wrong; an even split is half an example.

    ``items`` are those of ``by_item``. None where no example has more than one answer or a decision.
    """
    if not decided and max(map(len, items.values()), default=0) < 2:
        return None
    found = [min(each) for item, those in items.items() if (each := _fine(questions, item, those, decided))]
    is_even = any(each == 0.5 for each in found)
    parts = 2 if is_even else 1
    share = share_over_items([round(parts * each) for each in found], [parts] * len(found))
    return figure(share) | {"count": sum(found) if is_even else round(sum(found)), "of": len(found)}


def checks_of(rubric: Rubric) -> list[Question]:
    """Return the questions of a rubric that can say that something is fine."""
    return [question for question in rubric.questions if question.valid]


def _fine(questions: Sequence[Question], item: int, said: Sequence[Said], decided: Decisions) -> list[float]:
    """Return for each question that was asked about an item whether it is fine: 1, 0, or 0.5 where raters are even."""
    found = []
    for question in questions:
        votes = [bool(question.is_valid(each.answers[question.name])) for each in said if question.name in each.answers]
        if (one := decided.get((item, question.name))) is not None:
            votes = [bool(question.is_valid(one.answer))]
        if votes:
            yes = sum(votes) / len(votes)
            found.append(0.5 if yes == 0.5 else float(yes > 0.5))
    return found
