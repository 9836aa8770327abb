"""What the time of a study's raters costs, by an hourly rate that somebody types. Nothing of it is stored. Pure."""

import re
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.errors import InvalidInput

_HOURLY = re.compile(r"[0-9]{1,6}([.,][0-9]{1,4})?", re.ASCII)
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Cost:
    """What a study took. Amounts are in whatever the hourly rate is in, None where there is nothing to share them.

    ``untimed`` ratings came without a time. An example is fine where more than half of its ratings find nothing wrong;
    ``fine`` is None where the questions can't say so. ``people``: amounts by annotator id.
    """

    total: Decimal
    per_rating: Decimal | None
    per_example: Decimal | None
    per_fine: Decimal | None
    fine: int | None
    untimed: int
    people: dict[int, Decimal]


def parse_hourly(typed: str) -> Decimal | None:
    """Return an hourly rate with a decimal point or comma, None where nothing was typed. Raises InvalidInput."""
    if not (number := typed.strip()):
        return None
    if not _HOURLY.fullmatch(number):
        raise InvalidInput("Type what an hour costs as a number such as 15 or 12,50.", field="hourly")
    return Decimal(number.replace(",", "."))


def cost_of(report: dict[str, Any], hourly: Decimal) -> Cost:
    """Return what the time in a report costs at a rate per hour. Skips and checks take time, too."""
    people = {each["id"]: _amount(each["seconds"], hourly) for each in report["annotators"]}
    total, fine = sum(people.values(), Decimal(0)), _count_fine(report)
    return Cost(
        total,
        _shared(total, report["counts"]["ratings"]),
        _shared(total, report["counts"]["items"]),
        _shared(total, fine or 0),
        fine,
        sum(each["seconds"] is None for each in report["ratings"]),
        people,
    )


def format_sum(amount: Decimal | None, unit: str) -> str:
    """Return an amount as people read it: two decimals, small ones with their first two digits."""
    if amount is None:
        return "–"
    small = 0 < amount < Decimal("0.1")
    return f"{Decimal(f'{amount:.2g}') if small else amount:{'f' if small else ',.2f'}} {unit}".rstrip()


def _count_fine(report: dict[str, Any]) -> int | None:
    said: dict[int, list[bool]] = defaultdict(list)
    for each in report["ratings"]:
        if each["counts"] and each["all_valid"] is not None:
            said[each["item"]].append(each["all_valid"])
    return sum(2 * sum(those) > len(those) for those in said.values()) if said else None


def _amount(seconds: float, hourly: Decimal) -> Decimal:
    return Decimal(str(seconds)) * hourly / _HOUR


def _shared(total: Decimal, among: int) -> Decimal | None:
    return total / among if among else None
