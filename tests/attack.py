"""What attacks Tamis, counted. ``make attack`` runs the long form of it and prints what was tried.

A test marked ``long`` is only in that. One marked ``attack`` says what it did by
``record_property("attack: requests", {"owner": 120})``: whole numbers are added up over all tests, by key where they
stand in a dictionary; of fractions the largest is shown.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

PREFIX = "attack: "
Count = int | float | dict[str, int]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what ``make attack`` asks for."""
    parser.addoption("--long", action="store_true", help="the long form of what has one, with other seeds")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is only in the long form, where nobody asked for it."""
    if not config.getoption("--long"):
        left_out = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was counted, where somebody asked for the long form."""
    if not terminalreporter.config.getoption("--long"):
        return
    terminalreporter.section("attack")
    for what, count in sorted(_summed(terminalreporter).items()):
        terminalreporter.write_line(f"{what}: {_told(count)}")


def _summed(terminalreporter: Any) -> dict[str, Count]:
    summed: dict[str, Count] = {}
    for what, count in _counts(terminalreporter):
        before = summed.get(what)
        if before is None:
            summed[what] = count
        elif isinstance(count, dict):
            summed[what] = dict(Counter(before) + Counter(count))
        else:
            summed[what] = max(before, count) if isinstance(count, float) else before + count
    return summed


def _counts(terminalreporter: Any) -> Iterator[tuple[str, Count]]:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            found = getattr(report, "user_properties", []) if getattr(report, "when", "") == "call" else []
            yield from ((name.removeprefix(PREFIX), count) for name, count in found if name.startswith(PREFIX))


def _told(count: Count) -> str:
    if isinstance(count, dict):
        parts = (f"{name} {number:,}" for name, number in sorted(count.items(), key=lambda each: -each[1]))
        return f"{sum(count.values()):,} ({', '.join(parts)})"
    return f"{count:,.2f}" if isinstance(count, float) else f"{count:,}"
