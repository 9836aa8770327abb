"""Estimates in few digits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.generation.estimate import Range
from app.web.spans import middle, rough, rough_cost, rough_time, span


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"),
        (0.7, "1"),
        (7, "7"),
        (99, "99"),
        (624, "620"),
        (1_249, "1,200"),
        (96_000, "96,000"),
        (999_999, "1 M"),
        (1_240_000, "1.2 M"),
        (23_400_000, "23 M"),
        (1.25e9, "1.2 bn"),
    ],
)
def test_numbers_have_two_digits(number, words):
    assert rough(number) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 s"),
        (59, "59 s"),
        (100, "2 min"),
        (740, "12 min"),
        (5_500, "1.5 h"),
        (90_000, "25 h"),
        (400_000, "5 days"),
    ],
)
def test_times_have_one_unit(seconds, words):
    assert rough_time(seconds) == words


@pytest.mark.parametrize(
    ("range_", "words", "said"),
    [
        (Range(720, 900, 1_200), rough_time, "12 to 20 min"),
        (Range(50, 900, 1_200), rough_time, "50 s to 20 min"),
        (Range(410_000_000, 5e8, 600_000_000), rough_cost, "$0.41 to $0.60"),
        (Range(620, 621, 622), rough, ""),
        (Range(620, 900, math.inf), rough, "620 or more"),
    ],
)
def test_a_range_names_its_unit_once(range_, words, said):
    assert span(range_, words) == said


def test_what_never_ends_has_no_figure():
    assert middle(Range(5, math.inf, math.inf), rough) == "no end"
    assert middle(Range(5, 7, math.inf), rough) == "7"


@given(st.floats(0, 1e12, allow_nan=False))
def test_any_figure_can_be_said(number):
    assert rough(number)
    assert rough_time(number)
    assert rough_cost(number).startswith("$")
