"""The one gate that every text passes on its way in: from a form, a file, a model or the command line.

Databases differ in what they refuse (Postgres a NUL, both drivers a lone surrogate), so it is refused here.
"""

import re
import unicodedata

from app.errors import InvalidInput

NAME_LIMIT = 120
FIELD_LIMIT = 100_000
_LONGEST_LIST = 1_000

_SURROGATE = re.compile("[\ud800-\udfff]")
# Control characters other than tab, line feed and carriage return carry no text.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# White space in every script, and what is drawn as nothing: a text of these alone says nothing.
INVISIBLE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
    "\xad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\ufeff\u115f\u1160\u3164\uffa0\u2800"
)


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
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
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


def is_blank(value: str) -> bool:
    """Return whether ``value`` shows nothing: it is empty, or white space and characters of no width alone."""
    return not value.strip(INVISIBLE)


def drop_controls(value: str) -> str:
    """Return a file's ``value`` without control characters that carry no text and got there by accident.

    A NUL stays for the gate to refuse: it means that the file is damaged.
    """
    return _CONTROL.sub(lambda found: "\x00" if found.group() == "\x00" else "", value)


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
    """Return a model's ``value`` fit to be stored: what a person would be asked to mend is mended or cut here.

    The bytes as they came stay in the ledger, so nothing is lost by it.
    """
    text = _SURROGATE.sub("\ufffd", value).replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _CONTROL.sub("", text))[:limit]
