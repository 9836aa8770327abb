"""Intervals of any figure by drawing the items anew: the percentile bootstrap (Efron, 1979). Pure.

A figure is worked out from sums over items. So each item is brought down to a few numbers, and drawing items with
replacement is one product of matrices: how often each was drawn, times its numbers.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.statistics.intervals import Figure, Interval, wilson

Floats = NDArray[np.float64]

ROUNDS = 2000
_CELLS = 10_000_000  # of weights held at once: 40 MB
_MOST_UNDEFINED = 0.05  # share of the rounds without a value above which there is no interval


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """How figures come from items.

    ``rows``: numbers of the items that matter, (n,). ``statistics``: what is summed over them, (n, k). ``figures``
    takes sums (..., k) and returns m figures for each, (..., m), NaN where one is undefined.
    """

    rows: NDArray[np.intp]
    statistics: NDArray[np.float64] | NDArray[np.float32]
    figures: Callable[[Floats], Floats]

    def value(self) -> Floats:
        """Return the figures of the items as they are, (m,)."""
        return self.figures(self.statistics.sum(axis=0, dtype=np.float64))

    def redrawn(self, weights: NDArray[np.float32]) -> Floats:
        """Return the figures of each round, (rounds, m); ``weights`` as from ``draw``."""
        # Picking columns copies them, which takes longer than what follows.
        drawn = weights if len(self.rows) == weights.shape[1] else weights[:, self.rows]
        return self.figures((drawn @ self.statistics).astype(np.float64))


def draw(items: int, rounds: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """Yield how often each item is drawn in each round, (some rounds, items), until there were ``rounds``."""
    random = np.random.default_rng(seed)
    at_once = max(1, _CELLS // max(1, items))
    for first in range(0, rounds, at_once):
        some = min(at_once, rounds - first)
        drawn = random.integers(0, items, (some, items), np.int32)
        yield np.stack([np.bincount(row, minlength=items) for row in drawn]).astype(np.float32)


def redraw(measures: Sequence[Measure], items: int, *, rounds: int = ROUNDS, seed: int = 0) -> list[Floats]:
    """Return the figures of each measure in each round, (rounds, m) for each. The same seed gives the same."""
    found: list[list[Floats]] = [[] for _ in measures]
    for weights in draw(items, rounds, seed):
        for measure, values in zip(measures, found, strict=True):
            values.append(measure.redrawn(weights))
    return [np.concatenate(values) for values in found]


def figure_of(value: float, redrawn: Floats, confidence: float = 0.95) -> Figure:
    """Return a value with the interval that holds ``confidence`` of its ``redrawn`` values, (rounds,).

    There is a sentence instead of an interval where drawing anew says nothing.
    """
    defined = redrawn[~np.isnan(redrawn)]
    if len(defined) < (1 - _MOST_UNDEFINED) * len(redrawn) or not len(defined):
        return Figure(float(value), None, "There are too few differing answers for an interval.")
    tail = (1 - confidence) / 2
    low, high = (float(end) for end in np.quantile(defined, [tail, 1 - tail]))
    if low == high:
        return Figure(float(value), None, "All items say the same, so drawing among them gives no interval.")
    return Figure(float(value), Interval(low, high, confidence))


def share_over_items(
    successes: Sequence[int],
    asked: Sequence[int],
    *,
    confidence: float = 0.95,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Figure:
    """Return the share of answers that are yes, where an item may have several of them: the mean of the items' shares.

    ``successes`` and ``asked`` hold one number for each item: answers that are yes, and all answers. Every item weighs
    the same. Answers to one item are no independent witnesses, so whole items are drawn anew; as items with the same
    share are alike, their numbers are drawn at once. With at most one answer each it is Wilson's interval; so it is,
    with items for answers, where all answers are the same and drawing anew would say nothing.
    """
    counts = np.array([(yes, all_) for yes, all_ in zip(successes, asked, strict=True) if all_], np.float64)
    if not len(counts):
        return Figure(None, None, "There is no answer yet.")
    shares, items = counts[:, 0] / counts[:, 1], len(counts)
    mean = float(shares.mean())
    if counts[:, 1].max() == 1 or mean in {0, 1} or items == 1:
        return Figure(mean, wilson(items * mean, items, confidence))
    values, frequencies = np.unique(shares, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(items, frequencies / items, rounds)
    return figure_of(mean, drawn @ values / items, confidence)
