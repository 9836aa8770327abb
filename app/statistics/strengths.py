"""How strong each of several sides is, from who beat whom (Bradley and Terry, 1952). Pure.

One side beats another with the chance strength / (strength + the other's). A tie counts as half a win for both.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.statistics.intervals import Figure, Interval, normal_quantile

Floats = NDArray[np.float64]

_MOST_STEPS = 100_000
_CLOSE = 1e-12


@dataclass(frozen=True, slots=True)
class Strength:
    """One side. ``chance``: how often it beats a side of middling strength (0.5: it is middling itself).

    ``log_strength``: the natural logarithm of its strength; all of them have the mean 0.
    """

    name: Any
    chance: Figure
    log_strength: Figure


@dataclass(frozen=True, slots=True)
class Strengths:
    """All sides, the strongest first. Empty where strengths are undefined; ``reason`` is a sentence that says why."""

    each: tuple[Strength, ...]
    reason: str = ""


def wins_of(outcomes: Iterable[tuple[Hashable, Hashable, Hashable]]) -> tuple[tuple[Any, ...], Floats]:
    """Return the sides, sorted, and how often each beat which, (sides, sides): winners are rows.

    ``outcomes`` are (one side, the other, the winner); any winner that is neither of them is a tie.
    """
    found = list(outcomes)
    names: list[Any] = sorted({side for one, other, _ in found for side in (one, other)})
    place = {name: number for number, name in enumerate(names)}
    wins = np.zeros((len(names), len(names)))
    for one, other, winner in found:
        share = 1.0 if winner == one else 0.0 if winner == other else 0.5
        wins[place[one], place[other]] += share
        wins[place[other], place[one]] += 1 - share
    return tuple(names), wins


def strengths_of(names: Sequence[Any], wins: Floats, confidence: float = 0.95) -> Strengths:
    """Return the strengths that make the ``wins``, as from ``wins_of``, most likely.

    They are found by minorization and maximization (Hunter, 2004, “MM algorithms for generalized Bradley-Terry
    models”); the intervals are those of normal distributions around the logarithms, by the inverse of their
    information. A tie is taken for as uncertain as a win, which makes intervals with many ties too wide. Comparisons
    are taken for independent, also those of the same item, see ``strengths_by_item``.
    """
    if reason := _why_undefined(names, wins):
        return Strengths((), reason)
    strengths = _maximize(wins)
    return _told(names, strengths, _covariance(wins, strengths), confidence)


def strengths_by_item(
    games: Sequence[tuple[Hashable, int, int, int]], names: Sequence[Any], confidence: float = 0.95
) -> Strengths:
    """Return the strengths of those who played, where several comparisons may be of one item, as in a ranking.

    ``games`` are (item, one side, the other, the winner), sides by their places in ``names``; any other winner is a
    tie. The strengths are those of ``strengths_of``. Comparisons of one item are no independent witnesses: the
    intervals go by how far items stray from what the strengths foretell (the sandwich of White, 1982, with items for
    clusters), which also knows how little a tie says.
    """
    sides = sorted({side for _, one, other, _ in games for side in (one, other)})
    place = {side: number for number, side in enumerate(sides)}
    rows = {item: row for row, item in enumerate(dict.fromkeys(item for item, *_ in games))}
    by_item = np.zeros((len(rows), len(sides), len(sides)))
    for item, one, other, winner in games:
        share = 1.0 if winner == one else 0.0 if winner == other else 0.5
        by_item[rows[item], place[one], place[other]] += share
        by_item[rows[item], place[other], place[one]] += 1 - share
    theirs, wins = [names[side] for side in sides], by_item.sum(axis=0)
    if reason := _why_undefined(theirs, wins):
        return Strengths((), reason)
    strengths = _maximize(wins)
    covariance = _covariance(wins, strengths)
    if len(rows) > 1:
        expected = strengths[:, None] / (strengths[:, None] + strengths)
        strays = (by_item - (by_item + by_item.transpose(0, 2, 1)) * expected).sum(axis=2)
        covariance = covariance @ (strays.T @ strays) @ covariance * len(rows) / (len(rows) - 1)
    return _told(theirs, strengths, covariance, confidence)


def _told(names: Sequence[Any], strengths: Floats, covariance: Floats, confidence: float) -> Strengths:
    logs = np.log(strengths)
    logs -= logs.mean()
    reach = normal_quantile(confidence) * np.sqrt(np.diag(covariance))
    order = np.argsort(-logs, kind="stable")
    return Strengths(tuple(_strength(names[side], float(logs[side]), float(reach[side]), confidence) for side in order))


def _strength(name: Any, value: float, reach: float, confidence: float) -> Strength:
    low, high = value - reach, value + reach
    return Strength(
        name,
        Figure(_chance(value), Interval(_chance(low), _chance(high), confidence)),
        Figure(value, Interval(low, high, confidence)),
    )


def _chance(value: float) -> float:
    return 1 / (1 + exp(-value))


def _maximize(wins: Floats) -> Floats:
    """Return the strengths, (sides,), as numbers whose logarithms have the mean 0."""
    games, won = wins + wins.T, wins.sum(axis=1)
    strengths = np.ones(len(wins))
    for _ in range(_MOST_STEPS):
        better = won / (games / (strengths[:, None] + strengths)).sum(axis=1)
        better /= np.exp(np.log(better).mean())
        moved = np.abs(np.log(better) - np.log(strengths)).max()
        strengths = better
        if moved < _CLOSE:
            break
    return strengths


def _covariance(wins: Floats, strengths: Floats) -> Floats:
    """Return the covariance of the logarithms, (sides, sides), when their mean is held at 0."""
    both = strengths[:, None] + strengths
    information = -(wins + wins.T) * strengths[:, None] * strengths / both**2
    np.fill_diagonal(information, 0)
    np.fill_diagonal(information, -information.sum(axis=1))
    # All strengths together say nothing, so it has no inverse; with their mean held it has, and then it is let go.
    mean = np.full_like(information, 1 / len(wins))
    return np.linalg.inv(information + mean) - mean


def _why_undefined(names: Sequence[Any], wins: Floats) -> str:
    """Return why the strengths have no single best values, empty where they have (Ford, 1957)."""
    if len(names) < 2:
        return "There are no two sides to compare."
    played = _reachable((wins + wins.T) > 0)
    if not played.all():
        apart = [str(name) for name, is_joined in zip(names, played[0], strict=True) if is_joined]
        return f"No comparison joins {_list(apart)} to the others, not even through a third side."
    beats = _reachable(wins > 0)
    for side in range(len(names)):
        unbeaten = beats[side] & beats[:, side] | (np.arange(len(names)) == side)
        if not unbeaten.all() and not beats[np.ix_(~unbeaten, unbeaten)].any():
            ahead = [str(name) for name, is_ahead in zip(names, unbeaten, strict=True) if is_ahead]
            return f"{_list(ahead)} won every comparison with the others, so nobody can tell how much stronger that is."
    return ""


def _reachable(steps: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which side leads to which in any number of steps, (sides, sides)."""
    reached = steps | np.eye(len(steps), dtype=bool)
    for _ in range(len(steps).bit_length()):
        reached = reached @ reached
    return reached


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
