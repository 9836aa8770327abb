"""Bradley-Terry strengths: the most likely ones, how often their intervals hold, and where there are none."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from app.statistics.strengths import strengths_by_item, strengths_of, wins_of

NAMES = ("A", "B", "C", "D")
TRUE = np.array([0.9, 0.2, -0.3, -0.8])


def play(random, games):
    """Wins among four sides of the true strengths, ``games`` for each pair."""
    wins = np.zeros((4, 4))
    for one, other in combinations(range(4), 2):
        wins[one, other] = random.binomial(games, 1 / (1 + np.exp(TRUE[other] - TRUE[one])))
        wins[other, one] = games - wins[one, other]
    return wins


def found_logs(names, wins):
    found = {each.name: each.log_strength.value for each in strengths_of(names, wins).each}
    return np.array([found[name] for name in names])


def unlikelihood(logs, wins):
    return sum(wins[one, other] * np.log1p(np.exp(logs[other] - logs[one])) for one, other in np.argwhere(wins > 0))


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_other_strengths_make_the_wins_likelier(seed):
    wins = play(np.random.default_rng(seed), 12) + 0.5  # half a win more for each: all are defined
    np.fill_diagonal(wins, 0)
    found = found_logs(NAMES, wins)
    best = minimize(unlikelihood, np.zeros(4), args=(wins,), tol=1e-10).x
    assert found == pytest.approx(best - best.mean(), abs=1e-4)
    assert found.sum() == pytest.approx(0, abs=1e-9)


def test_two_sides_have_the_odds_of_their_wins():
    found = strengths_of(*wins_of([("old", "new", "new")] * 30 + [("new", "old", "old")] * 10))
    assert [each.name for each in found.each] == ["new", "old"]
    assert found.each[0].log_strength.value == pytest.approx(np.log(3) / 2)
    # The logarithm of the odds has the variance 1/30 + 1/10; a side's distance from the middle is half of it.
    reach = 1.959964 * np.sqrt(1 / 30 + 1 / 10) / 2
    assert found.each[0].log_strength.interval.half_width == pytest.approx(reach, rel=1e-6)
    assert found.each[0].chance.value == pytest.approx(1 / (1 + 3**-0.5))


def test_ninety_five_percent_of_the_intervals_hold_the_strength():
    random = np.random.default_rng(11)
    held = []
    for _ in range(500):
        for each in strengths_of(NAMES, play(random, 60)).each:
            held.append(each.log_strength.interval.holds(TRUE[NAMES.index(each.name)]))  # noqa: PERF401
    assert 0.93 <= np.mean(held) <= 0.97


def test_ties_are_half_a_win_for_both():
    names, wins = wins_of([("a", "b", "a"), ("a", "b", None), ("b", "a", "tie"), ("b", "c", "b")])
    assert names == ("a", "b", "c")
    assert wins.tolist() == [[0, 2, 0], [1, 0, 1], [0, 0, 0]]
    even = strengths_of(*wins_of([("a", "b", None)] * 9))
    assert [each.chance.value for each in even.each] == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        ([], "There are no two sides to compare."),
        (
            [("a", "b", "a")] * 3,
            "a won every comparison with the others, so nobody can tell how much stronger that is.",
        ),
        (
            [("a", "b", None), ("a", "c", "a"), ("b", "c", "b"), ("d", "c", "c")],
            "a and b won every comparison with the others, so nobody can tell how much stronger that is.",
        ),
        (
            [("a", "b", None), ("b", "c", None), ("d", "e", None)],
            "No comparison joins a, b and c to the others, not even through a third side.",
        ),
    ],
)
def test_where_strengths_are_undefined_a_sentence_says_why(outcomes, reason):
    assert (strengths_of(*wins_of(outcomes)).each, strengths_of(*wins_of(outcomes)).reason) == ((), reason)


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from("abcde")] * 3).filter(lambda game: game[0] != game[1]), max_size=25))
def test_strengths_are_numbers_or_a_sentence(outcomes):
    found = strengths_of(*wins_of(outcomes))
    assert bool(found.each) != bool(found.reason)
    assert all(
        np.isfinite([e.log_strength.value, e.chance.interval.low, e.chance.interval.high]).all() for e in found.each
    )
    assert all(each.chance.interval.holds(each.chance.value) for each in found.each)


def test_rankings_are_one_witness_each():
    """Ten comparisons of one ranking hang together: as if they didn't, the intervals would hold far too seldom."""
    random, names, held = np.random.default_rng(5), list("abcde"), []
    for _ in range(150):
        games = []
        for item in range(60):
            order = list(random.permutation(5))
            games += [(item, one, other, min(one, other, key=order.index)) for one, other in combinations(range(5), 2)]
        held += [each.log_strength.interval.holds(0) for each in strengths_by_item(games, names).each]
    assert 0.92 <= np.mean(held) <= 0.97


def test_by_item_the_strengths_are_the_same():
    outcomes = [("a", "b", "a"), ("a", "b", None), ("b", "a", "b"), ("a", "c", "c"), ("c", "b", "c"), ("c", "a", "a")]
    place = {"a": 0, "b": 1, "c": 2}
    games = [
        (item, place[one], place[other], place.get(winner, -1)) for item, (one, other, winner) in enumerate(outcomes)
    ]
    plain = {each.name: each.log_strength.value for each in strengths_of(*wins_of(outcomes)).each}
    assert {each.name: each.log_strength.value for each in strengths_by_item(games, "abc").each} == pytest.approx(plain)
