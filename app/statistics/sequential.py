"""Looking at a share as often as one likes, and stopping when it is known well enough. Pure.

An interval such as Wilson's is right for one look at a number of items fixed beforehand. A confidence sequence is right
at every number of items at once: all its intervals together miss the true share in at most 1 - ``confidence`` of all
studies, whenever and for whatever reason one stops. Each item counts once, as a yes or a no, in an order that has
nothing to do with the answers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.errors import InvalidInput
from app.statistics.intervals import Interval

Floats = NDArray[np.float64]

_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """When a study ends, fixed before its first rating.

    ``half_width``: the interval reaches at most so far to either side (0.05: five percentage points). ``target``: the
    interval lies wholly above or wholly below this share. ``at_most``: so many items are judged. Whatever comes first.
    """

    at_most: int
    half_width: float | None = None
    target: float | None = None
    confidence: float = 0.95

    def __post_init__(self) -> None:
        """Raise InvalidInput, with the name of the field, for a plan that could never hold."""
        if self.at_most < 1:
            raise InvalidInput("A study needs at least one item.", field="at_most")
        if self.half_width is not None and not 0 < self.half_width < 0.5:
            raise InvalidInput("The interval must reach more than 0 and less than 50 points.", field="half_width")
        if self.target is not None and not 0 < self.target < 1:
            raise InvalidInput("The share to decide about must lie between 0% and 100%.", field="target")
        if not 0.5 <= self.confidence < 1:
            raise InvalidInput("The confidence must be at least 50% and less than 100%.", field="confidence")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a study stands: the interval so far, whether its plan is fulfilled, and a sentence that says both."""

    interval: Interval
    is_over: bool
    sentence: str


def interval_after(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """Return the interval of the confidence sequence after ``n`` items of which ``successes`` succeeded.

    Raises ValueError unless 0 <= successes <= n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no share")
    low, high = bounds([successes], [n], confidence)
    return Interval(float(low[0]), float(high[0]), confidence)


def bounds(successes: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return the lower and upper ends for each pair of numbers, two arrays of the same shape, (m,).

    A share p is left out when (n + 1) C(n, s) p^s (1 - p)^(n - s) <= 1 - confidence (Robbins, 1970, “Statistical
    methods related to the law of the iterated logarithm”, for a uniform mixture of shares): what a bet on all shares
    alike would have won against p has grown 1 / (1 - confidence)-fold, which happens to the true share that seldom
    (Ville, 1939).
    """
    s, n = np.asarray(successes, np.float64), np.asarray(n, np.float64)
    middle = np.divide(s, n, out=np.full(s.shape, 0.5), where=n > 0)
    least = np.log(1 - confidence) - _log_ways(s, n)
    low = np.where(s > 0, _crossing(np.zeros(s.shape), middle, s, n, least), 0.0)
    high = np.where(s < n, _crossing(np.ones(s.shape), middle, s, n, least), 1.0)
    return low, high


def _log_ways(s: Floats, n: Floats) -> Floats:
    """Return the logarithm of (n + 1) C(n, s)."""
    most = int(n.max(initial=0))
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 2)))])
    whole, some = n.astype(np.intp), s.astype(np.intp)
    ways: Floats = factorials[whole + 1] - factorials[some] - factorials[whole - some]
    return ways


def _crossing(outside: Floats, inside: Floats, s: Floats, n: Floats, least: Floats) -> Floats:
    """Return where the likelihood falls to ``least`` between a share that is left out and one that isn't."""
    for _ in range(_HALVINGS):
        half = (outside + inside) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            likelihood = s * np.log(half) + (n - s) * np.log1p(-half)
        is_out = likelihood <= least
        outside, inside = np.where(is_out, half, outside), np.where(is_out, inside, half)
    return outside


def standing(plan: Plan, successes: int, n: int) -> Standing:
    """Return where a study stands after ``n`` items of which ``successes`` succeeded."""
    interval = interval_after(successes, n, plan.confidence)
    reached = f"known to ±{_points(interval.half_width)}"
    if plan.half_width is not None and interval.half_width <= plan.half_width:
        return Standing(interval, True, f"The share is {reached}, as planned.")
    if plan.target is not None and not interval.holds(plan.target):
        side = "above" if interval.low > plan.target else "below"
        return Standing(interval, True, f"The share lies {side} {plan.target:.0%}, which was to be decided.")
    if n >= plan.at_most:
        return Standing(interval, True, f"All {plan.at_most:,} planned items are judged. The share is {reached}.")
    if n == 0:
        return Standing(interval, False, "Nothing has been judged yet.")
    return Standing(interval, False, f"So far the share is {reached}.")


def items_needed(plan: Plan, share: float) -> int:
    """Return after how many items a study will likely end, at most ``plan.at_most``, if ``share`` of them succeed."""
    n = np.arange(1, plan.at_most + 1)
    low, high = bounds(np.rint(share * n), n, plan.confidence)
    is_over = n == plan.at_most
    if plan.half_width is not None:
        is_over |= (high - low) / 2 <= plan.half_width
    if plan.target is not None:
        is_over |= (low > plan.target) | (high < plan.target)
    return int(n[is_over.argmax()])


def _points(share: float) -> str:
    return f"{100 * share:.1f} points"
