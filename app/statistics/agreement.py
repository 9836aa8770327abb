"""How far annotators agree, and how far beyond chance. Pure.

Every figure comes with an interval from drawing the items anew, or with a sentence where it is undefined: an undefined
agreement is a finding, and no error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.statistics.intervals import Figure, wilson
from app.statistics.level import Level
from app.statistics.matrix import Matrix
from app.statistics.measures import (
    MOST_VALUES,
    alpha,
    divide,
    fleiss,
    is_even,
    kappas_with,
    percent,
    percent_of_each,
    undefined,
)
from app.statistics.resampling import ROUNDS, Floats, Measure, figure_of, redraw

_MOST_PAIRS = 500  # of annotators that are drawn anew

NO_OVERLAP = "No item was answered by two people."
ALONE = "Nobody else answered the same items."
ONE_ANSWER = "Wherever several people answered, all gave one and the same answer: agreement can't be told from chance."
UNEVEN = "Items have different numbers of answers: Fleiss' kappa needs the same number, Krippendorff's alpha doesn't."
TOO_MANY_VALUES = f"There are more than {MOST_VALUES} different answers: too many to be compared as categories."
TOO_MANY_PAIRS = f"There are more than {_MOST_PAIRS} pairs of people: too many to draw anew for an interval."

# Landis and Koch (1977), p. 165: the highest value of each band, and its word.
_BANDS = ((0.20, "slight"), (0.40, "fair"), (0.60, "moderate"), (0.80, "substantial"))
CAVEAT = (
    "The words are those of Landis and Koch (1977), who called their bounds arbitrary themselves. Where one answer is "
    "much more frequent than the others, the same care gives a lower value."
)


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two annotators, and Cohen's kappa on the ``shared`` items that both answered."""

    one: Any
    other: Any
    shared: int
    kappa: Figure


@dataclass(frozen=True, slots=True)
class AnnotatorAgreement:
    """One annotator against all others.

    ``answers``: how many they gave. ``shared``: how many of these are about items that somebody else answered, too.
    ``percent``: share of the others' answers to these that are the same. ``kappa``: mean of Cohen's kappa with each of
    the others.
    """

    annotator: Any
    answers: int
    shared: int
    percent: Figure
    kappa: Figure


@dataclass(frozen=True, slots=True)
class Agreement:
    """All figures of agreement about one question.

    ``percent``: share of the pairs of answers to the same item that are the same. ``cohen``: the mean over ``pairs``
    (Light, 1971); those are the pairs of annotators that share items.
    """

    percent: Figure
    cohen: Figure
    fleiss: Figure
    alpha: Figure
    pairs: tuple[PairAgreement, ...]
    each: tuple[AnnotatorAgreement, ...]


