"""The pool must find what comparing with every member by rouge_score would find."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import _score_lcs
from rouge_score.tokenize import tokenize

from app.errors import InvalidInput
from app.screening import forest
from app.screening.alphabet import Alphabet
from app.screening.pool import Comparison, Pool
from app.screening.tokenizers import ROUGE
from tests.screening.filters.drafts import pool_of

THRESHOLDS = [0.3, 0.5, 0.6, 0.7, 0.9]
texts = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "\u00e9"]), max_size=20).map(" ".join)
changes = st.lists(st.tuples(st.integers(0, 15), st.none() | texts), max_size=40)


def scores_of(probe, members):
    """Compare ``probe`` with every member by rouge_score."""
    words = tokenize(probe, None)
    return {key: _score_lcs(tokenize(text, None), words).fmeasure for key, text in members.items()}


def changed(pool, changes):
    members = {}
    for key, text in changes:
        if text is None:
            pool.remove(key)
            members.pop(key, None)
        else:
            pool.add(key, text)
            members[key] = text
    return members


@given(changes, texts, st.integers(0, 12))
def test_the_nearest_after_any_changes_are_those_of_brute_force(changes, probe, limit):
    pool = Pool(ROUGE)
    members = changed(pool, changes)
    scores = scores_of(probe, members)

    nearest = pool.nearest(probe, limit)

    assert [near.score for near in nearest] == sorted(filter(None, scores.values()), reverse=True)[:limit]
    assert all(near.score == scores[near.key] and near.text == members[near.key] for near in nearest)
    assert len({near.key for near in nearest}) == len(nearest)
    assert len(pool) == len(members)
    assert all((key in pool) == (key in members) for key in range(16))


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_the_nearest_among_many_are_those_of_brute_force(limit):
    rng = Random(limit)  # noqa: S311 # a draw that can be repeated
    members = {key: " ".join(rng.choices("abcdefghijklmnopqr", k=rng.randint(1, 15))) for key in range(400)}
    pool = Pool(ROUGE)
    pool.fill(members.items())

    for probe in [*list(members.values())[::20], "a b x y z", "x y z q"]:
        scores = scores_of(probe, members)
        best = sorted(filter(None, scores.values()), reverse=True)[:limit]
        assert [near.score for near in pool.nearest(probe, limit)] == best


@given(changes, texts, st.sampled_from([0.0, 0.1, *THRESHOLDS]), st.sampled_from([0.0, 0.1, *THRESHOLDS]))
def test_above_any_threshold_after_any_changes_is_what_brute_force_finds(changes, probe, quick_for, threshold):
    pool = Pool(ROUGE, quick_for)
    scores = scores_of(probe, changed(pool, changes))
    highest = max(scores.values(), default=0.0)

    above = pool.above(probe, threshold)

    assert (above is not None) == (highest > threshold)
    if above:
        assert above.score == scores[above.key] == highest


@given(changes, texts)
def test_the_mean_is_that_over_the_different_texts(changes, probe):
    pool = Pool(ROUGE)
    members = changed(pool, changes)
    different = {tuple(tokenize(text, None)): text for text in members.values() if tokenize(text, None)}
    scores = scores_of(probe, different)

    comparison = pool.compare(probe)

    assert comparison.mean == pytest.approx(sum(scores.values()) / len(scores) if scores else 0.0, abs=1e-12)
    assert comparison.mean_of == len(different)


@pytest.mark.parametrize("worth", [0, 100])
@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_2000_decisions_one_after_another_are_those_of_rouge_score(threshold, worth, monkeypatch):
    """Few words and lengths on which ties are common: 7 of 10 and 10 is kept at 0.7, 7 of 9 and 11 is not."""
    monkeypatch.setattr(forest, "_WORTH", worth)
    rng = Random(threshold)  # noqa: S311 # a draw that can be repeated
    kept = 0
    for _ in range(40):
        pool, members = Pool(ROUGE, threshold), {}
        for key in range(50):
            text = " ".join(rng.choices("abcdefghijklmnopqr", k=rng.choice([1, 2, 4, 6, 8, 9, 10, 10, 11, 13])))
            scores = scores_of(text, members)
            above = pool.above(text)
            assert (above is None) == (max(scores.values(), default=0.0) <= threshold), text
            if above is None:
                pool.add(key, text)
                members[key] = text
                kept += 1
    assert 100 < kept < 2000


def test_a_tie_falls_where_the_floats_of_rouge_score_put_it():
    ten = "a b c d e f g h i j"

    assert pool_of("a b c d e f g x y z").above(ten) is None  # 7 of 10 and 10 words
    assert pool_of("a b c d e f g x y z v").above("a b c d e f g h i").score > 0.7  # 7 of 9 and 11


def test_of_equally_similar_members_the_first_is_named():
    pool = pool_of("one two three four five six", "one two three four five seven")

    assert pool.above("one two three four five eight").key == 0


def test_an_equal_text_is_found_at_once_by_the_first_key_that_has_it():
    pool = pool_of("Write a poem.", "write, a poem", "write a poem about it")

    assert pool.above("write a poem").key == 0
    assert [near.key for near in pool.nearest("write a poem")] == [0, 1, 2]
    pool.remove(0)
    assert pool.above("write a poem").key == 1


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
    assert {near.key for near in pool.nearest("the")} == {0, 1}
    assert len(pool) == 2


def test_removing_what_is_not_there_changes_nothing():
    pool = pool_of("write a poem")

    pool.remove("elsewhere")

    assert 0 in pool
    assert "elsewhere" not in pool


def test_what_many_removals_left_behind_is_swept_away():
    pool = Pool()
    pool.fill((key, f"word{key} and word{key + 1}") for key in range(3000))

    for key in range(2500):
        pool.remove(key)

    assert len(pool._letters) < 1500
    assert pool.above("word2600 and word2601").key == 2600
    assert pool.above("word100 and word101") is None


def test_what_many_edits_left_behind_is_swept_away():
    pool = Pool()
    for edit in ("and", "or", "but"):
        pool.fill((key, f"{edit}{key} then {edit}{key + 1}") for key in range(2000))

    assert len(pool._letters) < 5500
    assert [pool.above(f"but{key} then but{key + 1}").key for key in range(2000)] == [*range(2000)]
    assert pool.above("or100 then or101") is None


@pytest.mark.parametrize("probe", ["", "👍", "?!"])
def test_a_text_without_words_is_like_nothing_not_even_itself(probe):
    pool = pool_of(probe, "write a poem")

    assert pool.compare(probe) == Comparison((), 0.0, 1)
    assert pool.above(probe) is None
    pool.remove(0)
    assert len(pool) == 1


def test_an_empty_pool_has_no_neighbours():
    assert Pool().compare("write a poem") == Comparison((), 0.0, 0)
    assert Pool().compare("write a poem").similarity == 0.0


def test_members_without_a_shared_word_count_in_the_mean_only():
    comparison = pool_of("write a poem", "sort numbers").compare("write a poem")

    assert [near.key for near in comparison.nearest] == [0]
    assert comparison.mean == 0.5


def test_the_mean_of_a_large_pool_is_that_of_a_sample_and_says_so():
    pool = Pool()
    pool.fill((key, f"shared word{key}") for key in range(2500))

    comparison = pool.compare("shared thing")

    assert comparison.mean == 0.5
    assert comparison.mean_of == 834  # every third


def test_very_long_texts_are_compared_too():
    rng = Random(3)  # noqa: S311 # a draw that can be repeated
    long = rng.choices(["red", "green", "blue", "grey"], k=3000)
    worn = [word for word in long if rng.random() < 0.7]
    pool = pool_of(" ".join(long), " ".join(reversed(long)))

    near = pool.above(" ".join(worn))

    assert near.key == 0
    assert near.score == _score_lcs(long, worn).fmeasure


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

    assert evidence == {"nearest": [{"key": 0, "text": "write a poem", "score": 1.0}], "mean": 1.0, "mean_of": 1}
    assert json.loads(json.dumps(evidence)) == evidence
