"""The same seed draws the same sample, and a sample is of each stratum what its share is."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.studies.sampling import Unit, allocate, draw, one_of_each_instruction, strata_of

COUNTS = st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(1, 500), min_size=1, max_size=8)


def unit(number, instruction=None, *, pipeline="alpaca", characters=10):
    parts = {"pipeline": pipeline, "run": "run 1", "classification": "classification"}
    return Unit(number, 1, instruction or f"Task {number}", characters, parts)


def ids(sample):
    return [each.unit.candidate_id for each in sample]


@given(COUNTS, st.integers(0, 2_000))
def test_each_stratum_gets_its_share_to_within_one(counts, size):
    given_out = allocate(counts, size)
    total = sum(counts.values())
    assert sum(given_out.values()) == min(size, total)
    for name, count in counts.items():
        assert 0 <= given_out[name] <= count
        assert abs(given_out[name] - min(size, total) * count / total) < 1


def test_what_is_left_goes_to_the_largest_remainders():
    assert allocate({"a": 5, "b": 3, "c": 2}, 4) == {"a": 2, "b": 1, "c": 1}
    assert allocate({"a": 1, "b": 1, "c": 1}, 2) == {"a": 1, "b": 1, "c": 0}
    assert allocate({}, 4) == {}


@given(st.integers(0, 60), st.integers(1, 80), st.integers(0, 2**31 - 1))
def test_a_sample_is_drawn_without_repetition_and_again_the_same(count, size, seed):
    units = [unit(number) for number in range(count)]
    first = draw(units, size, seed, one_instance=False)
    assert len(set(ids(first))) == len(first) == min(size, count)
    assert draw(units, size, seed, one_instance=False) == first


def test_another_seed_draws_another_sample():
    units = [unit(number) for number in range(500)]
    assert ids(draw(units, 20, 1, one_instance=False)) != ids(draw(units, 20, 2, one_instance=False))


def test_every_unit_is_drawn_equally_often():
    units = [unit(number) for number in range(10)]
    drawn = Counter(number for seed in range(2_000) for number in ids(draw(units, 3, seed, one_instance=True)))
    assert all(500 < drawn[number] < 700 for number in range(10)), drawn


def test_of_instances_of_one_instruction_one_is_drawn_and_any_may_be():
    units = [unit(1, "Sort."), unit(2, "Count."), unit(3, "Sort."), unit(4, "Sort.")]
    seen = set()
    for seed in range(50):
        chosen = one_of_each_instruction(units, random.Random(seed))  # noqa: S311
        assert [each.instruction for each in chosen] == ["Sort.", "Count."]
        seen.add(chosen[0].candidate_id)
    assert seen == {1, 3, 4}


def test_strata_are_named_in_words_and_lengths_are_thirds():
    units = [unit(number, characters=number) for number in range(6)]
    assert strata_of(units, ["pipeline", "length"]) == [
        "alpaca · short",
        "alpaca · short",
        "alpaca · medium",
        "alpaca · medium",
        "alpaca · long",
        "alpaca · long",
    ]
    assert strata_of(units, []) == [""] * 6


@pytest.mark.parametrize("size", [7, 30])
def test_a_stratified_sample_has_the_shares_of_its_strata(size):
    units = [unit(number, pipeline="alpaca" if number % 3 else "teacher") for number in range(300)]
    sample = draw(units, size, 5, strata=["pipeline"], one_instance=True)
    drawn = Counter(each.stratum for each in sample)
    assert abs(drawn["teacher"] - size / 3) < 1
    assert [each.stratum for each in sample] != sorted(each.stratum for each in sample)
