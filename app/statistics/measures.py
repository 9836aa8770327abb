"""The measures of agreement, as sums over items that can be drawn anew. Pure.

Where a measure is undefined its figures are NaN; ``agreement`` puts a sentence in their place.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.statistics.level import Level
from app.statistics.matrix import Matrix
from app.statistics.resampling import Floats, Measure

MOST_VALUES = 120  # different answers that are still taken for categories


def percent(matrix: Matrix) -> Measure:
    """Measure the share of the pairs of answers to the same item that are the same, all pairs counting alike."""
    rows = _answered_twice(matrix)
    given = matrix.given[rows].sum(axis=1)
    statistics = np.stack([_same(matrix, rows).sum(axis=1), given * (given - 1)], axis=-1)
    return Measure(rows, statistics.astype(np.float32), lambda sums: divide(sums[..., :1], sums[..., 1:]))


def percent_of_each(matrix: Matrix) -> Measure:
    """Measure, for each annotator, the share of the others' answers to the same items that are the same as theirs."""
    rows = _answered_twice(matrix)
    given = matrix.given[rows]
    others = given * (given.sum(axis=1, keepdims=True) - 1)
    statistics = np.concatenate([_same(matrix, rows), others], axis=1)
    people = len(matrix.annotators)
    return Measure(rows, statistics.astype(np.float32), lambda sums: divide(sums[..., :people], sums[..., people:]))


def fleiss(matrix: Matrix) -> Measure:
    """Measure kappa for many annotators (Fleiss, 1971), over the items that at least two answered.

    It is defined for equally many answers to each of them only: see ``is_even``.
    """
    rows = _answered_twice(matrix)
    given = matrix.given[rows].sum(axis=1)
    same = _same(matrix, rows).sum(axis=1)
    statistics = np.column_stack([same, given * (given - 1), _counts(matrix, rows)])

    def figures(sums: Floats) -> Floats:
        same, pairs, counts = sums[..., 0], sums[..., 1], sums[..., 2:]
        n, squares = counts.sum(axis=-1), (counts**2).sum(axis=-1)
        # One less the ratio of disagreement seen to that expected, both made whole so that none is rounded to nothing.
        return 1 - divide((pairs - same) * n**2, pairs * (n**2 - squares))[..., None]

    return Measure(rows, statistics.astype(np.float32), figures)


def is_even(matrix: Matrix) -> bool:
    """Whether the items that at least two people answered have equally many answers each."""
    given = matrix.given.sum(axis=1)
    return len(np.unique(given[given > 1])) <= 1


def alpha(matrix: Matrix, level: Level) -> Measure:
    """Measure alpha at a level (Krippendorff, 2011, “Computing Krippendorff's alpha-reliability”; the book of 2004).

    Items with one answer count for nothing. At the ordinal level a value stands at its middle rank among all answers:
    the published sum of frequencies from one value to another is the distance between their middle ranks.
    """
    if level is Level.INTERVAL:
        return _alpha_of_numbers(matrix, matrix.positions(level))
    return _alpha_of_ranks(matrix) if level is Level.ORDINAL else _alpha_of_names(matrix)


def _alpha_of_names(matrix: Matrix) -> Measure:
    rows = _answered_twice(matrix)
    given = matrix.given[rows].sum(axis=1)
    different = given * (given - 1) - _same(matrix, rows).sum(axis=1)
    statistics = np.column_stack([different / (given - 1), _counts(matrix, rows)])

    def figures(sums: Floats) -> Floats:
        seen, counts = sums[..., 0], sums[..., 1:]
        n = counts.sum(axis=-1)
        return 1 - divide((n - 1) * seen, n**2 - (counts**2).sum(axis=-1))[..., None]

    return Measure(rows, statistics, figures)


def _alpha_of_numbers(matrix: Matrix, numbers: Floats) -> Measure:
    rows = _answered_twice(matrix)
    given = matrix.given[rows].sum(axis=1)
    answers = np.where(matrix.given[rows], numbers[matrix.codes[rows]], 0) if len(numbers) else np.zeros((0, 0))
    total, squares = answers.sum(axis=1), (answers**2).sum(axis=1)
    apart = 2 * (given * squares - total**2) / (given - 1)
    statistics = np.column_stack([apart, given, total, squares])

    def figures(sums: Floats) -> Floats:
        apart, n, total, squares = (sums[..., place] for place in range(4))
        expected = _rid_of_rounding(2 * (n * squares - total**2), n * squares)
        return 1 - divide((n - 1) * apart, expected)[..., None]

    return Measure(rows, statistics, figures)


