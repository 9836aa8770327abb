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
    plan.kept = plan.finished = kept  # one each
    plan.unfinished = unfinished
    if kept + unfinished * 0.9 >= target:
        assert not plan.wants_rounds(outstanding)


@given(st.integers(1, 500), counts, counts, counts)
def test_a_round_is_sent_where_something_is_missing_and_nothing_outstanding(target, kept, unfinished, rounds):
    plan = budget(kept=target, rounds=rounds)
    plan.kept = plan.finished = kept
    plan.unfinished = unfinished
    assert plan.wants_rounds(0) or kept + unfinished >= target


@given(st.integers(1, 500), counts, counts, counts, counts)
def test_more_outstanding_rounds_never_make_it_want_more(target, kept, unfinished, rounds, outstanding):
    plan = budget(kept=target, rounds=rounds)
    plan.kept, plan.unfinished = kept, unfinished
    assert plan.wants_rounds(outstanding) or not plan.wants_rounds(outstanding + 1)


def test_a_run_that_brings_five_a_round_asks_for_as_many_rounds_as_are_missing():
    plan = budget(kept=550, rounds=100)
    plan.kept = 500
    assert [plan.wants_rounds(outstanding) for outstanding in (9, 10)] == [True, False]


def test_without_a_number_to_keep_rounds_and_questions_go_on():
    plan = budget(calls=10)
    plan.asked = 1_000_000
    assert plan.wants_rounds(1_000_000)
    assert plan.wants_questions()


@pytest.mark.parametrize(("kept", "enough"), [(0, 12), (5, 5), (9, 1)])
def test_no_more_questions_are_sent_than_what_is_missing_takes(kept, enough):
    plan = budget(kept=10)
    plan.kept = plan.finished = kept
    sent = [plan.wants_questions()]
    while sent[-1]:
        plan.asked += 1
        sent.append(plan.wants_questions())
    assert plan.asked == pytest.approx(enough, abs=1)


def test_where_few_instructions_bring_an_example_more_are_asked_about():
    poor, rich = budget(kept=100), budget(kept=100)
    poor.kept, poor.finished, rich.kept, rich.finished = 10, 40, 10, 8
    poor.asked = rich.asked = 110
    assert poor.wants_questions()
    assert not rich.wants_questions()


@given(st.integers(1, 500), counts, counts, counts)
def test_where_nothing_is_under_way_a_question_is_always_sent(target, kept, finished, unfinished):
    """Or a run would wait for itself."""
    plan = budget(kept=target)
    plan.kept, plan.finished, plan.unfinished = min(kept, target - 1), finished, unfinished
    assert plan.wants_questions()


def test_one_barren_round_is_no_reason_to_send_hundreds():
    plan = budget(kept=100, rounds=1)
    assert not plan.wants_rounds(15)


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
        (
            {"kept": 2},
            {"barren_rounds": STALLED_ROUNDS, "cut_off": 21},
            "Stopped: of the last 40 completions, which brought nothing new, 21 were cut off at their largest length. "
            "Raise that length, or ask for less in each.",
        ),
        (
            {"kept": 2},
            {"barren_rounds": STALLED_ROUNDS, "cut_off": 20},
            "Stopped: 40 completions in a row brought nothing new. Add seed tasks or try another model.",
        ),
        ({"kept": 2}, {"barren_rounds": STALLED_ROUNDS - 1, "cut_off": 39}, None),
        ({"cost": 0}, {"calls": 5}, None),  # a run without money pauses
    ],
)
def test_the_ending_is_a_sentence(plan, state, sentence):
    ended = budget(**plan)
    for name, value in state.items():
        setattr(ended, name, value)
    assert ended.ending() == sentence


def test_it_knows_when_all_calls_are_taken():
    budget = Budget(None, 2)
    assert not budget.has_all_calls
    budget.take(0)
    budget.take(0)
    assert budget.has_all_calls
    assert not budget.affords(0)
    assert not Budget(5, None, calls=99).has_all_calls
