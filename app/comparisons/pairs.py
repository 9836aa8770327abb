"""Pairs to train on, out of scored answers. Pure.

Every two answers to one example with different mean scores make a comparison, the better one first (Peng et al., 2023,
arXiv 2304.03277); the best and the worst make a preference pair (Yuan et al., 2024, arXiv 2401.10020).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Scored:
    """An answer with all scores that it got, at least one. ``run_id`` is the run that answered, None: it was there."""

    alternative_id: int
    run_id: int | None
    model: str
    output: str
    scores: tuple[int, ...]
    from_practice: bool = False

    @property
    def mean(self) -> Fraction:
        """The mean of the scores, exactly: nearly the same is not the same."""
        return Fraction(sum(self.scores), len(self.scores))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one example, of which one was judged better."""

    better: Scored
    worse: Scored


def pairs_of(answers: Sequence[Scored]) -> list[Pair]:
    """Return a pair for every two answers with different means, the widest apart first; K answers have K(K-1)/2."""
    pairs = [_ordered(one, other) for one, other in combinations(answers, 2) if one.mean != other.mean]
    return sorted(pairs, key=lambda pair: (pair.worse.mean - pair.better.mean, pair.better.alternative_id))


def preference_of(answers: Sequence[Scored]) -> Pair | None:
    """Return the best and the worst answer, None where all are judged alike; of equals the earliest."""
    if not answers:
        return None
    best = max(answers, key=lambda each: (each.mean, -each.alternative_id))
    worst = min(answers, key=lambda each: (each.mean, each.alternative_id))
    return Pair(best, worst) if best.mean != worst.mean else None


def _ordered(one: Scored, other: Scored) -> Pair:
    return Pair(one, other) if one.mean > other.mean else Pair(other, one)
