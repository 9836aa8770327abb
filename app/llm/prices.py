"""What a call costs, in whole numbers: prices in micro-dollars per million tokens, costs in nano-dollars."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Protocol

from app.errors import InvalidInput
from app.llm.prompt import Prompt

# Where nobody counts, the usual rule of thumb for English.
CHARACTERS_PER_TOKEN = 4
NANO_PER_DOLLAR = 1_000_000_000
_MICRO_PER_DOLLAR = 1_000_000
_LARGEST_PRICE = Decimal(100_000)
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?")


class Prices(Protocol):
    """What an endpoint asks for, in micro-dollars per million tokens; ``price_cached`` None: as ``price_in``."""

    price_in: int
    price_out: int
    price_cached: int | None


def cost_of(tokens_in: int, tokens_out: int, prices: Prices, cached: int = 0) -> int:
    """Return the cost in nano-dollars, halves rounded up. ``cached`` of ``tokens_in`` have a price of their own.

    A price of p micro-dollars per million tokens is p / 1,000 nano-dollars per token.
    """
    cached = min(cached, tokens_in) if prices.price_cached is not None else 0
    read = (tokens_in - cached) * prices.price_in + cached * (prices.price_cached or 0)
    return (read + tokens_out * prices.price_out + 500) // 1000


def worst_cost(prompt: Prompt, prices: Prices) -> int:
    """Return the most that a call can cost, in nano-dollars: a token is at least one UTF-8 byte of the prompt."""
    return cost_of(len(prompt.text.encode()), prompt.sampling.max_tokens, prices)


def most_tokens(prompt: Prompt) -> int:
    """Return how many tokens a limit of tokens counts before the answer is there: an estimate and the most written."""
    return len(prompt.text) // CHARACTERS_PER_TOKEN + prompt.sampling.max_tokens


def parse_price(text: str, field: str) -> int:
    """Return a price typed as dollars per million tokens, such as "0.15", in micro-dollars."""
    return _parse_dollars(text, field, _MICRO_PER_DOLLAR)


def parse_amount(text: str, field: str) -> int:
    """Return an amount typed as dollars, such as "2.50", in nano-dollars."""
    return _parse_dollars(text, field, NANO_PER_DOLLAR)


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
