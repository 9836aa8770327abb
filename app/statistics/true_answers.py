"""What the true answers may be, when annotators err in ways of their own (Dawid and Skene, 1979). Pure."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.statistics.matrix import Matrix
from app.statistics.measures import MOST_VALUES

Floats = NDArray[np.float64]

_MOST_ROUNDS = 1000
_CLOSE = 1e-6  # change of any certainty at which the search ends
_LEAST = 1e-300  # stands for a chance of zero, whose logarithm there is none of


@dataclass(frozen=True, slots=True)
class TrueAnswer:
    """The most likely answer to an item, None where two are equally likely. ``certainty``: its chance, 0 to 1."""

    item: Any
    answer: Any
    certainty: float


@dataclass(frozen=True, slots=True, eq=False)
class TrueAnswers:
    """The estimate, or the ``reason`` why there is none, and then everything else is empty.

    ``answers``: one for each item. ``chances``: of each of ``values`` for each item, (items, values). ``shares``: how
    frequent each value truly is, (values,). ``confusions``: what each annotator says when something is true,
    (annotators, values, values): rows are true answers and add up to 1. ``accuracies``: how often each annotator says
    what is true, (annotators,). ``has_converged``: whether the search came to rest, which few and contradictory answers
    can prevent.
    """

    values: tuple[Any, ...]
    answers: tuple[TrueAnswer, ...]
    chances: Floats
    shares: Floats
    confusions: Floats
    accuracies: Floats
    has_converged: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    """All answers that were given, one number for each in each array: of its item, its annotator and its value."""

    item: NDArray[np.intp]
    annotator: NDArray[np.intp]
    value: NDArray[np.intp]
    items: int
    annotators: int
    values: int


def estimate_true_answers(matrix: Matrix) -> TrueAnswers:
    """Return the answers that explain best what all annotators said, each with confusions of their own.

    Expectation and maximization, from the shares of the votes on. Nothing is drawn, so the same matrix gives the same.
    The annotators are taken to err independently; where all err in the same way, nothing can show it.
    """
    if reason := _why_undefined(matrix):
        return _nothing(matrix, reason)
    item, annotator = np.nonzero(matrix.given)
    given = _Given(item, annotator, matrix.codes[item, annotator], *_sizes(matrix))
    chances, has_converged = _votes(given), False
    for _ in range(_MOST_ROUNDS):
        shares, confusions = _maximize(given, chances)
        better = _expect(given, shares, confusions)
        has_converged = bool(np.abs(better - chances).max() < _CLOSE)
        chances = better
        if has_converged:
            break
    shares, confusions = _maximize(given, chances)
    accuracies = np.einsum("v,avv->a", shares, confusions)
    answers = tuple(_answer(matrix, row, chances[row]) for row in range(len(matrix.items)))
    return TrueAnswers(matrix.values, answers, chances, shares, confusions, accuracies, has_converged)


def _why_undefined(matrix: Matrix) -> str:
    if not (matrix.given.sum(axis=1) > 1).any():
        return "No item was answered by two people, so no answer can be checked against another."
    if len(np.unique(matrix.codes[matrix.given])) == 1:
        return "Every answer is the same, so there is nothing to estimate."
    if len(matrix.values) > MOST_VALUES:
        return f"There are more than {MOST_VALUES} different answers: too many to be estimated."
    return ""


def _sizes(matrix: Matrix) -> tuple[int, int, int]:
    return len(matrix.items), len(matrix.annotators), len(matrix.values)


def _nothing(matrix: Matrix, reason: str) -> TrueAnswers:
    none = np.zeros(0)
    return TrueAnswers(matrix.values, (), none, none, none, none, reason=reason)


def _votes(given: _Given) -> Floats:
    """Return the share of the votes that each value has for each item, (items, values)."""
    cells = given.item * given.values + given.value
    votes = np.bincount(cells, minlength=given.items * given.values).reshape(given.items, given.values)
    shares: Floats = votes / votes.sum(axis=1, keepdims=True)
    return shares


def _maximize(given: _Given, chances: Floats) -> tuple[Floats, Floats]:
    """Return the shares, (values,), and confusions, (annotators, values, values), that fit the ``chances`` best."""
    cells, size = given.annotator * given.values + given.value, given.annotators * given.values
    said = np.stack([np.bincount(cells, of_true[given.item], size) for of_true in chances.T])
    said = said.reshape(given.values, given.annotators, given.values).transpose(1, 0, 2)
    totals = said.sum(axis=2, keepdims=True)
    # Of what never was true while somebody looked, nothing is known about what they would say.
    confusions = np.divide(said, totals, out=np.full(said.shape, 1 / given.values), where=totals > 0)
    return chances.mean(axis=0), confusions


def _expect(given: _Given, shares: Floats, confusions: Floats) -> Floats:
    """Return the chances of each value for each item, (items, values)."""
    logs = np.log(np.maximum(confusions, _LEAST))[given.annotator, :, given.value]
    likely = np.stack([np.bincount(given.item, of_true, given.items) for of_true in logs.T], axis=1)
    likely += np.log(np.maximum(shares, _LEAST))
    weights = np.exp(likely - likely.max(axis=1, keepdims=True))
    chances: Floats = weights / weights.sum(axis=1, keepdims=True)
    return chances


def _answer(matrix: Matrix, row: int, chances: Floats) -> TrueAnswer:
    best, next_best = np.argsort(-chances, kind="stable")[:2]
    is_open = chances[best] - chances[next_best] < _CLOSE
    return TrueAnswer(matrix.items[row], None if is_open else matrix.values[best], float(chances[best]))
