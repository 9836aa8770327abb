"""Near-duplicates must be those that comparing with every earlier text by rouge_score would find."""

from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import _score_lcs
from rouge_score.tokenize import tokenize

from app.screening.duplicates import set_apart
from app.screening.pool import Pool

texts = st.lists(st.lists(st.sampled_from("abcde"), max_size=12).map(" ".join), max_size=20)


def f1(a, b):
    return _score_lcs(tokenize(a, None), tokenize(b, None)).fmeasure


@given(texts, st.sampled_from([0.5, 0.7, 0.9]))
def test_each_near_duplicate_has_the_nearest_earlier_text_that_stays(texts, threshold):
    staying, expected = [], []
    for key, text in enumerate(texts):
        near = max(staying, key=lambda other: f1(text, texts[other]), default=None)  # the first of the best
        if near is not None and f1(text, texts[near]) > threshold:
            expected.append((key, near, f1(text, texts[near])))
        else:
            staying.append(key)
            expected.append((key, None, None))

    found = set_apart(enumerate(texts), Pool(threshold=threshold))

    assert [(key, near and near.key, near and near.score) for key, near in found] == expected


def test_a_near_duplicate_of_a_near_duplicate_can_stay():
    found = dict(set_apart(enumerate(["a b c d", "a b c e", "a b f e"]), Pool(threshold=0.7)))

    assert found[1].key == 0
    assert found[2] is None
