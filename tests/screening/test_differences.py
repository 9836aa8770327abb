"""Differences between two texts, word by word."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.screening.differences import differing
from app.screening.rouge import score
from app.screening.tokenizers import DEFAULT

texts = st.lists(st.sampled_from(["a", "B", "c!", " ", "İ", "\u4e00", "?"]), max_size=12).map(" ".join)


@pytest.mark.parametrize(
    ("text", "beside", "marked"),
    [
        ("Name three rivers.", "Name three rivers.", []),
        ("Name four long rivers.", "Name three rivers!", ["four long"]),
        ("Name rivers, please.", "Name three rivers.", ["please"]),
        ("Sort numbers", "", ["Sort numbers"]),
        ("", "Sort numbers", []),
        ("写一首诗", "写一首诗", []),
    ],
)
def test_words_without_a_partner_are_marked(text, beside, marked):
    assert [piece for piece, differs in differing(text, beside) if differs] == marked


@given(texts, texts)
def test_pieces_make_up_the_text_and_what_is_not_marked_is_shared(text, beside):
    pieces = differing(text, beside)

    assert "".join(piece for piece, _ in pieces) == text
    assert all(piece for piece, _ in pieces)
    assert not any(one[1] and other[1] for one, other in pairwise(pieces))
    shared = [word for piece, differs in pieces if not differs for word in DEFAULT.tokens(piece)]
    common = score(DEFAULT.tokens(text), DEFAULT.tokens(beside)).precision * len(DEFAULT.tokens(text))
    assert len(shared) == round(common)
