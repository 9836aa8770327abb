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


SCRIPTS = [
    ("写一首春诗", "Too short: about 3.3 words (at least 4 are needed)."),
    ("写一首春天诗", None),
    ("写" * 225, None),
    ("写" * 226, "Too long: about 150.7 words (at most 150 are kept)."),
    ("解释光合作用的基本原理。", None),
    ("春の短い俳句を書いてください。", None),
    ("猫です", "Too short: about 1.2 words (at least 4 are needed)."),
    ("เขียนบทกวีเกี่ยวกับฤดูใบไม้ผลิ", None),
    ("แมวดำ", "Too short: about 0.9 words (at least 4 are needed)."),
    ("짧은 시를 쓰세요", None),
    ("시를 쓰세요", "Too short: 3 words (at least 4 are needed)."),
    ("هات ثلاث دول", "Too short: 3 words (at least 4 are needed)."),
    ("اذكر ثلاث دول عربية", None),
    ("Écris une courte lettre à un ami", None),
    ("E\u0301cris une lettre\u0301", "Too short: 3 words (at least 4 are needed)."),
]


@pytest.mark.parametrize(("instruction", "sentence"), SCRIPTS)
def test_other_scripts_are_counted_as_they_are_written(instruction, sentence):
    objection = ask(instruction)

    assert (objection.sentence if objection else None) == sentence


def test_the_published_rule_can_be_asked_for():
    assert ask("解释光合作用的基本原理。", by_script=False).evidence == {"words": 1}
    assert ask("解释光合作用的基本原理。", by_script=False, min_words=1) is None


def test_bounds_that_leave_no_room_are_refused():
    with pytest.raises(ValidationError, match="fewest words"):
        LengthThresholds(min_words=10, max_words=9)