def agreement_of(
    matrix: Matrix,
    level: Level = Level.NOMINAL,
    *,
    confidence: float = 0.95,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Agreement:
    """Return all figures of agreement about the answers in ``matrix``; ``rounds`` of drawing give their intervals.

    Cohen's kappa and Krippendorff's alpha go by ``level``, Fleiss' kappa and the percentages ask only whether answers
    are the same. Raises ValueError at the interval level where an answer is no number.
    """
    pairs = _pairs_of(matrix)
    is_few = len(matrix.values) <= MOST_VALUES
    is_comparable = is_few or level is Level.INTERVAL
    measures = [
        percent(matrix),
        fleiss(matrix) if is_few and is_even(matrix) else undefined(1),
        alpha(matrix, level) if is_comparable else undefined(1),
        percent_of_each(matrix),
        *(_kappas(matrix, level, pairs) if is_comparable else [undefined(len(pairs))]),
    ]
    redrawn = redraw(measures[: 4 if len(pairs) > _MOST_PAIRS else None], len(matrix.items), rounds=rounds, seed=seed)
    values = np.concatenate([measure.value() for measure in measures])
    drawn = _Drawn(values, np.concatenate(redrawn, axis=1), confidence)
    general = (NO_OVERLAP if not pairs else ONE_ANSWER) if is_comparable else TOO_MANY_VALUES
    of_fleiss = TOO_MANY_VALUES if not is_few else general if is_even(matrix) else UNEVEN
    places = {pair: 3 + len(matrix.annotators) + number for number, pair in enumerate(pairs)}
    return Agreement(
        percent=_share(drawn.figure([0], NO_OVERLAP), int((matrix.given.sum(axis=1) > 1).sum())),
        cohen=drawn.figure(list(places.values()), general),
        fleiss=drawn.figure([1], of_fleiss),
        alpha=drawn.figure([2], general),
        pairs=tuple(_pair(matrix, pair, drawn.figure([place], general)) for pair, place in places.items()),
        each=tuple(_annotator(matrix, column, drawn, places, general) for column in range(len(matrix.annotators))),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """All figures in a row, (m,), and those of each round, (rounds, m or fewer): what isn't drawn anew stands last."""

    values: Floats
    redrawn: Floats
    confidence: float

    def figure(self, places: Sequence[int], undefined: str) -> Figure:
        """Return the mean of those figures at ``places`` that are defined; the sentence where none is."""
        value = float(_mean(self.values[list(places)]))
        if np.isnan(value):
            return Figure(None, None, undefined)
        if max(places) >= self.redrawn.shape[1]:
            return Figure(value, None, TOO_MANY_PAIRS)
        return figure_of(value, _mean(self.redrawn[:, list(places)]), self.confidence)


def _pairs_of(matrix: Matrix) -> list[tuple[int, int]]:
    """Return the pairs of annotators, by their columns, that share an item."""
    shared = _shared(matrix)
    return [pair for pair in combinations(range(len(matrix.annotators)), 2) if shared[pair]]


def _kappas(matrix: Matrix, level: Level, pairs: Sequence[tuple[int, int]]) -> list[Measure]:
    return [
        kappas_with(matrix, level, one, [other for _, other in of_one])
        for one, of_one in groupby(pairs, key=lambda pair: pair[0])
    ]


def _pair(matrix: Matrix, pair: tuple[int, int], kappa: Figure) -> PairAgreement:
    one, other = (matrix.annotators[column] for column in pair)
    return PairAgreement(one, other, int(matrix.given[:, pair].all(axis=1).sum()), kappa)


def _annotator(
    matrix: Matrix, column: int, drawn: _Drawn, places: Mapping[tuple[int, int], int], undefined: str
) -> AnnotatorAgreement:
    given, overlaps = matrix.given[:, column], matrix.given.sum(axis=1) > 1
    shared = int((given & overlaps).sum())
    with_others = [place for pair, place in places.items() if column in pair]
    return AnnotatorAgreement(
        matrix.annotators[column],
        int(given.sum()),
        shared,
        _share(drawn.figure([3 + column], ALONE), shared),
        drawn.figure(with_others, undefined if with_others else ALONE),
    )


def _share(figure: Figure, items: int) -> Figure:
    """Return a share with Wilson's interval for so many items where all of them say the same: see share_over_items."""
    if figure.interval or figure.value not in {0.0, 1.0}:
        return figure
    return Figure(figure.value, wilson(figure.value * items, items))


def _shared(matrix: Matrix) -> NDArray[np.intp]:
    """Return how many items two annotators both answered, (annotators, annotators)."""
    given = matrix.given.astype(np.intp)
    return given.T @ given


def _mean(figures: Floats) -> Floats:
    """Return the mean along the last axis of what is defined, NaN where nothing is."""
    defined = ~np.isnan(figures)
    return divide(np.where(defined, figures, 0).sum(axis=-1), defined.sum(axis=-1))


def word_for(value: float) -> str:
    """Return what Landis and Koch (1977) call a kappa of ``value``, which is rounded as it is shown; see CAVEAT."""
    shown = round(value, 2)
    if shown < 0:
        return "poor"
    return next((word for highest, word in _BANDS if shown <= highest), "almost perfect")
