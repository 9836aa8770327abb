import pytest
from pydantic import ValidationError

from app.screening.filter import Draft, Objection
from app.screening.filters.length import Length, LengthThresholds
from tests.screening.filters.drafts import pool_of


def ask(instruction, **thresholds):
    return Length().object_to(Draft(instruction), LengthThresholds(**thresholds), pool_of())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (0, "Too short: 0 words (at least 4 are needed)."),
        (1, "Too short: 1 word (at least 4 are needed)."),
        (3, "Too short: 3 words (at least 4 are needed)."),
        (4, None),
        (150, None),
        (151, "Too long: 151 words (at most 150 are kept)."),
    ],
)
def test_the_published_bounds(words, sentence):
    expected = Objection(sentence, {"words": words}) if sentence else None

    assert ask("word " * words) == expected


def test_words_are_parted_by_any_white_space_and_nothing_else():
    assert ask("one\ttwo\nthree\u00a0four") is None
    assert ask("one-two-three-four, five/six") is not None


def test_a_language_without_spaces_needs_the_least():
    assert ask("写一首关于春天的诗") is not None
    assert ask("写一首关于春天的诗", min_words=1) is None


def test_bounds_that_leave_no_room_are_refused():
    with pytest.raises(ValidationError, match="fewest words"):
        LengthThresholds(min_words=10, max_words=9)
