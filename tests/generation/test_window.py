"""How far ahead a run may ask, and what its prompts may show: decided by the run's own past alone."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.generation.pipeline import Demonstration
from app.generation.window import Window


def window_of(kept_by_round, *, fixed=0, shows_kept=True):
    """A window after rounds that kept so many each; what they kept is named after its round."""
    window = Window(fixed, shows_kept=shows_kept)
    for round_, kept in enumerate(kept_by_round):
        for _ in range(kept):
            window.add(of(round_), round_)
    return window


def of(round_):
    return Demonstration(f"{round_}", (("", ""),), is_classification=False)


def rounds_shown(window, round_):
    return sorted({int(each.instruction) for each in window.shown_to(round_)})


def test_the_first_rounds_are_few_and_each_useful_one_lets_two_more_go():
    window = window_of([3] * 200)
    assert [window.reach(taken_in) - taken_in for taken_in in (0, 1, 2, 3, 10, 61, 62, 63, 200)] == [
        5, 7, 9, 11, 25, 127, 128, 128, 128
    ]  # fmt: skip
    assert rounds_shown(window, 0) == rounds_shown(window, 4) == []
    assert rounds_shown(window, 5) == rounds_shown(window, 7) == [0]
    assert rounds_shown(window, 8) == rounds_shown(window, 10) == [0, 1]
    assert rounds_shown(window, 188) == list(range(62))
    assert rounds_shown(window, 199) == list(range(72))


def test_rounds_that_bring_nothing_let_nothing_more_go():
    window = window_of([0] * 10 + [5, 0, 5])
    assert [window.reach(taken_in) - taken_in for taken_in in (0, 10, 11, 12, 13)] == [5, 5, 7, 7, 9]
    assert rounds_shown(window, 14) == []
    assert rounds_shown(window, 15) == rounds_shown(window, 17) == [10]


def test_the_first_of_what_is_shown_grows_without_ever_shrinking():
    window = window_of([2, 0, 1, 7, 0, 0, 3] * 60)
    shown = [len(window.shown_to(round_)) for round_ in range(400)]
    assert all(before <= after for before, after in pairwise(shown))


@given(
    st.lists(st.integers(0, 3), max_size=40), st.lists(st.integers(0, 3), max_size=10), st.sampled_from([0, 0, 2, 8])
)
def test_what_a_round_shows_does_not_depend_on_what_came_after_it_could_go(before, after, fixed):
    early, late = window_of(before, fixed=fixed), window_of(before + after, fixed=fixed)
    assert early.reach(len(before)) == late.reach(len(before))
    for round_ in range(early.reach(len(before))):
        assert early.shown_to(round_) == late.shown_to(round_)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.sampled_from([0, 2, 8]))
def test_nothing_is_shown_that_was_not_taken_in_when_the_round_could_go_first(kept, fixed):
    window = window_of(kept, fixed=fixed)
    for round_ in range(len(kept)):
        could_go_at = next(taken_in for taken_in in range(round_ + 1) if window.reach(taken_in) > round_)
        shown = rounds_shown(window, round_)
        assert all(each < could_go_at for each in shown)


def test_a_run_of_an_earlier_version_looks_back_as_it_did():
    window = window_of([1] * 30, fixed=8)
    assert window.reach(5) == 13
    assert rounds_shown(window, 8) == []
    assert rounds_shown(window, 20) == list(range(12))


@pytest.mark.parametrize("fixed", [0, 8])
def test_where_nothing_kept_is_shown_nothing_is_waited_for(fixed):
    window = window_of([1] * 30, fixed=fixed, shows_kept=False)
    assert window.reach(0) == 512
    assert not window.shown_to(29)
