"""How far each person gives the same answers as whoever judged the same example, and whether that changes. Pure.

All people at once, over tens of thousands of ratings: so figures here come from counts. ``agreement.py`` says the same
of a single study, with intervals by drawing anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from app.statistics.agreement import ALONE, ONE_ANSWER, TOO_MANY_VALUES
from app.statistics.intervals import Figure, Interval, wilson
from app.statistics.level import Level
from app.statistics.measures import MOST_VALUES, divide
from app.statistics.resampling import Floats

Ints = NDArray[np.intp]

# So many shared examples before a figure says anything about somebody.
ENOUGH = 10
WHOLE_ORDERS = "Orders are compared as a whole: what chance alone would give isn’t told."
_LATEST = 20
# Owners look at many people many times, so one in a hundred may look like a change by chance, not one in twenty.
_SURE = 0.99


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """All answers to one question: ``rows``, the numbers of their ratings, and ``codes``, their places in ``values``,
    (m,) each. ``values`` stand in the order of their scale; ``labels`` are how people read those that have one.

    ``level`` is None where answers are the same or not but no categories, so that nothing is said of chance."""

    rubric: str
    question: str
    values: tuple[str, ...]
    level: Level | None
    rows: Ints
    codes: Ints
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Ratings in the order in which they were given: ``people`` and ``items``, (n,) each, with the answers in them.

    ``counted`` says whether others are compared with a rating, (n,): not with that of somebody who is left out.
    """

    people: Ints
    items: Ints
    counted: NDArray[np.bool_]
    questions: Sequence[Answers]


@dataclass(frozen=True, slots=True)
class OnQuestion:
    """How far somebody agrees with others on one question, over ``shared`` examples. ``same``: the share of the others'
    answers that are theirs, too. ``alpha``: Krippendorff's, between them and whoever else answered."""

    rubric: str
    question: str
    shared: int
    same: Figure
    alpha: Figure


@dataclass(frozen=True, slots=True)
class Drift:
    """The share of same answers on somebody's earlier and on their latest shared examples, with how many there are.

    ``change`` is what is left between both: the values of later less earlier that the data speak for, at 99%.
    """

    earlier: float
    later: float
    of_earlier: int
    of_later: int
    change: Interval

    @property
    def is_clear(self) -> bool:
        """Whether chance alone would hardly bring such a change."""
        return not self.change.holds(0)


@dataclass(frozen=True, slots=True)
class WithOthers:
    """One person beside all others. ``shared``: how many examples they judged that others did, too. ``same``: the share
    of the others' answers that are theirs, over all questions."""

    shared: int
    same: Figure
    questions: tuple[OnQuestion, ...]
    drift: Drift | None

    @property
    def is_enough(self) -> bool:
        """Whether there are enough shared examples for the figures to say anything."""
        return self.shared >= ENOUGH


NOBODY = WithOthers(0, Figure(None, None, ALONE), (), None)


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """For each answer to a question, how many others gave the same to the same item, and how many any: (m,) each."""

    same: Ints
    others: Ints


def tally(judged: Judged, answers: Answers) -> Tally:
    """Count what others answered to the same items, leaving out those who don't count."""
    counted = judged.counted[answers.rows].astype(np.intp)
    _, items = np.unique(judged.items[answers.rows], return_inverse=True)
    cells = items * len(answers.values) + answers.codes
    _, cells = np.unique(cells, return_inverse=True)
    same, others = (_sums(places, counted)[places] - counted for places in (cells, items))
    return Tally(same, others)


def with_others(judged: Judged) -> dict[int, WithOthers]:
    """Return how far everybody agrees with others, by person; whoever judged alone isn't there."""
    same, others = (np.zeros(len(judged.people), np.intp) for _ in range(2))
    on_questions: dict[int, list[OnQuestion]] = {}
    for answers in judged.questions:
        tallied = tally(judged, answers)
        np.add.at(same, answers.rows, tallied.same)
        np.add.at(others, answers.rows, tallied.others)
        for person, said in _on_question(judged, answers, tallied).items():
            on_questions.setdefault(person, []).append(said)
    found = {}
    for person, rows in _by_person(judged.people, others > 0).items():
        share = _share(int(same[rows].sum()), int(others[rows].sum()), len(rows))
        drift = drift_in(same[rows] / others[rows])
        found[person] = WithOthers(len(rows), share, tuple(on_questions.get(person, ())), drift)
    return found


