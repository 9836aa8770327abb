"""The pool must find what comparing with every member by rouge_score would find."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import _score_lcs
from rouge_score.tokenize import tokenize

from app.errors import InvalidInput
from app.screening.alphabet import Alphabet
from app.screening.pool import Comparison, Neighbour, Pool
from app.screening.tokenizers import ROUGE
from tests.screening.filters.drafts import pool_of

texts = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "\u00e9"]), max_size=20).map(" ".join)
changes = st.lists(st.tuples(st.integers(0, 15), st.none() | texts), max_size=40)


def brute_force(probe, members):
    """Compare ``probe`` with every member by rouge_score: all neighbours, best first, and the mean."""
    scores = {key: _score_lcs(tokenize(probe, None), tokenize(text, None)).fmeasure for key, text in members.items()}
    near = [Neighbour(key, members[key], score) for key, score in scores.items() if score > 0]
    return sorted(near, key=lambda n: -n.score), sum(scores.values()) / len(scores) if scores else 0.0


@given(changes, texts, st.integers(0, 12))
def test_what_is_found_after_any_changes_is_what_brute_force_finds(changes, probe, limit):
    pool, members = Pool(ROUGE), {}
    for key, text in changes:
        if text is None:
            pool.remove(key)
            members.pop(key, None)
        else:
            pool.add(key, text)
            members[key] = text
    nearest, mean = brute_force(probe, members)

    comparison = pool.compare(probe, limit)

    assert list(comparison.nearest) == nearest[:limit] == pool.nearest(probe, limit)
    assert comparison.mean == pytest.approx(mean, abs=1e-12) == pool.mean_similarity(probe)
    assert len(pool) == len(members)
    assert all((key in pool) == (key in members) for key in range(16))


def test_the_highest_float_is_found_among_more_ties_than_are_asked_for():
    """12 of 13 and 19 words and 9 of 13 and 11 both are three quarters; rouge_score's floats lie on either side."""
    probe = " ".join(f"w{place}" for place in range(13))
    below = " ".join([f"w{place}" for place in range(12)] + ["x"] * 7)
    above = " ".join([f"w{place}" for place in range(9)] + ["x"] * 2)

    nearest = pool_of(*[below] * 12, above).nearest(probe, limit=3)

    assert [near.key for near in nearest] == [12, 0, 1]
    assert nearest[0].score > 0.75 > nearest[1].score


def test_a_replaced_text_is_no_longer_found():
    pool = pool_of("write a poem", "sort the numbers")

    pool.add(0, "count the sheep")

    assert pool.nearest("write a poem") == []
    assert [near.key for near in pool.nearest("the")] == [0, 1]
    assert len(pool) == 2


def test_removing_what_is_not_there_changes_nothing():
    pool = pool_of("write a poem")

    pool.remove("elsewhere")

    assert 0 in pool
    assert "elsewhere" not in pool


@pytest.mark.parametrize("probe", ["", "👍", "?!"])
def test_a_text_without_words_is_like_nothing_not_even_itself(probe):
    pool = pool_of(probe, "write a poem")

    assert pool.compare(probe) == Comparison((), 0.0)


def test_an_empty_pool_has_no_neighbours():
    assert Pool().compare("write a poem") == Comparison((), 0.0)
    assert Pool().compare("write a poem").similarity == 0.0


def test_members_without_a_shared_word_count_in_the_mean_only():
    comparison = pool_of("write a poem", "sort numbers").compare("write a poem")

    assert [near.key for near in comparison.nearest] == [0]
    assert comparison.mean == 0.5


def test_comparing_learns_no_words():
    pool = pool_of("write a poem")

    pool.compare("a thousand new words")

    assert pool.nearest("new words") == []


def test_a_member_with_too_many_new_words_changes_nothing():
    pool = pool_of("write a poem")
    pool._alphabet = Alphabet(capacity=1)

    with pytest.raises(InvalidInput):
        pool.add(0, "two words")
    with pytest.raises(InvalidInput):
        pool.add(1, "two words")

    assert len(pool) == 1
    assert pool._texts == {0: "write a poem"}


def test_evidence_is_ready_for_json():
    evidence = pool_of("write a poem").compare("write a poem").evidence()

    assert evidence == {"nearest": [{"key": 0, "text": "write a poem", "score": 1.0}], "mean": 1.0}
    assert json.loads(json.dumps(evidence)) == evidence
