"""What changed between two texts: pieces that make up both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.generation.changes import changes_between
from tests.cpu_time import within


def without(changes, kind):
    return "".join(text for each, text in changes if each != kind)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("Write tasks.", "Write tasks.", [("same", "Write tasks.")]),
        ("Write tasks.", "Write ten tasks.", [("same", "Write"), ("new", " ten"), ("same", " tasks.")]),
        ("A\nB\nC", "A\nC", [("same", "A\n"), ("gone", "B\n"), ("same", "C")]),
        ("old", "new", [("gone", "old"), ("new", "new")]),
        ("", "new", [("new", "new")]),
        ("", "", []),
    ],
)
def test_words_that_changed_are_told(before, after, changes):
    assert changes_between(before, after) == changes


TEXTS = st.lists(st.sampled_from(["a", "b ", "c\n", "\n", "é", "don't", "{{ list }}", "\r\n"]), max_size=30).map(
    "".join
)


@given(TEXTS, TEXTS)
def test_both_texts_are_in_the_pieces(before, after):
    changes = changes_between(before, after)
    assert without(changes, "gone") == after
    assert without(changes, "new") == before
    assert all(text for _, text in changes)


@pytest.mark.parametrize(
    ("before", "after"),
    [("\n" * 20_000, "\n" * 19_000), ("a b " * 5_000, "b a " * 5_000), ("a\nb\n" * 5_000, "b\nc\n" * 5_000)],
)
def test_long_texts_are_compared_in_no_time(before, after):
    with within(3):
        assert changes_between(before, after)
