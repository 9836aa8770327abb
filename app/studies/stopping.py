"""When a study stops: a plan that is fixed before the first rating.

It ends when every example has its ratings or, before that, as soon as a question is known well enough. The interval
that says so holds at every look, see ``sequential.py``.
"""

from dataclasses import dataclass
from typing import Any

from app.errors import InvalidInput
from app.rating.rubric import Rubric
from app.statistics.sequential import Plan

ALL = "all"
HALF_WIDTH = "half_width"
TARGET = "target"
STOPS = {
    ALL: "When every example has its ratings",
    HALF_WIDTH: "As soon as the share is known within so many points",
    TARGET: "As soon as it is clear on which side of a share it lies",
}
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class StoppingForm:
    """What a curator chooses, as it is typed.

    ``points`` is half a width or a share, in percent, ``question`` the one that it is about. ``third``: where two
    people differ, one more is asked.
    """

    stop: str = ALL
    points: str = ""
    question: str = ""
    third: bool = False


def parse_plan(form: StoppingForm, rubric: Rubric) -> dict[str, Any]:
    """Return the plan as it is stored: ``stop``, ``third`` and, where it may stop early, ``question`` and ``share``.

    Raises InvalidInput with the field named.
    """
    if form.stop not in STOPS:
        raise InvalidInput("Choose when the study stops.", field="stop")
    plan: dict[str, Any] = {"stop": form.stop, "third": form.third}
    if form.stop == ALL:
        return plan
    if form.question not in {question.name for question in rubric.questions if question.valid}:
        raise InvalidInput("Choose the question that the study may stop for.", field="question")
    most = 50 if form.stop == HALF_WIDTH else 100
    return plan | {"question": form.question, "share": _share(form.points, most), "confidence": CONFIDENCE}


def _share(typed: str, most: int) -> float:
    try:
        points = float(typed.strip().rstrip("%").replace(",", "."))
    except ValueError:
        points = 0.0
    if not 0 < points < most:
        raise InvalidInput(f"Say how many percent, between 0 and {most}.", field="points")
    return points / 100


def rule_of(plan: dict[str, Any], at_most: int) -> Plan | None:
    """Return a stored plan as the rule of ``sequential.py``, over at most so many items; None where it can't stop
    early."""
    if plan["stop"] == ALL:
        return None
    if plan["stop"] == HALF_WIDTH:
        return Plan(at_most, half_width=plan["share"], confidence=plan["confidence"])
    return Plan(at_most, target=plan["share"], confidence=plan["confidence"])


def tell_plan(plan: dict[str, Any], rubric: Rubric) -> str:
    """Return the plan in a sentence for people."""
    third = " Where two people differ, one more is asked." if plan["third"] else ""
    if plan["stop"] == ALL:
        return f"It ends when every example has its ratings.{third}"
    label = next((each.label for each in rubric.questions if each.name == plan["question"]), plan["question"])
    points = f"{100 * plan['share']:g}"
    if plan["stop"] == HALF_WIDTH:
        said = f"It stops as soon as the answer to “{label}” is known within ± {points} points"
    else:
        said = f"It stops as soon as it is clear whether “{label}” is above or below {points}%"
    return f"{said}, by an interval that holds at every look; at the latest when every example has its ratings.{third}"
