"""The one gate that every text passes on its way in: from a form, a file, a model or the command line.

Databases differ in what they refuse (Postgres a NUL, both drivers a lone surrogate), so it is refused here. Texts of
examples are stored as they came and compared as ``comparable`` copies.
"""

import re
import unicodedata
from itertools import chain, groupby
from typing import Literal

from app.errors import InvalidInput
from app.unseen import INVISIBLE, first_unseen, ordinary_spaces, shows_something, told, without_unseen

NAME_LIMIT = 120
FIELD_LIMIT = 100_000
_LONGEST_LIST = 1_000

_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Control characters other than tab, line feed and carriage return carry no text.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Marks upon letters are neither letters nor white space. No writing has more than a few upon one.
_MANY_MARKS = re.compile(r"[^\w\s\x00-\x7f]{31,}")
# What parts words or lines, and looks like a space in a name.
_SPACE = re.compile(r"\s")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")


def clean(value: str, field: str, *, limit: int = FIELD_LIMIT, required: bool = False, lines: bool = True) -> str:
    """Return a person's ``value`` in Unicode NFC, with line feeds only, outer white space removed.

    ``field`` is the name shown in the sentence, ``limit`` the largest number of characters.
    Raises InvalidInput for a NUL or other control character, a lone surrogate, an over-long text, a line
    break where ``lines`` is false, and an empty text where it is ``required``.
    """
    if _SURROGATE.search(value):
        raise InvalidInput(
            f"{field} holds half of a character pair (a lone surrogate). Paste the text again.", field=field
        )
    text = comparable(value).strip()
    if found := _CONTROL.search(text):
        code = f"U+{ord(found.group()):04X}"
        raise InvalidInput(f"{field} holds a control character ({code}). Remove it and try again.", field=field)
    if not lines and "\n" in text:
        raise InvalidInput(f"{field} must fit on one line.", field=field)
    if len(text) > limit:
        raise InvalidInput(f"{field} is {len(text):,} characters long; at most {limit:,} are taken.", field=field)
    if required and not text:
        raise InvalidInput(f"{field} is empty. Write something there.", field=field)
    return text


def clean_name(value: str, field: str, *, limit: int = NAME_LIMIT, required: bool = False) -> str:
    """Return what a person called something: as ``clean`` does, in one line, with one ordinary space between words.

    Two names that look alike don't differ by what nobody sees: raises InvalidInput for that, too, with its number.
    """
    text = ordinary_spaces(clean(value, field, lines=False, required=required)).strip()
    if found := first_unseen(text):
        raise InvalidInput(f"{field} holds {told(found)}. Remove it and try again.", field=field)
    if len(text) > limit:
        raise InvalidInput(f"{field} is {len(text):,} characters long; at most {limit:,} are taken.", field=field)
    if required and not shows_something(text):
        raise InvalidInput(f"{field} shows nothing. Write something there.", field=field)
    return text


def is_blank(value: str) -> bool:
    """Return whether ``value`` shows nothing: it is empty, or white space and characters of no width alone."""
    return not value.strip(INVISIBLE)


def as_it_came(value: str, field: str, *, limit: int = FIELD_LIMIT, required: bool = False) -> str:
    """Return a text of an example as it is: white space, line ends, control characters and forms of letters stay.

    Raises InvalidInput for what no database takes (a NUL, a lone surrogate), for an over-long text, and for one of
    white space alone where it is ``required``.
    """
    if found := _UNSTORABLE.search(value):
        what = "a NUL character (U+0000)" if found.group() == "\x00" else "half of a character pair (a lone surrogate)"
        raise InvalidInput(f"{field} holds {what}, which can’t be stored. Remove it and try again.", field=field)
    if len(value) > limit:
        raise InvalidInput(f"{field} is {len(value):,} characters long; at most {limit:,} are taken.", field=field)
    if required and not value.strip():
        raise InvalidInput(f"{field} is empty. Write something there.", field=field)
    return value


def comparable(value: str) -> str:
    """Return the copy of a text that is compared and looked for: in Unicode NFC, with line feeds only.

    Two texts that look alike are alike in it.
    """
    if value.isascii() and "\r" not in value:  # most are
        return value
    return in_form("NFC", with_line_feeds(value))


def in_form(form: Literal["NFC", "NFKC"], value: str) -> str:
    """Return ``value`` in a normal form of Unicode, in time that grows as its length does.

    The standard library takes the square of it to sort the marks upon one letter: seconds for what a text may hold, in
    which the whole process stands still. Where there are many they are sorted beforehand, as the form says.
    """
    return unicodedata.normalize(form, _MANY_MARKS.sub(_sorted_marks, value))


def _sorted_marks(found: re.Match[str]) -> str:
    apart = "".join(unicodedata.normalize("NFD", each) for each in found.group())
    runs = groupby(apart, key=lambda each: unicodedata.combining(each) != 0)
    return "".join(chain.from_iterable(sorted(run, key=unicodedata.combining) for _, run in runs))


def with_line_feeds(value: str) -> str:
    """Return ``value`` with every line end as a line feed."""
    return value.replace("\r\n", "\n").replace("\r", "\n")


def whole_number(text: str) -> int | None:
    """Return the number that ``text`` is in plain digits, None where it is anything else or has more than 18 of them.

    ``int`` alone takes other scripts' digits and refuses thousands of them with an error of its own.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def whole_numbers(text: str) -> list[int]:
    """Return the whole numbers of a list with commas; what is none is left out, and so is what comes very late."""
    found = (whole_number(each) for each in text[:_LONGEST_LIST].split(","))
    return [number for number in found if number is not None]


def parse_whole(text: str, field: str, least: int, most: int) -> int | None:
    """Return the whole number typed into ``field``, None where it was left empty. Thousands may have commas.

    Raises InvalidInput for anything else, and below ``least`` or above ``most``.
    """
    digits = text.strip().replace(",", "")
    if not digits:
        return None
    number = whole_number(digits)
    if number is None or not least <= number <= most:
        raise InvalidInput(f"{field} must be a whole number from {least:,} to {most:,}.", field=field)
    return number


def repair(value: str, *, limit: int = FIELD_LIMIT) -> str:
    """Return a model's text as it came, but for what no database takes: that becomes U+FFFD; the rest is cut.

    Nobody is there to be asked, and the bytes stay in the ledger, so nothing is lost by it.
    """
    return _UNSTORABLE.sub("\ufffd", value)[:limit]


def tidy(value: str, *, limit: int = FIELD_LIMIT) -> str:
    """Return a name or a search that nobody can be asked about: in NFC, line feeds only, no control characters."""
    return in_form("NFC", _CONTROL.sub("", with_line_feeds(repair(value.replace("\x00", "")))))[:limit]


def tidy_name(value: str, *, limit: int = NAME_LIMIT) -> str:
    """Return a name that nobody can be asked about as ``clean_name`` takes it, empty where it shows nothing.

    It comes from a file, a model, a provider or a database. Where something can't be told, U+FFFD stands for it.
    """
    text = value[: 4 * limit]
    while (tidied := _tidied_name(text, limit)) != text:
        text = tidied
    return text if shows_something(text) else ""


def _tidied_name(value: str, limit: int) -> str:
    text = _PRIVATE.sub("\ufffd", _SPACE.sub(" ", tidy(value)))
    return ordinary_spaces(in_form("NFC", without_unseen(text))).strip()[:limit].strip()
