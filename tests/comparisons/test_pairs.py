"""Pairs out of scored answers: what is derived equals what the definition says."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from app.comparisons.pairs import Scored, pairs_of, preference_of

SCORES = st.lists(st.integers(1, 10), min_size=1, max_size=4).map(tuple)
ANSWERS = st.lists(SCORES, max_size=6).map(
    lambda all_: [Scored(number, number, f"model {number}", "x", scores) for number, scores in enumerate(all_)]
)


def scored(*means):
    return [Scored(number, number, "m", f"answer {number}", (mean,)) for number, mean in enumerate(means)]


@given(ANSWERS)
def test_every_two_answers_with_different_means_are_a_pair_the_better_first(answers):
    found = {(pair.better.alternative_id, pair.worse.alternative_id) for pair in pairs_of(answers)}
    wanted = set()
    for one, other in combinations(answers, 2):
        # Compared without a division, as whole numbers.
        left, right = sum(one.scores) * len(other.scores), sum(other.scores) * len(one.scores)
        if left != right:
            better, worse = (one, other) if left > right else (other, one)
            wanted.add((better.alternative_id, worse.alternative_id))
    assert found == wanted
    assert len(pairs_of(answers)) == len(wanted)


@given(ANSWERS)
def test_the_best_and_the_worst_are_a_pair_unless_all_are_alike(answers):
    pair = preference_of(answers)
    means = [sum(each.scores) / len(each.scores) for each in answers]
    if len({each.mean for each in answers}) < 2:
        assert pair is None
    else:
        assert float(pair.better.mean) == max(means)
        assert float(pair.worse.mean) == min(means)


def test_k_answers_have_k_times_k_minus_one_halves_pairs():
    assert len(pairs_of(scored(9, 7, 5, 3))) == 6
    assert len(pairs_of(scored(9, 9, 5))) == 2
    assert pairs_of(scored(4, 4)) == []


def test_the_widest_apart_come_first_and_of_equals_the_earliest():
    answers = scored(3, 9, 9, 1)
    assert [(pair.better.alternative_id, pair.worse.alternative_id) for pair in pairs_of(answers)][:2] == [
        (1, 3),
        (2, 3),
    ]
    pair = preference_of(answers)
    assert (pair.better.alternative_id, pair.worse.alternative_id) == (1, 3)


def test_means_are_compared_exactly():
    one, other = Scored(1, 1, "a", "x", (1, 1, 2)), Scored(2, 2, "b", "y", (2, 1, 1))
    assert pairs_of([one, other]) == []
