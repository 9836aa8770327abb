"""Figures as the report keeps them: ``{value, low, high, reason}``, null with a reason where one is undefined. Pure."""

from collections.abc import Sequence
from typing import Any

from app.statistics.intervals import Figure
from app.statistics.resampling import share_over_items


def figure(found: Figure) -> dict[str, Any]:
    """Return a figure as JSON."""
    interval = found.interval
    return {
        "value": None if found.value is None else float(found.value),
        "low": float(interval.low) if interval else None,
        "high": float(interval.high) if interval else None,
        "reason": found.reason,
    }


def share(answers: Sequence[tuple[int, bool]]) -> dict[str, Any]:
    """Return the share of (item, is it so) that is so, as a figure with the counts."""
    yes: dict[int, int] = {}
    asked: dict[int, int] = {}
    for item, is_so in answers:
        yes[item] = yes.get(item, 0) + is_so
        asked[item] = asked.get(item, 0) + 1
    found = share_over_items(list(yes.values()), list(asked.values()))
    return figure(found) | {"count": sum(yes.values()), "of": sum(asked.values())}
