"""Names: what nobody sees is refused or taken out, and stays where it changes what is seen."""

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.text import clean_name, is_blank, tidy_name
from app.unseen import first_unseen

# In names of people and things: Persian (می‌رضا, a joiner that parts), Sinhala and Bengali (joiners beside a virama),
# Kannada and Malayalam, emoji of several, keycaps and flags, ideographs with a form, Mongolian, Hebrew, Thai.
LEGITIMATE = [
    "علی\u200cرضا",
    "می\u200cخواهم",
    "ش\u0650\u200cما",
    "كـتاب",
    "ශ\u0dca\u200dරී",
    "র\u200d\u09cdযাব",
    "ಕ\u0ccd\u200cಷ",
    "ക\u0d4d\u200d",
    "क\u094d\u200dष",
    "❤\ufe0f",
    "❤\ufe0e",
    "❤\ufe0f\u200d🔥",
    "🏳\ufe0f\u200d🌈",
    "🏴\u200d☠\ufe0f",
    "👩🏽\u200d💻",
    "👨\u200d👩\u200d👧\u200d👦",
    "1\ufe0f\u20e3",
    "🇩🇪",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "葛\U000e0100飾区",
    "神\ufe00",
    "ᠬᠢ\u180b",
    "ᠭᠠ\u180eᠠ",
    "דוד בן־גוריון",
    "ณัฐ",
    "ສະບາຍດີ",
    "Nguyễn Văn Ý",
    "O’Brien-Łódź (2)",
    "Jos\u00e9 · 北京",
    "\u0661\u0662\u0663 \u06dd\u0664",
    "\U0001fae8 new",  # an emoji of Unicode 15, which Python 3.11 doesn't know
    "٪50",
    "a",
]
# Every one of these is drawn as nothing, or as a space, between Latin letters.
UNSEEN = [
    *(chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)),
    *(chr(code) for code in (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F)),
    *(chr(code) for code in (0x200B, 0x200C, 0x200D, 0x2060, 0x2061, 0x2064, 0x2065, 0x206A, 0x206F, 0xFEFF, 0xAD)),
    *(chr(code) for code in (0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x034F, 0x17B4, 0x17B5, 0x180B, 0x180E, 0x180F)),
    *(chr(code) for code in (0x2028, 0x2029, 0x85, 0xFE00, 0xFE0E, 0xFE0F, 0xFFF9, 0xFFFB, 0xFFFE, 0xFDD0)),
    *(chr(code) for code in (0x1BCA0, 0x1D159, 0x1D173, 0xE0001, 0xE0020, 0xE0041, 0xE007F, 0xE0100, 0xE01EF, 0x1FFFF)),
    *(chr(code) for code in (0xE000, 0xF8FF, 0xF0000, 0x10FFFD)),
]
ANY_NAME = st.text(st.characters(categories=None) | st.sampled_from("".join(UNSEEN + LEGITIMATE)), max_size=30)


@pytest.mark.parametrize("name", LEGITIMATE)
def test_what_belongs_in_a_name_stays(name):
    assert clean_name(name, "Name", required=True) == name
    assert tidy_name(name) == name


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_what_nobody_sees_is_refused_by_its_number_and_tidied_where_nobody_can_be_asked(unseen):
    for name in (f"Ad{unseen}a", f"Ada{unseen}B", f"{unseen}Ada", f"Ada {unseen} B"):
        try:
            assert clean_name(name, "Your name") in {"Ada", "Ada B"}  # white space around it goes, as everywhere
        except InvalidInput as refused:
            assert f"(U+{ord(unicodedata.normalize('NFC', unseen)):04X})" in refused.sentence
            assert refused.sentence.startswith("Your name holds a ")
    with pytest.raises(InvalidInput):
        clean_name(f"Ad{unseen}a", "Your name")
    assert tidy_name(f"Ad{unseen}a") in {"Ada", "Ad a", "Ad\ufffda"}


