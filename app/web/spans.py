"""Estimates as people say them: few digits, and from where to where."""

from collections.abc import Callable
from math import floor, isinf, log10

from app.amounts import format_cost
from app.generation.estimate import Range

_UNITS = ((1_000_000_000, "bn"), (1_000_000, "M"))
_TIMES = ((172_800, 86_400, "days"), (5_400, 3_600, "h"), (90, 60, "min"))


def rough(number: float) -> str:
    """Return a number in two digits: 620, 1,200, 1.2 M."""
    rounded = _two_digits(number)
    for size, unit in _UNITS:
        if rounded >= size:
            return f"{_plain(rounded / size)} {unit}"
    return f"{rounded:,.0f}"


def rough_time(seconds: float) -> str:
    """Return a length of time in one unit: 40 s, 12 min, 1.5 h."""
    for least, size, unit in _TIMES:
        if seconds >= least:
            return f"{_plain(_two_digits(seconds / size)) if unit == 'h' else round(seconds / size)} {unit}"
    return f"{max(1, round(seconds))} s"


def rough_cost(cost: float) -> str:
    """Return an amount in nano-dollars."""
    return format_cost(round(cost))


def span(range_: Range, words: Callable[[float], str]) -> str:
    """Return from where to where an estimate goes, the unit once; empty where that is a single figure."""
    low, high = words(range_.low), "" if isinf(range_.high) else words(range_.high)
    if not high:
        return f"{low} or more"
    if low == high:
        return ""
    number, _, unit = low.partition(" ")
    return f"{number if high.endswith(f' {unit}') else low} to {high}"


def middle(range_: Range, words: Callable[[float], str]) -> str:
    """Return the figure that is to be expected."""
    return "no end" if isinf(range_.middle) else words(range_.middle)


def _two_digits(number: float) -> float:
    if number < 1:
        return 1.0 if number > 0.5 else 0.0
    return round(number, 1 - floor(log10(number))) if number >= 100 or number % 1 else number


def _plain(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0") if number < 10 else f"{number:.0f}"
