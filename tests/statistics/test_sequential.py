"""Looking again and again: the intervals hold at every look, and the plan says when to stop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.statistics.intervals import wilson
from app.statistics.sequential import Plan, bounds, interval_after, items_needed, standing

# After every item, and later after every twentieth.
LOOKS = np.r_[1:200, 200:3001:20]


def missed_ever(successes, n, share):
    """Which studies, (studies,), ever left the share out; ``successes`` after ``n`` items: (studies, looks)."""
    cells, back = np.unique(successes + n * 10_000, return_inverse=True)
    low, high = bounds(cells % 10_000, cells // 10_000)
    return ((low > share) | (high < share))[back].reshape(successes.shape).any(axis=1)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.54, 0.79, 0.92])
def test_the_share_is_held_at_every_look_in_ninety_five_percent_of_studies(share):
    random = np.random.default_rng(int(100 * share))
    answers = (random.random((1000, LOOKS[-1]), np.float32) < share).cumsum(axis=1)[:, LOOKS - 1]
    assert missed_ever(answers, LOOKS, share).mean() <= 0.05


def test_stopping_when_it_looks_best_is_safe_here_and_not_with_wilson():
    """Whoever stops as soon as the interval leaves the truth out is seldom given the chance."""
    random = np.random.default_rng(9)
    answers = (random.random((500, 600)) < 0.5).cumsum(axis=1)
    fixed = [[wilson(s, n) for s in range(n + 1)] for n in range(10, 601, 10)]
    fooled = [any(not fixed[look][row[10 * look + 9]].holds(0.5) for look in range(60)) for row in answers]
    assert np.mean(fooled) > 0.2
    assert missed_ever(answers, np.arange(1, 601), 0.5).mean() <= 0.05


@settings(deadline=None)
@given(st.integers(0, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_ends_where_the_bet_has_won_twentyfold(count):
    s, n = count
    found, mirrored = interval_after(s, n), interval_after(n - s, n)
    assert 0 <= found.low <= found.high <= 1
    assert (found.low, found.high) == pytest.approx((1 - mirrored.high, 1 - mirrored.low), abs=1e-9)
    if n:
        assert found.holds(s / n)
        assert found.low <= wilson(s, n).low + 1e-9
        assert found.high >= wilson(s, n).high - 1e-9


def test_the_bounds_are_where_robbins_puts_them():
    found = interval_after(7, 10)
    for end in (found.low, found.high):
        assert 11 * 120 * end**7 * (1 - end) ** 3 == pytest.approx(0.05, rel=1e-6)
    assert (interval_after(0, 0).low, interval_after(0, 0).high) == (0, 1)


def test_a_plan_ends_by_its_width():
    plan = Plan(at_most=2000, half_width=0.1)
    assert standing(plan, 0, 0).sentence == "Nothing has been judged yet."
    early, late = standing(plan, 79, 100), standing(plan, 158, 200)
    assert (early.is_over, early.sentence) == (False, "So far the share is known to ±13.0 points.")
    assert (late.is_over, late.sentence) == (True, "The share is known to ±9.6 points, as planned.")


@pytest.mark.parametrize(("successes", "side"), [(97, "above"), (60, "below")])
def test_a_plan_ends_when_its_share_is_decided(successes, side):
    plan = Plan(at_most=500, target=0.8)
    assert standing(plan, successes, 100).sentence == f"The share lies {side} 80%, which was to be decided."
    assert not standing(plan, 80, 100).is_over


def test_a_plan_ends_with_its_last_item():
    found = standing(Plan(at_most=50, half_width=0.01), 25, 50)
    assert (found.is_over, found.sentence[:34]) == (True, "All 50 planned items are judged. T")


@pytest.mark.parametrize("share", [0.5, 0.79, 0.99])
def test_the_items_that_a_plan_needs_are_those_after_which_it_ends(share):
    plan = Plan(at_most=3000, half_width=0.06)
    n = items_needed(plan, share)
    assert standing(plan, round(share * n), n).is_over
    assert not standing(plan, round(share * (n - 1)), n - 1).is_over
    assert items_needed(Plan(at_most=30, half_width=0.01), share) == 30


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("at_most", 0), ("half_width", 0.0), ("half_width", 0.5), ("target", 1.0), ("confidence", 1.0)],
)
def test_a_plan_that_can_not_hold_is_refused(field, wrong):
    with pytest.raises(InvalidInput) as refused:
        Plan(**({"at_most": 10} | {field: wrong}))
    assert refused.value.field == field
