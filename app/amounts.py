"""Amounts of money as people type and read them, in dollars. Prices are in micro-dollars, costs in nano-dollars."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from app.errors import InvalidInput

NANO_PER_DOLLAR = 1_000_000_000
_MICRO_PER_DOLLAR = 1_000_000
_LARGEST_PRICE = Decimal(100_000)
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?")


def parse_price(text: str, field: str) -> int:
    """Return a price typed as dollars per million tokens, such as "0.15", in micro-dollars."""
    return _parse_dollars(text, field, _MICRO_PER_DOLLAR)


def parse_amount(text: str, field: str) -> int:
    """Return an amount typed as dollars, such as "2.50", in nano-dollars."""
    return _parse_dollars(text, field, NANO_PER_DOLLAR)


def parse_limit(text: str, field: str) -> int | None:
    """Return a limit typed as dollars in nano-dollars; None where it is empty. A limit of 0 lets nothing be spent."""
    return parse_amount(text, field) if text.strip() else None


def format_amount(cost: int | None) -> str:
    """Return an amount in nano-dollars as it is typed, no needless zeros; empty for None."""
    return "" if cost is None else f"{(Decimal(cost) / NANO_PER_DOLLAR).normalize():f}"


def _parse_dollars(text: str, field: str, units: int) -> int:
    typed = text.strip().removeprefix("$")
    try:
        # A comma may only part thousands: "0,15" is 15 cents to some and must not become 15 dollars.
        dollars = Decimal(typed.replace(",", "") if _THOUSANDS.fullmatch(typed) else typed or "0")
    except InvalidOperation as error:
        raise InvalidInput(f"{field} must be a number of dollars such as 0.15.", field=field) from error
    if not dollars.is_finite() or dollars < 0 or dollars > _LARGEST_PRICE:
        raise InvalidInput(f"{field} must be between 0 and 100,000 dollars.", field=field)
    return int((dollars * units).to_integral_value(ROUND_HALF_UP))


def format_price(price: int) -> str:
    """Return a price in micro-dollars as it is typed: dollars per million tokens, no needless zeros."""
    return f"{Decimal(price) / _MICRO_PER_DOLLAR:f}"


def format_cost(cost: int) -> str:
    """Return an amount in nano-dollars as people read it; small amounts keep their first two digits."""
    dollars = Decimal(cost) / NANO_PER_DOLLAR
    if cost == 0:
        return "$0"
    if dollars >= 1:
        return f"${dollars:,.2f}"
    return f"${Decimal(f'{dollars:.2g}'):f}".rstrip("0") if dollars < Decimal("0.01") else f"${dollars:.2f}"
