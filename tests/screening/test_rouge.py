"""ROUGE-L must be rouge_score's own: its words, its floats, its decisions."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer, _score_lcs

from app.screening.rouge import Score, aligned, f1, score
from app.screening.tokenizers import ROUGE

ORACLE = RougeScorer(["rougeL"], use_stemmer=False)

# Few words, so that texts share many of them, in and out of order.
words = st.lists(st.sampled_from("abcdefg"), max_size=30)


@given(st.text(alphabet="abcAB '-,"), st.text(alphabet="abcAB '-,"))
def test_score_of_random_texts_is_the_oracles_bit_for_bit(candidate, reference):
    expected = ORACLE.score(target=reference, prediction=candidate)["rougeL"]

    assert score(ROUGE.tokens(candidate), ROUGE.tokens(reference)) == Score(*expected)


@given(words, words)
def test_score_of_random_words_is_the_oracles_bit_for_bit(candidate, reference):
    assert score(candidate, reference) == Score(*_score_lcs(reference, candidate))


@given(words, words)
def test_f1_does_not_depend_on_which_text_is_the_candidate(a, b):
    assert score(a, b).f1 == score(b, a).f1


def test_published_example():
    """The example of Lin (2004), section 3: S2 keeps three of the reference's four words in order, S3 two."""
    reference = ROUGE.tokens("police killed the gunman")

    assert score(ROUGE.tokens("police kill the gunman"), reference).f1 == pytest.approx(3 / 4)
    assert score(ROUGE.tokens("the gunman kill police"), reference).f1 == pytest.approx(2 / 4)


def test_the_two_ties_at_seven_tenths_fall_on_different_sides():
    assert f1(7, 10, 10) <= 0.7
    assert f1(7, 9, 11) > 0.7


@pytest.mark.parametrize("percent", range(30, 101, 5))
def test_every_tie_at_a_threshold_is_decided_as_the_oracle_decides_it(percent):
    """All lengths up to 40 whose F1 is exactly the threshold as a fraction."""
    threshold = percent / 100
    for m, n in product(range(1, 41), repeat=2):
        common, rest = divmod(percent * (m + n), 200)
        if rest or common > min(m, n):
            continue
        candidate = ["shared"] * common + ["mine"] * (m - common)
        reference = ["shared"] * common + ["theirs"] * (n - common)
        expected = _score_lcs(reference, candidate).fmeasure
        assert f1(common, m, n) == expected
        assert (score(candidate, reference).f1 > threshold) == (expected > threshold)


@given(words, words)
def test_aligned_words_are_equal_in_order_and_as_many_as_can_be(a, b):
    pairs = aligned(a, b)

    assert all(a[i] == b[j] for i, j in pairs)
    assert all(i < k and j < m for (i, j), (k, m) in pairwise(pairs))
    assert f1(len(pairs), len(a), len(b)) == score(a, b).f1


def test_aligned():
    assert aligned(["write", "a", "short", "poem"], ["a", "long", "poem"]) == [(1, 0), (3, 2)]
    assert aligned([], ["a"]) == []
