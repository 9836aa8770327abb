"""True answers by Dawid and Skene: against loops written out by hand, on made-up truths, and where there are none."""

from collections import defaultdict
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.statistics.matrix import matrix_of
from app.statistics.true_answers import estimate_true_answers


def estimate(cells):
    return estimate_true_answers(matrix_of((item, who, answer) for (item, who), answer in cells.items()))


def estimate_by_hand(cells, rounds):
    """The chances of each value for each item after so many rounds, with loops as in the paper's section 3."""
    items, people, values = (sorted(set(each)) for each in zip(*((*cell, a) for cell, a in cells.items()), strict=True))
    said = defaultdict(dict)
    for (item, who), answer in cells.items():
        said[item][who] = answer
    chances = {item: {v: list(said[item].values()).count(v) / len(said[item]) for v in values} for item in items}
    for _ in range(rounds):
        shares = {v: sum(chances[item][v] for item in items) / len(items) for v in values}
        confusion = {}
        for who in people:
            for true in values:
                weights = {v: sum(chances[i][true] for i in items if said[i].get(who) == v) for v in values}
                total = sum(weights.values())
                confusion[who, true] = {v: weights[v] / total if total else 1 / len(values) for v in values}
        for item in items:
            likely = {v: shares[v] * prod(confusion[who, v][a] for who, a in said[item].items()) for v in values}
            chances[item] = {v: likely[v] / sum(likely.values()) for v in values}
    return np.array([[chances[item][v] for v in values] for item in items])


def make_up(seed, items=300, skills=(0.9, 0.8, 0.6), values=3, missing=0.2):
    random = np.random.default_rng(seed)
    truth = random.integers(0, values, items)
    cells = {
        (item, who): int(truth[item] if random.random() < skill else random.integers(values))
        for item in range(items)
        for who, skill in enumerate(skills)
        if random.random() >= missing
    }
    return truth, cells


@pytest.mark.parametrize("seed", range(5))
def test_the_estimate_is_where_the_published_steps_lead(seed):
    _, cells = make_up(seed, items=40, skills=(0.9, 0.7, 0.8, 0.6))
    found = estimate(cells)
    assert found.has_converged
    assert found.chances == pytest.approx(estimate_by_hand(cells, 1500), abs=1e-4)


def test_truths_and_skills_are_found_again():
    truth, cells = make_up(1, items=1000, skills=(0.95, 0.8, 0.5, 0.5, 0.2), missing=0.1)
    found = estimate(cells)
    right = [each.answer == truth[each.item] for each in found.answers]
    assert np.mean(right) > 0.93
    assert found.accuracies == pytest.approx(
        [1 - (1 - skill) * 2 / 3 for skill in (0.95, 0.8, 0.5, 0.5, 0.2)], abs=0.06
    )
    certainties = np.array([each.certainty for each in found.answers])
    assert certainties.mean() == pytest.approx(np.mean(right), abs=0.03)
    assert found.shares == pytest.approx([1 / 3] * 3, abs=0.05)


def test_one_who_always_says_the_opposite_is_understood():
    truth, cells = make_up(2, skills=(0.95, 0.9, 0.9), values=2, missing=0)
    contrary = cells | {(item, 9): 1 - int(truth[item]) for item in range(len(truth))}
    found = estimate(contrary)
    assert np.mean([each.answer == truth[each.item] for each in found.answers]) > 0.99
    assert found.accuracies[3] < 0.05
    assert found.confusions[3] == pytest.approx(np.array([[0, 1], [1, 0]]), abs=0.05)


def test_the_same_answers_give_the_same_estimate_in_whichever_order_they_come():
    _, cells = make_up(3)
    first, again = estimate(cells), estimate(dict(reversed(cells.items())))
    assert first.answers == again.answers
    assert (first.chances == again.chances).all()


def test_two_equal_voices_leave_an_item_open():
    found = estimate({("a", 1): "yes", ("a", 2): "no"})
    assert [(each.item, each.answer, each.certainty) for each in found.answers] == [("a", None, 0.5)]


UNCHECKED = "No item was answered by two people, so no answer can be checked against another."


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({}, UNCHECKED),
        ({("a", 1): "x", ("b", 2): "y"}, UNCHECKED),
        ({("a", 1): "x", ("a", 2): "x"}, "Every answer is the same, so there is nothing to estimate."),
        (
            {(item, who): item + who for item in range(150) for who in range(2)},
            "There are more than 120 different answers: too many to be estimated.",
        ),
    ],
    ids=["nothing", "no overlap", "one answer", "texts"],
)
def test_where_nothing_can_be_estimated_a_sentence_says_why(cells, reason):
    found = estimate(cells)
    assert (found.answers, found.reason) == ((), reason)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(0, 9), st.integers(0, 3)), st.integers(0, 3), min_size=1))
def test_chances_are_chances(cells):
    found = estimate(cells)
    assert bool(found.answers) != bool(found.reason)
    if found.answers:
        assert found.chances.sum(axis=1) == pytest.approx(1)
        assert found.confusions.sum(axis=2) == pytest.approx(1)
        assert ((found.accuracies >= 0) & (found.accuracies <= 1 + 1e-9)).all()