def drift_in(scores: Floats) -> Drift | None:
    """Return how one's latest scores differ from those before; None where there are too few of either.

    ``scores``: the share of the others' answers that are the same, for each shared example in the order in which they
    were judged, (n,). The latest are 20, or half where there are fewer than 40. The interval of the difference is
    Newcombe's (1998, method 10), from Wilson's of both; parts of an example count as such, which makes it wider than it
    need be.
    """
    later = min(_LATEST, len(scores) // 2)
    if later < ENOUGH:
        return None
    before, after = scores[:-later], scores[-later:]
    one, other = float(before.mean()), float(after.mean())
    first, last = (wilson(float(part.sum()), len(part), _SURE) for part in (before, after))
    change = other - one
    low = change - sqrt((other - last.low) ** 2 + (first.high - one) ** 2)
    high = change + sqrt((last.high - other) ** 2 + (one - first.low) ** 2)
    return Drift(one, other, len(before), later, Interval(low, high, _SURE))


def _on_question(judged: Judged, answers: Answers, tallied: Tally) -> dict[int, OnQuestion]:
    people = judged.people[answers.rows]
    alphas = _alphas(judged, answers, tallied)
    return {
        person: OnQuestion(
            answers.rubric,
            answers.question,
            len(places),
            _share(int(tallied.same[places].sum()), int(tallied.others[places].sum()), len(places)),
            alphas[person],
        )
        for person, places in _by_person(people, tallied.others > 0).items()
    }


def _alphas(judged: Judged, answers: Answers, tallied: Tally) -> dict[int, Figure]:
    """Return each person's alpha with the others. Every answer of another to the same item is a unit of two values."""
    people, places = np.unique(judged.people[answers.rows], return_inverse=True)
    size = len(answers.values)
    if answers.level is None or size > MOST_VALUES:
        reason = WHOLE_ORDERS if answers.level is None else TOO_MANY_VALUES
        return dict.fromkeys(people.tolist(), Figure(None, None, reason))
    _, items = np.unique(judged.items[answers.rows], return_inverse=True)
    counted = judged.counted[answers.rows].astype(np.intp)
    given = np.bincount(items * size + answers.codes, counted, (int(items.max(initial=-1)) + 1) * size)
    theirs = given.reshape(-1, size)[items]
    theirs[np.arange(len(items)), answers.codes] -= counted
    met = np.zeros((len(people) * size, size))
    shared = tallied.others > 0
    np.add.at(met, (places * size + answers.codes)[shared], theirs[shared])
    tables = met.reshape(len(people), size, size)
    return {person: _alpha(table, answers) for person, table in zip(people.tolist(), tables, strict=True)}


def _alpha(met: Floats, answers: Answers) -> Figure:
    """Return alpha from how often one's answers (rows) met which of others (columns), (values, values)."""
    coincidences = met + met.T
    counts = coincidences.sum(axis=1)
    distances = _distances(answers, counts)
    n, seen = counts.sum(), (coincidences * distances).sum()
    expected = (np.outer(counts, counts) * distances).sum()
    value = float(1 - divide((n - 1) * seen, expected))
    return Figure(None, None, ONE_ANSWER if n else ALONE) if np.isnan(value) else Figure(value)


def _distances(answers: Answers, counts: Floats) -> Floats:
    """Return the squared distance of each two values, (values, values): see ``measures.alpha``."""
    if answers.level is Level.NOMINAL:
        return 1 - np.eye(len(counts))
    numbers = counts.cumsum() - counts / 2
    if answers.level is Level.INTERVAL:
        numbers = np.array([float(value) for value in answers.values])
    squared: Floats = (numbers[:, None] - numbers) ** 2
    return squared


def _share(same: int, others: int, examples: int) -> Figure:
    """Return a share with Wilson's interval for so many examples: answers to one example are no independent ones."""
    if not others:
        return Figure(None, None, ALONE)
    return Figure(same / others, wilson(same / others * examples, examples))


def _by_person(people: Ints, where: NDArray[np.bool_]) -> dict[int, Ints]:
    """Return the places of each person's entries where ``where`` holds, in their order."""
    places = np.flatnonzero(where)
    order = np.argsort(people[places], kind="stable")
    names, starts = np.unique(people[places][order], return_index=True)
    parts = np.split(places[order], starts[1:]) if len(names) else []
    return dict(zip(names.tolist(), parts, strict=True))


def _sums(places: Ints, amounts: Ints) -> Ints:
    return np.bincount(places, amounts).astype(np.intp) if len(places) else places
