"""Intervals by drawing items anew: how often they hold the truth, and where they say nothing."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from app.statistics.agreement import agreement_of
from app.statistics.intervals import wilson
from app.statistics.level import Level
from app.statistics.matrix import Matrix
from app.statistics.measures import alpha, fleiss, kappas_with, percent
from app.statistics.resampling import Measure, figure_of, redraw, share_over_items

STUDIES = 400


@pytest.fixture(autouse=True, scope="module")
def single_thread():
    """Two threads that share processors with other tests wait for each other at thousands of small products."""
    with threadpool_limits(1):
        yield


def held(truth, figures):
    """The share of the intervals that hold the truth; every one has to be there."""
    return np.mean([figure.interval.holds(truth) for figure in figures])


def test_ninety_five_percent_of_the_intervals_of_a_share_hold_it_where_items_have_several_answers():
    random = np.random.default_rng(5)
    figures = []
    for study in range(STUDIES):
        easy, asked = random.beta(4, 1, 200), random.integers(1, 5, 200)
        figures.append(share_over_items(random.binomial(asked, easy), asked, rounds=400, seed=study))
    assert 0.93 <= held(0.8, figures) <= 0.97


def test_single_answers_and_answers_without_exception_have_wilsons_interval():
    assert share_over_items([1, 0, 1, 0], [1, 1, 1, 0]).interval == wilson(2, 3)
    assert share_over_items([2, 3, 2], [2, 3, 2]).interval == wilson(3, 3)
    assert share_over_items([0, 0], [2, 3]).interval == wilson(0, 2)
    assert share_over_items([0], [0]).reason == "There is no answer yet."


def drawn_study(random, items, annotators=3, values=4, skill=0.7):
    """Answers that are true with the chance ``skill`` and drawn from all values otherwise."""
    truth = random.integers(0, values, (items, 1))
    drawn = random.integers(0, values, (items, annotators))
    codes = np.where(random.random((items, annotators)) < skill, truth, drawn)
    return Matrix(tuple(range(items)), tuple(range(annotators)), tuple(range(values)), codes)


MEASURES = {
    "percent": percent,
    "fleiss": fleiss,
    "cohen": lambda matrix: kappas_with(matrix, Level.NOMINAL, 0, [1]),
    "weighted cohen": lambda matrix: kappas_with(matrix, Level.ORDINAL, 0, [1]),
    "nominal alpha": lambda matrix: alpha(matrix, Level.NOMINAL),
    "ordinal alpha": lambda matrix: alpha(matrix, Level.ORDINAL),
    "interval alpha": lambda matrix: alpha(matrix, Level.INTERVAL),
}


def test_ninety_five_percent_of_the_intervals_of_each_measure_hold_its_value_in_the_population():
    random = np.random.default_rng(6)
    # Two annotators agree knowingly with the chance skill squared, otherwise by chance: all kappas are skill squared.
    truths = dict.fromkeys(MEASURES, 0.49) | {"percent": 0.49 + 0.51 / 4}
    found = {name: [] for name in MEASURES}
    for study in range(STUDIES):
        matrix = drawn_study(random, 200)
        measures = [measure(matrix) for measure in MEASURES.values()]
        redrawn = redraw(measures, 200, rounds=400, seed=study)
        for name, measure, values in zip(MEASURES, measures, redrawn, strict=True):
            found[name].append(figure_of(measure.value()[0], values[:, 0]))
    shares = {name: held(truths[name], figures) for name, figures in found.items()}
    assert all(0.93 <= share <= 0.97 for share in shares.values()), shares


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    matrix = drawn_study(np.random.default_rng(7), 60)
    first, again, other = (agreement_of(matrix, rounds=200, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.alpha.value == other.alpha.value
    assert first.alpha.interval != other.alpha.interval


def test_rounds_are_drawn_in_parts_where_there_are_many_items(monkeypatch):
    matrix = drawn_study(np.random.default_rng(8), 50)
    whole = redraw([alpha(matrix, Level.NOMINAL)], 50, rounds=30, seed=3)
    monkeypatch.setattr("app.statistics.resampling._CELLS", 350)
    parts = redraw([alpha(matrix, Level.NOMINAL)], 50, rounds=30, seed=3)
    assert parts[0] == pytest.approx(whole[0])
    assert len(np.unique(parts[0])) > 25


def test_items_that_do_not_matter_are_drawn_with_the_others():
    codes = np.array([[0, 0], [1, -1], [0, 1], [-1, 0], [1, 1]])
    measure = alpha(Matrix(tuple(range(5)), (0, 1), (0, 1), codes), Level.NOMINAL)
    filled = np.zeros((5, measure.statistics.shape[1]))
    filled[measure.rows] = measure.statistics
    assert measure.rows.tolist() == [0, 2, 4]
    first, second = redraw([measure, Measure(np.arange(5), filled, measure.figures)], 5, rounds=50)
    assert first == pytest.approx(second, nan_ok=True)


def test_an_interval_is_left_out_where_drawing_says_nothing():
    same = figure_of(1.0, np.ones(100))
    undefined = figure_of(0.5, np.r_[np.full(20, np.nan), np.linspace(0, 1, 80)])
    assert (same.value, same.interval) == (1.0, None)
    assert same.reason == "All items say the same, so drawing among them gives no interval."
    assert (undefined.interval, undefined.reason) == (None, "There are too few differing answers for an interval.")
