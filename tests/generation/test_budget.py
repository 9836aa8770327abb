"""When a run has had enough. Property tests: whatever the order of answers, no target is passed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.generation.budget import STALLED_ROUNDS, Budget

counts = st.integers(0, 200)
limits = st.none() | st.integers(0, 200)
costs = st.integers(0, 50)


def budget(kept=None, calls=None, cost=None, rounds=0):
    return Budget(kept, calls, left=cost, rounds=rounds)


@given(limits, limits, st.lists(costs, max_size=120))
def test_a_run_that_asks_first_never_passes_its_limits(calls, cost, wanted):
    purse = budget(calls=calls, cost=cost)
    taken = []
    for worst in wanted:
        if purse.affords(worst):
            purse.take(worst)
            taken.append(worst)
    assert calls is None or len(taken) == purse.calls <= calls
    assert cost is None or sum(taken) == cost - purse.left <= cost


@given(limits, limits, counts, costs)
def test_what_is_not_afforded_would_pass_a_limit(calls, left, sent, worst):
    purse = budget(calls=calls, cost=left)
    purse.calls = sent
    passes = (calls is not None and sent + 1 > calls) or (left is not None and worst > left)
    assert purse.affords(worst) is not passes


@given(st.integers(1, 500), counts, counts, counts, counts)
def test_no_round_is_sent_once_enough_is_kept_or_under_way(target, kept, unfinished, rounds, outstanding):
    plan = budget(kept=target, rounds=rounds)
    plan.kept, plan.unfinished = kept, unfinished
    if kept + unfinished * 0.9 >= target:
        assert not plan.wants_rounds(outstanding)


@given(st.integers(1, 500), counts, counts, counts)
def test_a_round_is_sent_where_something_is_missing_and_nothing_outstanding(target, kept, unfinished, rounds):
    plan = budget(kept=target, rounds=rounds)
    plan.kept, plan.unfinished = kept, unfinished
    assert plan.wants_rounds(0) is (kept + unfinished * 0.9 < target)


@given(st.integers(1, 500), counts, counts, counts, counts)
def test_more_outstanding_rounds_never_make_it_want_more(target, kept, unfinished, rounds, outstanding):
    plan = budget(kept=target, rounds=rounds)
    plan.kept, plan.unfinished = kept, unfinished
    assert plan.wants_rounds(outstanding) or not plan.wants_rounds(outstanding + 1)


def test_a_run_that_brings_five_a_round_asks_for_as_many_rounds_as_are_missing():
    plan = budget(kept=100, rounds=10)
    plan.kept = 50
    assert [plan.wants_rounds(outstanding) for outstanding in (9, 10)] == [True, False]


def test_without_a_number_to_keep_rounds_go_on():
    assert budget(calls=10).wants_rounds(1_000_000)


@pytest.mark.parametrize(
    ("plan", "state", "sentence"),
    [
        ({"kept": 1200}, {"kept": 1200}, "Reached its target: 1,200 kept."),
        ({"kept": 1200}, {"kept": 1201}, "Reached its target: 1,201 kept."),
        ({"kept": 1200}, {"kept": 1199}, None),
        ({"calls": 5000}, {"calls": 5000}, "Reached its limit of 5,000 calls."),
        ({"calls": 5000}, {"calls": 4999}, None),
        ({"kept": 2, "calls": 5}, {"kept": 2, "calls": 5}, "Reached its target: 2 kept."),
        ({"kept": 2}, {"barren_rounds": STALLED_ROUNDS - 1}, None),
        (
            {"kept": 2},
            {"barren_rounds": STALLED_ROUNDS},
            "Stopped: 40 completions in a row brought nothing new. Add seed tasks or try another model.",
        ),
        ({"cost": 0}, {"calls": 5}, None),  # a run without money pauses
    ],
)
def test_the_ending_is_a_sentence(plan, state, sentence):
    ended = budget(**plan)
    for name, value in state.items():
        setattr(ended, name, value)
    assert ended.ending() == sentence
