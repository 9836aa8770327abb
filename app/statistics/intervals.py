"""Shares with intervals, and the sign test. Pure.

``confidence`` is the share of intervals, of 1, that hold the true value when studies are repeated; 0.95 by default.
"""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Interval:
    """The values that the data speak for, from ``low`` to ``high``, both included."""

    low: float
    high: float
    confidence: float = 0.95

    @property
    def half_width(self) -> float:
        """Half the distance between both ends, in the unit of the value."""
        return (self.high - self.low) / 2

    def holds(self, value: float) -> bool:
        """Whether ``value`` is one of those that the data speak for."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its interval. ``reason`` is a sentence that says why either is None, empty where both are there."""

    value: float | None
    interval: Interval | None = None
    reason: str = ""


def wilson(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Return the score interval of a share of ``n`` (Wilson, 1927). Both may be expected numbers, so not whole.

    Raises ValueError unless 0 <= successes <= n and n > 0.
    """
    if not 0 <= successes <= n or n <= 0:
        raise ValueError(f"{successes} of {n} is no share")
    z = normal_quantile(confidence)
    share, spread = successes / n, z * z / n
    middle = share + spread / 2
    reach = sqrt(spread * (share * (1 - share) + spread / 4))
    low, high = ((middle + side * reach) / (1 + spread) for side in (-1, 1))
    # Where all or none succeeded the end is the share itself, but for rounding.
    return Interval(max(0.0, low) if successes else 0.0, min(1.0, high) if successes < n else 1.0, confidence)


def share_of(successes: int, n: int, confidence: float = 0.95) -> Figure:
    """Return the share of ``n`` answers with Wilson's interval; without answers a sentence instead."""
    if not n:
        return Figure(None, None, "There is no answer yet.")
    return Figure(successes / n, wilson(successes, n, confidence))


def half_width(n: int, share: float = 0.5, confidence: float = 0.95) -> float:
    """Return how far Wilson's interval will reach to either side with ``n`` items, if ``share`` of them succeed.

    Half is the widest that it can be. Items are taken to be drawn from many more: it is less where they are most of all
    that there is. Raises ValueError for n below 1 or a share outside 0 to 1.
    """
    return wilson(share * n, n, confidence).half_width


def sign_test(wins: int, losses: int) -> Figure:
    """Return how often chance alone would part ``wins`` from ``losses`` as far or farther, in either direction.

    The exact two-sided sign test (Arbuthnott, 1710; Dixon and Mood, 1946): heads among wins + losses tosses of a coin.
    Ties are left out by whoever counts. Nothing to count gives a sentence instead of a value.
    """
    n, fewer = wins + losses, min(wins, losses)
    if not n:
        return Figure(None, None, "Neither side won anything, so there is nothing to test.")
    term = tail = 1
    for heads in range(1, fewer + 1):
        term = term * (n - heads + 1) // heads
        tail += term
    return Figure(min(1.0, 2 * tail / 2**n))


def normal_quantile(confidence: float) -> float:
    """Return how many standard deviations to either side hold ``confidence`` of a normal distribution."""
    return NormalDist().inv_cdf((1 + confidence) / 2)
