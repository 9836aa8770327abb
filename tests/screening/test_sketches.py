"""A sketch may let through what is unlike, never hold back what is alike."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.screening.rouge import score
from app.screening.sketches import Sketches

# Neighbours in the first 64 characters, the same bits again in the next 64 and the next 128, and far away ones.
LETTERS = [chr(code) for code in (1, 2, 3, 65, 66, 129, 130, 257, 0x4E00, 0x10FFFF)]
texts = st.text(st.sampled_from(LETTERS), max_size=14)


def sketched(members):
    sketches = Sketches()
    for letters in members:
        sketches.add(letters)
    return sketches


@given(st.lists(texts.filter(bool), min_size=1, max_size=20), texts.filter(bool))
def test_no_member_is_more_alike_than_its_limit(members, probe):
    limits = sketched(members).limits(probe)

    assert all(score(probe, member).f1 <= limit + 1e-12 for member, limit in zip(members, limits, strict=True))


@given(st.lists(texts.filter(bool), min_size=1, max_size=20), texts.filter(bool), st.sampled_from([0.3, 0.5, 0.7, 1.0]))
def test_whatever_reaches_the_threshold_is_near_and_named_once(members, probe, threshold):
    slots = np.array([*range(len(members))] * 2, np.uint32)

    near = sketched(members).near(probe, slots, threshold)

    assert len(near) == len(set(near))
    assert {slot for slot, member in enumerate(members) if score(probe, member).f1 >= threshold} <= set(near)


def test_most_of_what_is_unlike_is_held_back():
    members = ["".join(map(chr, range(first, first + 10))) for first in range(0, 600, 5)]

    near = sketched(members).near(members[0], np.arange(120, dtype=np.uint32), 0.7)

    assert 0 in near
    assert len(near) < 20  # every 128th character has the same bit


def test_a_longer_member_than_any_that_could_be_alike_is_held_back():
    assert sketched(["a" * 5000]).near("a", np.zeros(1, np.uint32), 0.3) == []


def test_what_was_removed_is_neither_near_nor_limited():
    sketches = sketched(["abc", "abc"])

    sketches.remove(0)

    assert sketches.near("abc", np.array([0, 1], np.uint32), 0.7) == [1]
    assert sketches.limits("abc").tolist() == [-1.0, 1.0]


def test_the_columns_grow():
    sketches = sketched([chr(code % 128) for code in range(3000)])

    assert (sketches.limits("\1") == 1).nonzero()[0].tolist() == [*range(1, 3000, 128)]
