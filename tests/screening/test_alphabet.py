"""Characters for words: distinct, never half of a pair, and limited in number."""

import pytest

from app.errors import InvalidInput
from app.screening import alphabet
from app.screening.alphabet import CAPACITY, Alphabet


def test_equal_words_share_a_character_and_others_do_not():
    written = Alphabet().write(["to", "be", "or", "not", "to", "be"])

    assert len(written) == 6
    assert len(set(written)) == 4
    assert written[:2] == written[4:]


def test_reading_learns_nothing():
    letters = Alphabet()
    known = letters.write(["known"])

    assert letters.read(["new", "known"])[1] == known
    assert letters.read(["new"]) == letters.read(["newer"]) != known
    assert letters.write(["newest"]) not in {known, letters.read(["new"])}


def test_surrogates_are_skipped_and_unicode_is_used_to_its_end():
    codes = [ord(alphabet._letter(index)) for index in range(CAPACITY)]

    assert len(set(codes)) == CAPACITY
    assert not set(codes) & {0x10FFFF, *range(0xD800, 0xE000)}
    assert max(codes) == 0x10FFFE


def test_one_word_too_many_is_refused_in_a_sentence():
    letters = Alphabet(capacity=2)
    letters.write(["one", "two", "one"])

    with pytest.raises(InvalidInput, match="more than 2 different words"):
        letters.write(["three"])
    assert letters.write(["two"])
