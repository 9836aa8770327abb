import pytest
from pydantic import ValidationError

from app.screening.filter import Draft
from app.screening.filters.novelty import Novelty, NoveltyThresholds
from tests.screening.filters.drafts import pool_of


def ask(instruction, *members, **thresholds):
    return Novelty().object_to(Draft(instruction), NoveltyThresholds(**thresholds), pool_of(*members))


def words(shared, own, mark):
    return " ".join(["same"] * shared + [mark] * own)


def test_the_sentence_names_the_score_and_quotes_the_nearest():
    objection = ask("Name five colours of the rainbow", "Sort these numbers", "Name three colours of the rainbow")

    assert objection.sentence == (
        "Too similar to an earlier instruction: 0.83 (at most 0.70 is kept). "
        "The nearest is “Name three colours of the rainbow”"
    )


def test_the_evidence_is_the_ten_nearest_and_the_mean():
    members = [f"Name three colours of thing number {number}" for number in range(12)]

    evidence = ask("Name three colours of thing number 11", *members).evidence

    assert [near["key"] for near in evidence["nearest"]] == [11, *range(9)]
    assert evidence["nearest"][0] == {"key": 11, "text": members[11], "score": 1.0}
    assert evidence["mean"] == pytest.approx((1 + 11 * 6 / 7) / 12)


@pytest.mark.parametrize(("m", "n", "kept"), [(10, 10, True), (9, 11, False), (11, 9, False)])
def test_ties_at_seven_tenths_are_decided_as_by_the_oracle(m, n, kept):
    assert (ask(words(7, m - 7, "mine"), words(7, n - 7, "theirs")) is None) == kept


def test_a_score_that_rounds_to_the_threshold_is_told_apart_from_it():
    assert "0.704 (at most 0.700" in ask(words(19, 8, "mine"), words(19, 8, "theirs")).sentence
    assert "a hair over 0.70 (at most 0.70" in ask(words(7, 2, "mine"), words(7, 4, "theirs")).sentence


def test_a_long_neighbour_is_quoted_in_part():
    assert len(ask("word " * 200, "word " * 200).sentence) < 300


def test_the_threshold_can_be_set_from_three_tenths_to_one():
    assert ask("Name five colours", "Name three colours", max_similarity=0.66) is not None
    assert ask("Name five colours", "Name three colours", max_similarity=0.67) is None
    assert ask("Name five colours", "Name five colours", max_similarity=1) is None
    for value in (0.29, 1.01, float("nan")):
        with pytest.raises(ValidationError):
            NoveltyThresholds(max_similarity=value)


def test_the_first_instruction_of_all_is_new():
    assert ask("Name five colours") is None