@pytest.mark.parametrize(
    "name",
    [
        "👍\ufe0f",  # wide: a picture without it
        "❤\ufe0f\ufe0f",
        "❤\ufe0e\ufe0f",
        "a\u200db",
        "👍\u200d",
        "\u200d👍",
        "क\u094d\u200d\u200dष",
        "در\u200cد",  # behind a letter that joins to nothing
        "علی\u200c",
        "علی\u200c\u200cرضا",
        "علی\u200cAli",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067",
        "🏴\U000e0075\U000e0073\U000e0063\U000e0061\U000e007f",  # California is drawn as a black flag
        "👍\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "A\ufe00",
        "A\U000e0100",
        "\ufe0f",
    ],
    ids=ascii,
)
def test_what_belongs_elsewhere_is_unseen_here(name):
    with pytest.raises(InvalidInput, match=r"\(U\+[0-9A-F]{4,5}\)"):
        clean_name(name, "Name")
    assert first_unseen(tidy_name(name)) == ""


def test_spaces_between_words_are_one_whatever_was_typed():
    assert clean_name("  Ada  \t B\u3000C ", "Name") == "Ada B C"
    assert tidy_name(" Ada\u00a0\u2003B\r\nC\u3000") == "Ada B C"


@pytest.mark.parametrize(
    "blank", ["", " ", "\u3000", "\t \u3000", "\u00a0", "\u200b", "\u3164", "\u2800\u2800", "\u0301"]
)
def test_a_name_shows_something(blank):
    with pytest.raises(InvalidInput, match="^Name "):
        clean_name(blank, "Name", required=True)
    assert tidy_name(blank) == ""


@given(ANY_NAME, st.integers(1, 20))
@example("a\u034f\u0301", 5)
@example("\U0001d15e" * 5, 5)
@example("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 5)
@example("ش\u200cک", 2)
def test_what_was_tidied_is_never_refused_and_tidying_again_changes_nothing(value, limit):
    name = tidy_name(value, limit=limit)
    assert tidy_name(name, limit=limit) == clean_name(name, "Name", limit=limit, required=bool(name)) == name
    assert len(name) <= limit


@given(ANY_NAME)
def test_a_name_that_passes_differs_from_no_other_by_a_space_or_by_what_is_drawn_as_nothing(value):
    try:
        name = clean_name(value, "Name", required=True)
    except InvalidInput:
        return
    assert unicodedata.is_normalized("NFC", name)
    assert not is_blank(name)
    assert "  " not in name
    spaces = {each for each in name if each.isspace()}
    assert spaces <= {" "}
    assert not {each for each in name if unicodedata.category(each) in {"Cc", "Cs", "Co", "Zl", "Zp"}}
    assert not {each for each in name if unicodedata.bidirectional(each) in {"LRE", "RLE", "LRO", "RLO", "PDF"}}
    assert not {each for each in name if unicodedata.bidirectional(each) in {"LRI", "RLI", "FSI", "PDI", "BN"}} - {
        "\u200c",
        "\u200d",
        "\u180e",
        *map(chr, range(0xE0020, 0xE0080)),
    }


def test_every_format_character_there_is_was_judged():
    """Of all of them these are drawn (Unicode, chapter 9.2 and the blocks' charts) or belong somewhere."""
    passing = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Cf"]
    passing = [each for each in passing if not first_unseen(f"a{each}b")]
    assert {unicodedata.name(each).split()[0] for each in passing} == {"ARABIC", "SYRIAC", "KAITHI"}
    assert all(
        "SIGN" in unicodedata.name(each)
        or "MARK" in unicodedata.name(each)
        or "AYAH" in unicodedata.name(each)
        or "POUND" in unicodedata.name(each)
        for each in passing
    )


def test_the_longest_upload_of_nothing_is_tidied_at_once():
    assert tidy_name("\u202e" * 1_000_000 + "a") == ""
    assert tidy_name("a\u200d" * 1_000_000, limit=10) == "a" * 10
