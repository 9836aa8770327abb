"""The gate: what passes it can be stored anywhere, what doesn't is refused with the field's name."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Text, cast, literal, select

from app.errors import InvalidInput
from app.text import as_it_came, clean, comparable, in_form, repair, tidy
from tests.cpu_time import within

AWKWARD = "\x00\x0b\x1f\x7f\x85\u2028\ufeff\ufffe\ud800\udfff\r\n\t e\u0301\u0344\U0001d15e"
ANY_TEXT = st.text(st.characters(categories=None) | st.sampled_from(AWKWARD), max_size=40)


def cleaned(value, **options):
    try:
        return clean(value, "Input", **options)
    except InvalidInput:
        return None


@given(ANY_TEXT)
@example("e\u0301")
@example(" \u0301a")
def test_a_cleaned_text_is_in_nfc_and_cleaning_again_changes_nothing(value):
    text = cleaned(value)
    if text is not None:
        assert unicodedata.is_normalized("NFC", text)
        assert text == text.strip()
        assert "\r" not in text
        assert clean(text, "Input") == text


@given(ANY_TEXT, st.integers(0, 20))
@example("\r\x00\n", 20)
@example("\U0001d15e", 1)
def test_a_tidied_text_is_in_nfc_within_its_limit_and_tidying_again_changes_nothing(value, limit):
    text = tidy(value, limit=limit)
    assert unicodedata.is_normalized("NFC", text)
    assert len(text) <= limit
    assert tidy(text, limit=limit) == text


@given(ANY_TEXT)
def test_what_was_tidied_is_never_refused(value):
    assert clean(tidy(value), "Input") == tidy(value).strip()


@given(ANY_TEXT, st.integers(0, 60))
def test_a_model_s_text_stays_as_it_came_but_for_what_no_database_takes(value, limit):
    text = repair(value, limit=limit)
    assert len(text) == min(len(value), limit)
    for came, stored in zip(value, text, strict=False):
        assert stored == ("\ufffd" if came == "\x00" or "\ud800" <= came <= "\udfff" else came)


@given(ANY_TEXT)
def test_a_text_of_an_example_stays_as_it_came_or_is_refused(value):
    if any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in value):
        with pytest.raises(InvalidInput, match=r"^Output holds .+ can’t be stored"):
            as_it_came(value, "Output")
    else:
        assert as_it_came(value, "Output") == value


@pytest.mark.parametrize(
    ("value", "options", "words"),
    [
        ("x" * 100_001, {}, "is 100,001 characters long; at most 100,000 are taken"),
        (" \r\n\t", {"required": True}, "is empty"),
    ],
)
def test_a_text_of_an_example_may_not_be_too_long_or_blank_where_it_is_needed(value, options, words):
    with pytest.raises(InvalidInput) as refused:
        as_it_came(value, "Output", **options)
    assert words in refused.value.sentence
    assert as_it_came(" \t", "Input") == " \t"


@given(ANY_TEXT)
@example("e\u0301\r\n\r\u212b")
def test_texts_that_look_alike_are_alike_in_their_comparable_copies(value):
    copy = comparable(value)
    assert "\r" not in copy
    assert unicodedata.is_normalized("NFC", copy)
    assert comparable(unicodedata.normalize("NFD", value.replace("\r\n", "\n").replace("\n", "\r\n"))) == copy


def test_both_databases_hold_what_passes_the_gate(database):
    with database.reading() as session:

        @settings(max_examples=150, deadline=None)
        @given(ANY_TEXT)
        @example("\x85\u2028\ufffe\uffff")
        def hold(value):
            for text in {cleaned(value), repair(value), tidy(value)} - {None}:
                assert session.scalar(select(cast(literal(text, Text), Text))) == text

        hold()


@given(ANY_TEXT, st.sampled_from(["Name", "Output"]), st.booleans(), st.booleans(), st.integers(0, 20))
def test_every_refusal_names_the_field(value, field, required, lines, limit):
    options = {"required": required, "lines": lines, "limit": limit}
    text = cleaned(value, **options)
    if text is None:
        with pytest.raises(InvalidInput, match=rf"^{field} ") as refused:
            clean(value, field, **options)
        assert refused.value.field == field
    else:
        assert len(text) <= limit
        assert text or not required
        assert lines or "\n" not in text


@pytest.mark.parametrize(
    ("value", "options", "words"),
    [
        ("a\x00b", {}, "control character (U+0000)"),
        ("a\x1bb", {}, "control character (U+001B)"),
        ("a\ud83d", {}, "half of a character pair"),
        ("a\nb", {"lines": False}, "must fit on one line"),
        ("a\rb", {"lines": False}, "must fit on one line"),
        ("x" * 1_001, {"limit": 1_000}, "is 1,001 characters long; at most 1,000 are taken"),
        (" \n\t ", {"required": True}, "is empty"),
    ],
)
def test_a_refusal_says_what_is_wrong(value, options, words):
    with pytest.raises(InvalidInput) as refused:
        clean(value, "Name", **options)
    assert words in refused.value.sentence


def test_tabs_and_line_ends_survive_and_line_ends_become_line_feeds():
    assert clean("  a\tb\r\nc\rd  ", "Input") == "a\tb\nc\nd"
    assert tidy("  a\tb\r\nc\rd  ") == "  a\tb\nc\nd  "


def test_a_text_is_measured_as_it_is_stored():
    assert clean("e\u0301" * 3, "Name", limit=3) == "\u00e9" * 3
    assert clean("  abc  ", "Name", limit=3) == "abc"


def test_a_model_s_text_is_mended_where_a_person_s_would_be_refused():
    assert repair("a\x00b\ud83dc\x0b") == "a\ufffdb\ufffdc\x0b"
    assert tidy("a\x00b\ud83dc\x0b") == "ab\ufffdc"


MARKS = [chr(code) for code in range(0x110000) if unicodedata.combining(chr(code))]


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*MARKS, *"aé한\u1112\u1161…\u1e9b\U0001f642"]), min_size=31, max_size=90).map("".join))
@example("a" + "\u0301\u0327\u0344\u0f73" * 20)
def test_any_number_of_marks_is_in_the_form_that_the_standard_library_gives_it(text):
    for form in ("NFC", "NFKC"):
        assert in_form(form, text) == unicodedata.normalize(form, text)


def test_a_hundred_thousand_marks_upon_one_letter_take_a_moment():
    with within(1):
        assert len(comparable("a" + "\u0301\u0327" * 50_000)) == 100_000
