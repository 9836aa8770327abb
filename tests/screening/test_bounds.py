"""Nothing that reaches a threshold may be excluded by numbers of words alone, and little else be let through."""

from fractions import Fraction

import pytest

from app.screening.bounds import fewest_common, longest, shortest
from app.screening.rouge import f1

THRESHOLDS = [0.3, 0.5, 0.55, 0.6, 0.7, 0.75, 0.9, 1.0]


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_the_fewest_common_words_are_the_first_number_that_reaches_the_threshold(threshold):
    exact = Fraction(str(threshold))
    for m in range(1, 60):
        for n in range(1, 60):
            reached = next((c for c in range(1, m + n) if Fraction(2 * c, m + n) >= exact), None)
            assert fewest_common(threshold, m, n) == reached


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_no_tie_that_the_floats_put_above_is_excluded(threshold):
    for m in range(1, 80):
        for n in range(1, 80):
            below = fewest_common(threshold, m, n) - 1
            assert below > min(m, n) or f1(below, m, n) <= threshold


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_texts_of_these_lengths_and_no_others_can_reach_the_threshold(threshold):
    for m in range(1, 60):
        able = [n for n in range(1, 600) if fewest_common(threshold, m, n) <= min(m, n)]
        assert (shortest(threshold, m), longest(threshold, m)) == (able[0], able[-1])


def test_a_long_text_is_no_exception():
    assert fewest_common(0.7, 50_000, 50_000) == 35_000
    assert shortest(0.7, 13) == 7
    assert longest(0.7, 7) == 13
