"""A list sifted by itself is what rouge_score would leave of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import _score_lcs
from rouge_score.tokenize import tokenize

from app.screening.sift import Sifted, sift
from app.screening.tokenizers import ROUGE, UNICODE

texts = st.lists(st.lists(st.sampled_from("abcde?"), max_size=8).map(" ".join), max_size=25)


@given(texts, st.sampled_from([0.3, 0.5, 0.7, 1.0]), st.booleans())
def test_it_keeps_what_rouge_score_would_keep(instructions, threshold, exact):
    kept = {}
    sifted = list(sift(instructions, threshold=threshold, tokenizer=ROUGE, exact=exact))

    assert [each.index for each in sifted] == list(range(len(instructions)))
    for each, text in zip(sifted, instructions, strict=True):
        scores = {index: _score_lcs(tokenize(text, None), member).fmeasure for index, member in kept.items()}
        assert each.kept == (max(scores.values(), default=0.0) <= threshold)
        assert (each.nearest is None) == (max(scores.values(), default=0.0) == 0.0)
        assert each.score == scores.get(each.nearest, 0.0)
        if exact or max(scores.values(), default=0.0) >= threshold:
            assert each.score == max(scores.values(), default=0.0)
        if each.kept:
            kept[each.index] = tokenize(text, None)


def test_only_what_was_kept_is_compared_with():
    sifted = list(sift(["a b c d", "a b c e", "a b e f", "z"], threshold=0.7))
    assert sifted == [
        Sifted(0, True, 0.0, None),
        Sifted(1, False, 0.75, 0),
        Sifted(2, True, 0.5, 0),
        Sifted(3, True, 0.0, None),
    ]


@pytest.mark.parametrize(("tokenizer", "kept"), [(UNICODE, [True, False]), (ROUGE, [True, True])])
def test_words_are_those_of_the_tokenizer(tokenizer, kept):
    assert [each.kept for each in sift(["写一首关于海的诗", "写一首关于山的诗"], tokenizer=tokenizer)] == kept


def test_nothing_is_sifted_before_it_is_asked_for():
    rows = sift(iter(["a", "b"]))
    assert next(rows).kept
