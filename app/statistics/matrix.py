"""Who answered what about which item: the matrix that all figures of agreement are about. Pure."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.statistics.level import Level

MISSING = -1


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Answers, one row for each item and one column for each annotator.

    ``codes``: places in ``values``, (items, annotators), MISSING where an annotator didn't answer. ``values``: the
    different answers in the order of their scale.
    """

    items: tuple[Any, ...]
    annotators: tuple[Any, ...]
    values: tuple[Any, ...]
    codes: NDArray[np.intp]

    @property
    def given(self) -> NDArray[np.bool_]:
        """Where there is an answer, (items, annotators)."""
        given: NDArray[np.bool_] = self.codes != MISSING
        return given

    def positions(self, level: Level) -> NDArray[np.float64]:
        """Return where each value stands, (values,): its number at the interval level, otherwise its place.

        Numbers are moved and scaled to lie between -1 and 1, without rounding whole ones: agreement stays as it is, and
        the squares of very large and very small ones lose no digits. Raises ValueError where one is no number.
        """
        if level is not Level.INTERVAL:
            return np.arange(len(self.values), dtype=np.float64)
        numbers = np.array([float(value) for value in self.values])
        numbers -= numbers[len(numbers) // 2 : len(numbers) // 2 + 1].sum()
        _, exponent = np.frexp(np.abs(numbers).max(initial=0))
        positions: NDArray[np.float64] = np.ldexp(numbers, -exponent)
        return positions


def matrix_of(
    answers: Iterable[tuple[Hashable, Hashable, Hashable]], scale: Sequence[Hashable] | None = None
) -> Matrix:
    """Return the matrix of (item, annotator, answer), in whichever order they come.

    ``scale`` names all answers that can be given, lowest first; without it those that were given are sorted, so that
    numbers must come as numbers. Raises ValueError for a second answer of the same annotator to the same item, and
    for one that isn't on the scale.
    """
    cells: dict[tuple[Any, Any], Any] = {}
    for item, annotator, answer in answers:
        if (item, annotator) in cells:
            raise ValueError(f"{annotator} answered twice about {item}")
        cells[item, annotator] = answer
    items = _placed(item for item, _ in cells)
    annotators = _placed(annotator for _, annotator in cells)
    values = _placed(cells.values()) if scale is None else {value: place for place, value in enumerate(scale)}
    if strange := set(cells.values()) - set(values):
        raise ValueError(f"not on the scale: {strange}")
    codes = np.full((len(items), len(annotators)), MISSING, np.intp)
    for (item, annotator), answer in cells.items():
        codes[items[item], annotators[annotator]] = values[answer]
    return Matrix(tuple(items), tuple(annotators), tuple(values), codes)


def _placed(names: Iterable[Any]) -> dict[Any, int]:
    """Return each name with its place among them when they are sorted."""
    return {name: place for place, name in enumerate(sorted(set(names)))}


def confusion_of(matrix: Matrix, one: int, other: int) -> NDArray[np.intp]:
    """Return how often two annotators, by their columns, gave which answers to the same items.

    The table is (values, values): a row for each answer of ``one``, a column for each of ``other``.
    """
    size = len(matrix.values)
    both = matrix.given[:, one] & matrix.given[:, other]
    cells = matrix.codes[both, one] * size + matrix.codes[both, other]
    return np.bincount(cells, minlength=size * size).reshape(size, size)