def _alpha_of_ranks(matrix: Matrix) -> Measure:
    rows = _answered_twice(matrix)
    counts = _counts(matrix, rows)
    lower, upper = np.triu_indices(len(matrix.values), k=1)
    # Coincidences of two different values, once for both orders.
    both = 2 * counts[:, lower] * counts[:, upper] / (counts.sum(axis=1, keepdims=True) - 1)
    size = len(lower)

    def figures(sums: Floats) -> Floats:
        both, counts = sums[..., :size], sums[..., size:]
        n = counts.sum(axis=-1)
        ranks = counts.cumsum(axis=-1) - counts / 2
        squares = (ranks[..., lower] - ranks[..., upper]) ** 2
        seen = (both * squares).sum(axis=-1)
        expected = 2 * (counts[..., lower] * counts[..., upper] * squares).sum(axis=-1)
        return 1 - divide((n - 1) * seen, expected)[..., None]

    return Measure(rows, np.concatenate([both, counts], axis=1), figures)


def kappas_with(matrix: Matrix, level: Level, one: int, others: Sequence[int]) -> Measure:
    """Measure the kappa of annotator ``one`` with each of ``others``, by their columns (Cohen, 1960).

    At the ordinal and interval levels disagreements weigh by the square of their distance (Cohen, 1968): of places on
    the scale, or of numbers. Each kappa is over the items that both answered.
    """
    rows = np.flatnonzero(matrix.given[:, one])
    mine, theirs = matrix.codes[rows, one], matrix.codes[rows][:, list(others)]
    if level is Level.NOMINAL:
        return _kappas_of_names(rows, mine[:, None], theirs, len(matrix.values))
    return _kappas_of_numbers(rows, mine[:, None], theirs, matrix.positions(level))


def _kappas_of_names(rows: NDArray[np.intp], mine: NDArray[np.intp], theirs: NDArray[np.intp], size: int) -> Measure:
    shared = theirs >= 0
    values, others = np.arange(size), theirs.shape[1]
    my_counts = (mine[..., None] == values) & shared[..., None]
    their_counts = theirs[..., None] == values
    different = (mine != theirs) & shared
    statistics = np.concatenate([different[..., None], my_counts, their_counts], axis=-1, dtype=np.float32)

    def figures(sums: Floats) -> Floats:
        of_pairs = sums.reshape(*sums.shape[:-1], others, 1 + 2 * size)
        seen, my, their = of_pairs[..., 0], of_pairs[..., 1 : 1 + size], of_pairs[..., 1 + size :]
        n = my.sum(axis=-1)
        return 1 - divide(n * seen, n**2 - (my * their).sum(axis=-1))

    return Measure(rows, statistics.reshape(len(rows), -1), figures)


def _kappas_of_numbers(
    rows: NDArray[np.intp], mine: NDArray[np.intp], theirs: NDArray[np.intp], numbers: Floats
) -> Measure:
    shared, others = theirs >= 0, theirs.shape[1]
    my, their = numbers[mine] * shared, numbers[theirs] * shared
    statistics = np.stack([shared, (my - their) ** 2, my, their, my**2 + their**2], axis=-1)

    def figures(sums: Floats) -> Floats:
        of_pairs = sums.reshape(*sums.shape[:-1], others, 5)
        n, seen, my, their, squares = (of_pairs[..., place] for place in range(5))
        expected = _rid_of_rounding(n * squares - 2 * my * their, n * squares)
        return 1 - divide(n * seen, expected)

    return Measure(rows, statistics.reshape(len(rows), -1), figures)


def _answered_twice(matrix: Matrix) -> NDArray[np.intp]:
    """Return the numbers of the items that at least two annotators answered."""
    return np.flatnonzero(matrix.given.sum(axis=1) > 1)


def _same(matrix: Matrix, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return how many others gave the same answer as each annotator did, (rows, annotators)."""
    codes, given = matrix.codes[rows], matrix.given[rows]
    columns = [(codes == codes[:, [column]]).sum(axis=1) - 1 for column in range(codes.shape[1])]
    return np.stack(columns, axis=-1) * given if columns else codes


def _counts(matrix: Matrix, rows: NDArray[np.intp]) -> Floats:
    """Return how many gave which answer, (rows, values)."""
    size = len(matrix.values)
    item, column = np.nonzero(matrix.given[rows])
    cells = item * size + matrix.codes[rows][item, column]
    return np.bincount(cells, minlength=len(rows) * size).reshape(len(rows), size).astype(np.float64)


def undefined(count: int) -> Measure:
    """Measure nothing: so many figures that are never defined."""
    nothing = np.zeros((0, 1), np.float32)
    return Measure(np.zeros(0, np.intp), nothing, lambda sums: np.full((*sums.shape[:-1], count), np.nan))


def divide(above: Floats, below: Floats | NDArray[np.intp]) -> Floats:
    """Return the quotient, NaN where ``below`` is 0."""
    quotient: Floats = np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below != 0)
    return quotient


def _rid_of_rounding(difference: Floats, size: Floats) -> Floats:
    """Return a difference of numbers of some ``size``, 0 where it is nothing but what rounding left."""
    return np.where(difference > 1e-12 * size, difference, 0.0)
