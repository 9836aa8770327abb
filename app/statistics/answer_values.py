"""What the answers of a file are: texts, or numbers however they are written. Pure."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.errors import InvalidInput, Problems
from app.statistics.level import Level
from app.text import tidy

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_WITH_COMMA = re.compile(r"[+-]?[0-9]+(,[0-9]+)?")
# What files write where nothing was answered, beside nothing.
_OFTEN_MISSING = frozenset({"na", "n/a", "nan", "null", "none", "#n/a", "-"})


def order_of(scale: str, level: Level) -> list[str]:
    """Return the names of a scale, lowest first; none where it is empty. Raises InvalidInput for one that is none."""
    order = [tidy(name).strip() for name in scale.split(",")] if scale.strip() else []
    if order and level is not Level.ORDINAL:
        raise InvalidInput("--scale names the order of answers and goes with --level ordinal.")
    if len(set(_numbers(order) or order)) < len(order) or "" in order:
        raise InvalidInput("--scale must name each answer once, lowest first, such as bad,fair,good.")
    return order


def values_of(
    answers: Sequence[tuple[int, str]], level: Level, order: Sequence[str], problems: Problems
) -> tuple[list[Any], Sequence[Any] | None]:
    """Return the answers, each with its line, as values that ``level`` can go by, and all values of the scale if named.

    1 and 1.0 are one value where all answers are numbers; a decimal comma is one where no answer has a decimal point.
    """
    texts = [answer for _, answer in answers]
    numbers = _numbers(texts)
    if order:
        ranks = _numbers(order) if numbers is not None else None
        values, scale = (texts, order) if ranks is None or numbers is None else (numbers, ranks)
        for (line, answer), value in zip(answers, values, strict=True):
            if value not in scale:
                problems.add(line, f"“{answer}” is not on the scale {', '.join(order)}.")
        return list(values), scale
    if level is Level.NOMINAL:
        return list(texts if numbers is None else numbers), None
    if level is Level.ORDINAL and all(len(text) == 1 and text.isalpha() for text in texts):
        return list(texts), None
    if numbers is None:
        _refuse_texts(answers, level, problems)
        return list(texts), None
    return [float(number) for number in numbers], None


def often_missing(answers: Sequence[str]) -> list[str]:
    """Return the answers that may mean that there is none."""
    return sorted({answer for answer in answers if answer.casefold() in _OFTEN_MISSING})


def _numbers(texts: Sequence[str]) -> list[Decimal] | None:
    """Return what all texts are as numbers, None where one is none."""
    if all(_NUMBER.fullmatch(text) for text in texts):
        return [Decimal(text) for text in texts]
    if all(_WITH_COMMA.fullmatch(text) for text in texts):
        return [Decimal(text.replace(",", ".")) for text in texts]
    return None


def _refuse_texts(answers: Sequence[tuple[int, str]], level: Level, problems: Problems) -> None:
    has_points = any(_NUMBER.fullmatch(answer) and not answer.isdigit() for _, answer in answers)
    for line, answer in answers:
        if _NUMBER.fullmatch(answer) or (not has_points and _WITH_COMMA.fullmatch(answer)):
            continue
        remedy = " Name the order of the answers with --scale." if level is Level.ORDINAL else ""
        if often_missing([answer]):
            remedy = f" If it means that there is no answer: --missing {answer}"
        problems.add(line, f"“{answer}” is not a number.{remedy}")
