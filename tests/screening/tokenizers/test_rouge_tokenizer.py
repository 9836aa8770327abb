"""The words must be rouge_score's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.tokenize import tokenize

from app.screening.tokenizers import ROUGE


@given(st.text())
def test_tokens_of_any_text(text):
    assert ROUGE.tokens(text) == tokenize(text, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't panic: it's 42!", ["don", "t", "panic", "it", "s", "42"]),
        ("snake_case and caf\u00e9s", ["snake", "case", "and", "caf", "s"]),
        ("\u212aelvin \u0130s", ["kelvin", "i", "s"]),  # the Kelvin sign; İ lowers to two characters
        ("写一首诗", []),
        ("", []),
    ],
)
def test_tokens(text, expected):
    assert ROUGE.tokens(text) == expected == tokenize(text, None)


@given(st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("aZ9 \u0130\u212a\u00df\u03a3"))))
def test_spans_are_where_the_tokens_stand(text):
    assert ["".join(ROUGE.tokens(text[start:end])) for start, end in ROUGE.spans(text)] == ROUGE.tokens(text)
