"""What a run will take: calls, tokens, money and time, with a range, from what such rounds took before. Pure.

A run is a row of rounds, so it is estimated from a sample of rounds. With the sample's means per round (kept k,
calls c, tokens t, money m, seconds of waiting s), the rounds it takes are the fewest that reach one of its targets::

    n = min(target kept / k, target calls / c, limit of money / m, rounds there are), at least 1

and the run takes n * c calls, n * t tokens and n * m of money, where m are the tokens at the prices of now. Its time is
the longest of n * s / calls at the same time, n * c / requests per minute, and n * t / tokens per minute.

The range is the middle 80% of a bootstrap (Efron, 1979): rounds are drawn from the sample with replacement, as many as
it has, the same is reckoned from their means, and so 400 times. It says how far the sample may mislead, not how far the
model or the pool may change: the fuller a pool, the more is too similar.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, fields

from app.llm.prices import Prices, cost_of

_RESAMPLES = 400
_LOW, _HIGH = 0.1, 0.9


@dataclass(frozen=True, slots=True)
class Sample:
    """What one round took and brought: its calls, their tokens, the seconds waited for all of them, what was kept.

    ``cached`` of ``tokens_in`` had a price of their own. Parts of one are fine: what was not asked is guessed.
    """

    calls: float
    tokens_in: float
    tokens_out: float
    cached: float
    seconds: float
    kept: float


@dataclass(frozen=True, slots=True)
class Goal:
    """What ends a run, None where it doesn't: kept examples, calls, nano-dollars, rounds."""

    kept: int | None = None
    calls: int | None = None
    cost: int | None = None
    rounds: int | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is an end."""
        return any(each is not None for each in (self.kept, self.calls, self.cost, self.rounds))


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a run may ask: calls at the same time, and what its endpoint takes in a minute, None without limit."""

    concurrency: int
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """An estimate between a low and a high one; infinite where a target would never be reached."""

    low: float
    middle: float
    high: float

    @property
    def is_endless(self) -> bool:
        """Whether there is no telling how much it may become."""
        return math.isinf(self.high)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run will take. ``cost`` and ``cost_per_kept`` are in nano-dollars, ``seconds`` by the clock.

    ``cost_per_kept`` is None where nothing was kept so far. ``rounds`` is how many it was estimated from.
    """

    calls: Range
    tokens_in: Range
    tokens_out: Range
    cost: Range
    seconds: Range
    kept: Range
    cost_per_kept: int | None
    rounds: int

    @property
    def tokens(self) -> Range:
        """All tokens."""
        pairs = zip(_ends(self.tokens_in), _ends(self.tokens_out), strict=True)
        return Range(*(a + b for a, b in pairs))


def estimate(samples: Sequence[Sample], goal: Goal, prices: Prices, speed: Speed) -> Estimate:
    """Return what a run to ``goal`` takes, by rounds like ``samples``, of which there is at least one."""
    point = _reckon(_means(samples), goal, prices, speed)
    rng = random.Random(len(samples))  # noqa: S311 - the same form shows the same figures
    drawn = [
        _reckon(_means(rng.choices(samples, k=len(samples))), goal, prices, speed)
        for _ in range(_RESAMPLES if len(samples) > 1 else 1)
    ]
    ranges = [_range(middle, column) for middle, column in zip(point, zip(*drawn, strict=True), strict=True)]
    calls, tokens_in, tokens_out, cost, seconds, kept = ranges
    mean = _means(samples)
    per_kept = round(_money(mean, prices) / mean.kept) if mean.kept else None
    return Estimate(calls, tokens_in, tokens_out, cost, seconds, kept, per_kept, len(samples))


def _reckon(mean: Sample, goal: Goal, prices: Prices, speed: Speed) -> tuple[float, ...]:
    """Return calls, tokens in and out, cost, seconds and kept, in the order of ``Estimate``."""
    money = _money(mean, prices)
    wanted = [(goal.kept, mean.kept), (goal.calls, mean.calls), (goal.cost, money), (goal.rounds, 1.0)]
    rounds = max(1.0, min((_times(target, each) for target, each in wanted if target is not None), default=math.inf))
    tokens = mean.tokens_in + mean.tokens_out
    seconds = max(
        mean.seconds / speed.concurrency,
        60 * mean.calls / (speed.requests_per_minute or math.inf),
        60 * tokens / (speed.tokens_per_minute or math.inf),
    )
    each_round = (mean.calls, mean.tokens_in, mean.tokens_out, money, seconds, mean.kept)
    return tuple(rounds * each if each else 0.0 for each in each_round)


def _times(target: float, each: float) -> float:
    return target / each if each else math.inf


def _money(mean: Sample, prices: Prices) -> float:
    # A thousand rounds at once, for a cost is a whole number.
    many = (round(1_000 * each) for each in (mean.tokens_in, mean.tokens_out, mean.cached))
    tokens_in, tokens_out, cached = many
    return cost_of(tokens_in, tokens_out, prices, cached) / 1_000


def _means(samples: Sequence[Sample]) -> Sample:
    columns = (sum(getattr(each, column.name) for each in samples) for column in fields(Sample))
    return Sample(*(total / len(samples) for total in columns))


def _range(middle: float, drawn: Sequence[float]) -> Range:
    """Return the middle 80% of what was drawn, widened where ``middle`` lies outside of it."""
    ordered = sorted(drawn)
    low, high = (ordered[round(share * (len(ordered) - 1))] for share in (_LOW, _HIGH))
    return Range(min(low, middle), middle, max(high, middle))


def _ends(range_: Range) -> tuple[float, float, float]:
    return range_.low, range_.middle, range_.high
