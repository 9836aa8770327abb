"""JSON decoded strictly, and what is wrong with what is none, in words."""

import json
import re
from collections.abc import Iterable
from typing import Any

# JSON's numbers have no end; Python's whole numbers are read and written up to so many digits.
_MOST_DIGITS = 4_000
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_NUMBERS = re.compile(r"-?[0-9]")
# Words of other notations, and what JSON has for them.
_FOREIGN = {"True": "true", "False": "false", "None": "null", "undefined": "null", "nan": "null"}
_MOST_QUOTED = 30


class OddNumber(str):
    """A number that few can read: one with too many digits, NaN, Infinity. It is kept as it was written."""

    __slots__ = ()


def is_text(value: Any) -> bool:
    """Whether a decoded value is a text, and not a number that was kept as one."""
    return isinstance(value, str) and not isinstance(value, OddNumber)


class Decoder:
    """Decodes values out of a text. ``twice`` is a key that stands twice in one object of the last one, if any."""

    def __init__(self) -> None:
        self.twice: str | None = None
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_int=_whole, parse_float=_decimal, parse_constant=OddNumber
        )

    def decode(self, text: str, at: int) -> tuple[Any, int]:
        """Return the value that starts at a place, and where it ends. Raises JSONDecodeError and RecursionError."""
        self.twice = None
        return self._decoder.raw_decode(text, at)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            self.twice = first_twice(name for name, _ in pairs)
        return found


def first_twice(names: Iterable[str]) -> str | None:
    """Return the first name that stood before, None where each is another."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def may_go_on(error: json.JSONDecodeError) -> bool:
    """Whether what was wrong may be no more than that the text ended too early."""
    is_near_the_end = error.pos >= len(error.doc) - len('\\u1234"-Infinity')
    return is_near_the_end or error.msg.startswith("Unterminated string")


def fault_of(error: json.JSONDecodeError) -> str:
    """Return what is wrong, as a sentence."""
    text, at = error.doc, error.pos
    rest = text[at : at + _MOST_QUOTED]
    if error.msg.startswith(("Unterminated string", "Invalid control character")):
        return _fault_in_text(error)
    if error.msg.startswith("Invalid \\"):
        return "A backslash stands before a character that has no such form. Write it twice: \\\\."
    if not rest.strip():
        return "The file ends in the middle of a value: a part of it is missing."
    if rest[0] == "#" or rest.startswith(("//", "/*")):
        return "A comment stands here, and JSON has none. Remove it."
    if rest[0] in "'‘’“”":
        return (
            'A text stands in other quotation marks. JSON has the straight double ones ("): write it with a JSON tool.'
        )
    return _fault_at(error.msg, rest, text[:at].rstrip()[-1:])


def _fault_in_text(error: json.JSONDecodeError) -> str:
    if error.msg.startswith("Unterminated"):
        return "The file ends in the middle of a text: a part of it is missing, or its closing quotation mark."
    if error.doc[error.pos] in "\r\n":
        return "A text isn’t closed before its line ends. Close it, or write a line break inside a text as \\n."
    code = f"U+{ord(error.doc[error.pos]):04X}"
    return f"A control character ({code}) stands inside a text. JSON has it as \\u{code[2:].lower()} only."


def _fault_at(message: str, rest: str, before: str) -> str:
    if "delimiter" in message:
        missing = "comma" if "','" in message else "colon"
        starts_anew = rest[0] in '"{[' or _NUMBERS.match(rest)
        if missing == "comma" and not starts_anew:
            sentence = f"“{_quoted(rest)}” stands where a comma or the end of the object is expected."
            return f'{sentence} Is a quotation mark inside a text not written as \\"?'
        return f"A {missing} is missing before this."
    if rest[0] in "}]" and before == ",":
        return f"There is a comma too many before “{rest[0]}”."
    word = _WORD.match(rest)
    if word and word.group() in _FOREIGN:
        return f"“{word.group()}” is no JSON. Write {_FOREIGN[word.group()]}."
    if "property name" in message:
        return f"The name of a key must stand in double quotation marks; this is “{_quoted(rest)}”."
    return f"“{_quoted(rest)}” is no JSON value. A text must stand in double quotation marks."


def _quoted(rest: str) -> str:
    return rest.split("\n", 1)[0].split(" ", 1)[0].strip() or rest[:1]


def _whole(text: str) -> int | OddNumber:
    return int(text) if len(text) <= _MOST_DIGITS else OddNumber(text)


def _decimal(text: str) -> float | OddNumber:
    number = float(text)
    return OddNumber(text) if number in {float("inf"), float("-inf")} else number
