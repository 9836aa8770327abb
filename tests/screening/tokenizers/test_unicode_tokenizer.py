"""English as published, every other script as people read it, and places in the text as it was written."""

import sys
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.screening.scripts import fold
from app.screening.tokenizers import ROUGE, UNICODE
from app.screening.tokenizers.unicode import _melts

# What changes its length or melts together when it is folded, beside what doesn't.
AWKWARD = "aZ9 ,_\u0130\u212a\u00df\u03a3\ufb01\u00bd\u337f\u0301\u0345\u1100\u1161\u314f\uff76\uff9e\u200d\u00ad\ufe0f\u0e33\u0e19\u0e49\u09c7\u09be中カ한👍🏽"  # noqa: E501
texts = st.one_of(st.text(), st.text(alphabet=st.sampled_from(AWKWARD)))


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_ascii_is_cut_as_published(text):
    assert UNICODE.tokens(text) == ROUGE.tokens(text)
    assert UNICODE.spans(text) == ROUGE.spans(text)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_the_ascii_of_other_texts_is_cut_as_published_too(text):
    assert UNICODE.tokens(f"{text} é") == [*ROUGE.tokens(text), "é"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Déjà vu, naïve CAFÉ", "déjà vu naïve café"),
        ("Die STRASSE, die Straße", "die strasse die strasse"),
        ("ΛΟΓΟΣ λόγος", "λογοσ λόγοσ"),
        ("Напишите стихотворение!", "напишите стихотворение"),
        ("العَرَبِيَّة لغة، نعم", "العَرَبِيَّة لغة نعم"),
        ("שָׁלוֹם עוֹלָם", "שָׁלוֹם עוֹלָם"),
        ("हिन्दी में लिखो।", "हिन्दी में लिखो"),
        ("தமிழ் எழுது", "தமிழ் எழுது"),
        ("한국어 문장을 쓰세요.", "한국어 문장을 쓰세요"),
        ("写一首Python诗，好吗？", "写 一 首 python 诗 好 吗"),
        ("東京タワーへ", "東 京 タ ワ ー へ"),
        ("น้ำเท่าไหร่ ๑๒", "น้\u0e4d\u0e32 เท่า ไห ร่ ๑๒"),
        ("ເປັນ ສາ", "ເປັ ນ ສາ"),
        ("ភាសាខ្មែរ", "ភា សា ខ្មែ រ"),
        ("မြန်မာ သင်္ဂါ", "မြ န် မာ သ င်္ဂါ"),
        ("ﬁnd Ａ１ x² ½ ℡", "find a1 x2 1 2 tel"),
        ("\u0390", "\u0390"),  # folding its case takes it apart
        ("\uff76\uff9eﾝ", "ガ ン"),
        ("می\u200cخواهم co\u00adoperate", "میخواهم cooperate"),
        ("don’t panic 👩🏽‍🚀 €5 ✓", "don t panic 5"),
        ("👍", ""),
        ("", ""),
    ],
)
def test_tokens(text, expected):
    assert UNICODE.tokens(text) == expected.split()


@given(texts)
def test_how_a_text_is_encoded_changes_nothing(text):
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    assert [UNICODE.tokens(form) for form in forms] == [UNICODE.tokens(forms[0])] * 4


@given(texts)
def test_spans_are_as_many_as_the_tokens_and_in_order(text):
    spans = UNICODE.spans(text)

    assert len(spans) == len(UNICODE.tokens(text))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(a == b or a[1] <= b[0] or _shares_a_piece(text, a, b) for a, b in pairwise(spans))


@given(texts)
def test_each_token_is_in_what_its_span_covers(text):
    tokens = UNICODE.tokens(text)
    assert all(
        token in fold(_seen(text[slice(*span)])) for token, span in zip(tokens, UNICODE.spans(text), strict=True)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Die STRASSE!", ["Die", "STRASSE"]),
        ("İzmir’de", ["İzmir", "de"]),
        ("ﬁnd e\u0301te\u0301", ["ﬁnd", "e\u0301te\u0301"]),
        ("ㅎㅏㄴ x", ["ㅎㅏㄴ", "x"]),
        ("น้ำ", ["น้ำ"]),
        ("㍿ ½a", ["㍿", "㍿", "㍿", "㍿", "½", "½a"]),
        ("a\u200db\u00ad c", ["a\u200db", "c"]),
    ],
)
def test_spans_cover_the_text_as_it_was_written(text, expected):
    assert [text[start:end] for start, end in UNICODE.spans(text)] == expected


def test_every_letter_and_digit_of_every_script_is_in_a_word_and_no_sign_is():
    assigned = (each for each in _characters() if unicodedata.category(each) != "Cn")
    wrong = [hex(ord(each)) for each in assigned if _is_word(each) != _should_be_word(each)]
    assert wrong == []


def test_whatever_melts_into_its_neighbour_is_known_to():
    """Unicode's own list of pairs that become one character."""
    pairs = [unicodedata.decomposition(each).split() for each in _characters()]
    seconds = {chr(int(pair[1], 16)) for pair in pairs if len(pair) == 2 and pair[0][0] != "<"}
    assert len(seconds) > 60
    assert [hex(ord(each)) for each in seconds if not _melts(each)] == []


def _characters():
    return (chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)


def _is_word(character):
    return bool(UNICODE.tokens(character))


def _should_be_word(character):
    """By the categories of what it folds to. Marks alone make a word too; circles around symbols don't."""
    return any(unicodedata.category(each) in _OF_WORDS for each in fold(_seen(character)))


_OF_WORDS = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Mn", "Mc"}


def _seen(text):
    unseen = "\u00ad\u034f\u061c\ufeff"
    ranges = [
        (0x180B, 0x180F),
        (0x200C, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0xFE00, 0xFE0F),
        (0xE0000, 0xE0FFF),
    ]
    return "".join(each for each in text if each not in unseen and not any(a <= ord(each) <= b for a, b in ranges))


def _shares_a_piece(text, a, b):
    """Whether two spans overlap only where one written character holds several words."""
    return b[0] < a[1] and len(fold(text[b[0] : a[1]])) > 1
