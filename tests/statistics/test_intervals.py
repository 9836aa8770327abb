"""Shares with intervals: against oracles, and how often they hold the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from app.statistics.intervals import half_width, share_of, sign_test, wilson

counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None)
@given(counts, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilsons_interval_is_that_of_statsmodels(count, confidence):
    found = wilson(*count, confidence)
    assert (found.low, found.high) == pytest.approx(
        proportion_confint(*count, alpha=1 - confidence, method="wilson"), abs=1e-12
    )
    assert 0 <= found.low <= count[0] / count[1] <= found.high <= 1


@pytest.mark.parametrize(("yes", "low", "high"), [(184, 0.874, 0.950), (158, 0.728, 0.841), (108, 0.471, 0.608)])
def test_the_papers_percentages_of_two_hundred(yes, low, high):
    found = share_of(yes, 200)
    assert (found.value, round(found.interval.low, 3), round(found.interval.high, 3)) == (yes / 200, low, high)


@pytest.mark.parametrize("n", [100, 200, 500])
def test_ninety_five_percent_of_wilsons_intervals_hold_the_share(n):
    shares = np.linspace(0.05, 0.95, 19)
    drawn = np.random.default_rng(n).binomial(n, shares, (2000, len(shares)))
    intervals = [wilson(successes, n) for successes in range(n + 1)]
    held = np.mean([[intervals[s].holds(p) for s, p in zip(row, shares, strict=True)] for row in drawn])
    assert 0.93 <= held <= 0.97


@settings(deadline=None)
@given(st.integers(1, 10_000))
def test_half_is_the_widest_and_more_items_are_narrower(n):
    assert half_width(n, 0.9) <= half_width(n) <= 0.5
    assert half_width(n + 1) < half_width(n)


def test_a_share_of_nothing_is_a_sentence():
    assert (share_of(0, 0).value, share_of(0, 0).interval, share_of(0, 0).reason) == (
        None,
        None,
        "There is no answer yet.",
    )


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (3, 2), (-1, 2)])
def test_what_is_no_share_is_refused(successes, n):
    with pytest.raises(ValueError, match="is no share"):
        wilson(successes, n)


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 400))
def test_the_sign_test_is_scipys_binomial_test(wins, losses):
    found = sign_test(wins, losses)
    if wins + losses:
        assert found.value == pytest.approx(binomtest(wins, wins + losses).pvalue, rel=1e-9)
        assert found.value == sign_test(losses, wins).value
    else:
        assert found.value is None
        assert found.reason


def test_a_close_race_of_thousands_is_tested_exactly():
    assert sign_test(90, 89).value == 1
    assert sign_test(20_200, 19_800).value == pytest.approx(binomtest(20_200, 40_000).pvalue, rel=1e-9)
