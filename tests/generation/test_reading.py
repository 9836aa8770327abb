"""An answer that is a whole completion: what chat models wrap around it goes, the text stays as it came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.generation.reading import body_of, read_answer
from app.llm.prompt import Completion


def answer(text):
    return read_answer(Completion(text), "Do it.", "").output


@pytest.mark.parametrize(
    ("completion", "output"),
    [
        ("    return a + b\n", "    return a + b"),
        ("\n \n\tif x:\n\t\ty\n\n", "\tif x:\n\t\ty"),
        ("a\r\n  b\r\n\r\n", "a\r\n  b"),
        ("Output:\n    x\n", "    x"),
        ("Output: x", "x"),
        (" x", "x"),
        ("```python\n    x = 1\n\ty\n```", "    x = 1\n\ty"),
        ("Sure! Here it is:\n\n    x", "    x"),
        ("e\u0301 \u212b\x0b", "e\u0301 \u212b"),
        ("a\x00b\ud800", "a\ufffdb\ufffd"),
        (" \n \n", ""),
    ],
)
def test_an_answer_keeps_its_text(completion, output):
    assert answer(completion) == output


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=50))
def test_an_answer_between_two_words_is_kept_whole(text):
    assert answer(f"[x{text}x]") == f"[x{text}x]"


def test_what_is_taken_apart_has_line_feeds_only():
    assert body_of(Completion("a\r\nb\rc e\u0301")) == "a\nb\nc e\u0301"
