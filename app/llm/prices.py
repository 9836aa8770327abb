"""What a call costs, in whole numbers: prices in micro-dollars per million tokens, costs in nano-dollars."""

from typing import Protocol

from app.llm.prompt import Prompt

# Where nobody counts, the usual rule of thumb for English.
CHARACTERS_PER_TOKEN = 4
# What the slow and cheap service is called in requests and answers.
FLEX = "flex"


class Prices(Protocol):
    """What an endpoint asks for, in micro-dollars per million tokens; ``price_cached`` None: as ``price_in``.

    ``flex_percent`` of that is asked for where the server says that it gave the slow and cheap service. ``room`` is how
    many tokens for reasoning are added to the limit of each call.
    """

    price_in: int
    price_out: int
    price_cached: int | None
    flex_percent: int | None

    @property
    def room(self) -> int: ...


def cost_of(tokens_in: int, tokens_out: int, prices: Prices, cached: int = 0, service_tier: str = "") -> int:
    """Return the cost in nano-dollars, halves rounded up. ``cached`` of ``tokens_in`` have a price of their own.

    ``service_tier`` is the service that the server says it gave; any but "flex" is paid in full.

    A price of p micro-dollars per million tokens is p / 1,000 nano-dollars per token.
    """
    cached = min(cached, tokens_in) if prices.price_cached is not None else 0
    read = (tokens_in - cached) * prices.price_in + cached * (prices.price_cached or 0)
    percent = prices.flex_percent if service_tier == FLEX and prices.flex_percent is not None else 100
    return ((read + tokens_out * prices.price_out) * percent + 50_000) // 100_000


def worst_cost(prompt: Prompt, prices: Prices) -> int:
    """Return the most that a call can cost, in nano-dollars: a token is at least one UTF-8 byte of the prompt."""
    return cost_of(len(prompt.text.encode()), prompt.sampling.max_tokens + prices.room, prices)


def most_tokens(prompt: Prompt, prices: Prices) -> int:
    """Return how many tokens a limit of tokens counts before the answer is there: an estimate and the most written."""
    return len(prompt.text) // CHARACTERS_PER_TOKEN + prompt.sampling.max_tokens + prices.room
