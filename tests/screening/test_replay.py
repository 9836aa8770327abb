"""A replay must let in what a screen with that limit would have let in, by rouge_score's own floats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import _score_lcs
from rouge_score.tokenize import tokenize

from app.screening.pool import Pool
from app.screening.replay import ALL, LIMITS, Ask, Join, Leave, let_in, place_of, replay

texts = st.lists(st.sampled_from("abcde"), max_size=14).map(" ".join)
seeds = st.tuples(st.sampled_from("stu"), texts).map(lambda pair: Join(*pair))
steps = st.lists(st.one_of(seeds, st.sampled_from("stu").map(Leave), st.tuples(texts, st.booleans())), max_size=25).map(
    lambda found: [Ask(n, *each) if isinstance(each, tuple) else each for n, each in enumerate(found)]
)


def f1(a, b):
    return _score_lcs(tokenize(a, None), tokenize(b, None)).fmeasure


def brute_force(steps, limit):
    """What is let in at ``limit``, by comparing with every member of the pool."""
    members, found = {}, set()
    for step in steps:
        match step:
            case Join(key, text):
                members[key] = text
            case Leave(key):
                members.pop(key, None)
            case Ask(key, text, joins):
                if all(f1(text, member) <= limit for member in members.values()):
                    found.add(key)
                    if joins:
                        members[key] = text
    return found


@given(steps)
def test_each_limit_lets_in_what_brute_force_does(steps):
    masks = replay(steps)

    assert set(masks) == {step.key for step in steps if isinstance(step, Ask)}
    for place, limit in enumerate(LIMITS):
        assert {key for key, mask in masks.items() if mask >> place & 1} == brute_force(steps, limit), limit


def test_a_similarity_on_the_limit_is_let_in():
    """14 of 20 and 20 words are 0.7 in rouge_score's floats, 14 of 18 and 22 a hair more."""
    words = [f"w{n}" for n in range(14)]
    short, long = " ".join(words + ["x"] * 6), " ".join(words + ["y"] * 6)
    assert f1(short, long) == pytest.approx(0.7)

    masks = replay([Join("seed", short), Ask(1, long)])

    assert bool(masks[1] >> LIMITS.index(0.7) & 1) is (f1(short, long) <= 0.7)


def test_a_looser_limit_can_cost_what_a_stricter_one_keeps():
    """The looser one lets b in, which is too similar to c; the stricter one doesn't."""
    a, b, c = "a b c d e", "a b c x y", "a c x y"
    assert (f1(a, b), f1(b, c), f1(a, c)) == pytest.approx((6 / 10, 8 / 9, 4 / 9))

    masks = replay([Ask("a", a), Ask("b", b), Ask("c", c)])

    let_in_at = {limit: [key for key in "abc" if masks[key] >> place & 1] for place, limit in enumerate(LIMITS)}
    assert let_in_at[0.5] == ["a", "c"]
    assert let_in_at[0.7] == ["a", "b"]
    assert let_in_at[0.9] == ["a", "b", "c"]


def test_an_instruction_that_joins_no_pool_shuts_nobody_out():
    masks = replay([Ask(1, "write a poem", joins=False), Ask(2, "write a poem")])

    assert masks == {1: ALL, 2: ALL}


def test_a_seed_task_counts_from_when_it_was_added_until_it_was_retired():
    steps = [Ask(1, "write a poem", joins=False), Join("s", "write a poem"), Ask(2, "write a poem", joins=False)]
    masks = replay([*steps, Leave("s"), Ask(3, "write a poem")])

    assert masks == {1: ALL, 2: 0, 3: ALL}


def test_progress_is_told_and_may_end_it():
    told = []
    steps = [Ask(n, f"word{n}") for n in range(1_000)]
    replay(steps, tell=lambda done, of: told.append((done, of)))
    assert told == [(500 * n // 9, 1_000) for n in range(1, 19)]

    def stop(_done, _of):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        replay(steps, tell=stop)


def test_steps_are_carried_out_as_they_are_asked_for():
    pool = Pool(threshold=0.7)
    going = let_in([Join("s", "write a poem"), Ask(1, "write a poem"), Ask(2, "sort numbers")], pool)

    assert [next(going), next(going)] == [(1, None), (2, None)]
    assert 2 not in pool
    assert next(going) == (3, 2)
    assert 2 in pool


@pytest.mark.parametrize(("written", "place"), [("0.50", 0), ("0.5", 0), ("0.75", 5), ("0.9", 8), ("0.76", None)])
def test_limits_are_found_as_they_are_written(written, place):
    assert place_of(written) == place
