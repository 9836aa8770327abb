"""A text that is read piece by piece, and the line and column that reading has come to. Memory is bounded."""

import codecs
import json
import re
from typing import Any

from app.imports.broken import Broken
from app.imports.inflating import PIECE
from app.imports.parts import shown_name
from app.imports.syntax import Decoder, fault_of, may_go_on
from app.imports.unpacking import Source

LONGEST = 4_000_000
# Each takes up to fifty times the room in memory that it has in the text.
MOST_VALUES = 200_000
_PIECE, _LARGEST_STEP = PIECE, 1 << 20
# Files that were put together have a byte order mark in their middle.
_BLANK = re.compile("[ \t\r\n\ufeff]*")
_BLANK_ON_LINE = re.compile("[ \t\r\ufeff]*")
_EMPTY_LINES = re.compile("(?:\r?\n)*")
# A text inside of JSON, also one that goes on after the end of what was read.
_TEXT = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?$)', re.DOTALL)
# What bytes that are no UTF-8 are decoded to.
_NO_UTF_8 = re.compile("[\udc80-\udcff]")


class Window:
    """The part of a text that is looked at: ``text`` from ``at`` on. ``line`` and ``column`` count from 1.

    ``passed`` is how many characters were read.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._bytes = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._decoder = Decoder()
        self._is_damaged = False
        self.text, self.at, self.line, self.column, self.ended = "", 0, 1, 1, False
        self.passed = 0
        self.grow()

    def grow(self) -> None:
        """Read on, by as much as there is already, so that a long value isn't looked at too often."""
        raw = self._source.read(min(max(_PIECE, len(self.text) - self.at), _LARGEST_STEP))
        piece = self._bytes.decode(raw, final=not raw)
        self._is_damaged = self._is_damaged or _NO_UTF_8.search(piece) is not None
        self.passed += len(piece)
        self.text, self.at, self.ended = self.text[self.at :] + piece, 0, not raw

    def place_of(self, place: int) -> tuple[int, int]:
        """Return the line and column of a place in ``text`` that is not before ``at``."""
        feeds = self.text.count("\n", self.at, place)
        column = place - self.text.rfind("\n", self.at, place) if feeds else self.column + place - self.at
        return self.line + feeds, column

    def go_to(self, place: int) -> None:
        self.line, self.column = self.place_of(place)
        self.at = place

    def next_mark(self) -> str:
        """Skip white space and return the character after it, empty at the end of the text."""
        self._skip(_BLANK)
        return self.text[self.at : self.at + 1]

    def value(self) -> Any:
        """Return the value that starts here and go to its end. Raises Broken, and stays here, where there is none."""
        # Where something is wrong with a value, lines are counted from the start of the text.
        if self.at > max(_PIECE, len(self.text)) // 16:
            self.text, self.at = self.text[self.at :], 0
        while True:
            try:
                value, end = self._decoder.decode(self.text, self.at)
            except RecursionError as error:
                raise self.broken("This is nested too deeply to be read.") from error
            except json.JSONDecodeError as error:
                problem: json.JSONDecodeError | None = error
            else:
                problem = None
                # A number may go on after the end of the window.
                if end < len(self.text) or self.ended:
                    return self._checked(value, end)
            if problem and (self.ended or not may_go_on(problem)):
                raise self.broken(self._bytes_or(fault_of(problem), problem.pos), problem.pos)
            if len(self.text) - self.at > LONGEST:
                raise self.broken(f"The value that starts here is longer than {LONGEST:,} characters, or broken.")
            if _is_crowded(self.text[self.at :]):
                raise self.broken(_CROWDED)
            self.grow()

    def rest_of_line(self) -> str:
        """Return what is left of the line, with its line feed, and stay here. Raises Broken where that is too long."""
        while (end := self.text.find("\n", self.at)) < 0 and not self.ended:
            if len(self.text) - self.at > LONGEST:
                raise self.broken(f"This line is longer than {LONGEST:,} characters.")
            self.grow()
        return self.text[self.at : end + 1 if end >= 0 else len(self.text)]

    def whole_line(self) -> str:
        """Return the line that we are in, from its start, without going there."""
        start = self.text.rfind("\n", 0, self.at) + 1
        return self.text[start : self.at].lstrip("\ufeff") + self.rest_of_line()

    def to_start_of_line(self) -> None:
        """Go back to the start of the line, where nothing but white space was passed."""
        self.at, self.column = self.text.rfind("\n", 0, self.at) + 1, 1
        if self.text.startswith("\ufeff", self.at):
            self.at += 1

    def next_mark_on_line(self) -> str:
        """Skip white space within the line and return the character after it, empty at the end of the line."""
        self._skip(_BLANK_ON_LINE)
        return self.text[self.at : self.at + 1].strip("\n")

    def skip_empty_lines(self) -> None:
        """Go to the next line that isn't empty."""
        self._skip(_EMPTY_LINES)

    def skip_line(self) -> None:
        """Go to the start of the next line."""
        while (end := self.text.find("\n", self.at)) < 0 and not self.ended:
            self.go_to(len(self.text))
            self.grow()
        self.go_to(end + 1 if end >= 0 else len(self.text))

    def is_damaged_in(self, text: str) -> bool:
        """Whether a part of what was read holds bytes that are no UTF-8."""
        return self._is_damaged and _NO_UTF_8.search(text) is not None

    def broken(self, sentence: str, place: int | None = None) -> Broken:
        """Return what is said of a place in ``text``, of ``at`` where none is named."""
        return Broken(sentence, *self.place_of(self.at if place is None else place))

    def _skip(self, blank: re.Pattern[str]) -> None:
        """Go to the end of what a pattern matches, which may be nothing. Raises Broken where that is too long."""
        skipped = 0
        while True:
            found = blank.match(self.text, self.at)
            end = found.end() if found else self.at
            skipped += end - self.at
            self.go_to(end)
            if end < len(self.text) or self.ended:
                return
            if skipped > LONGEST:
                raise self.broken(f"There is nothing but white space for {LONGEST:,} characters.")
            self.grow()

    def _checked(self, value: Any, end: int) -> Any:
        """Go to the end of a value and return it. A value that is refused is behind us, too: reading can go on."""
        start = self.place_of(self.at)
        crowded = end - self.at > _PIECE and _is_crowded(self.text[self.at : end])
        damage = _NO_UTF_8.search(self.text, self.at, end) if self._is_damaged else None
        damaged = self.place_of(damage.start()) if damage else None
        self.go_to(end)
        if damaged:
            raise PassedOver("This is not UTF-8. Save the file as UTF-8.", *damaged)
        if crowded:
            raise PassedOver(_CROWDED, *start)
        if self._decoder.twice is not None:
            name = shown_name(self._decoder.twice)
            sentence = f"“{name}” stands twice in one object, and only one of them can count."
            raise PassedOver(sentence, *start)
        return value

    def _bytes_or(self, sentence: str, place: int) -> str:
        is_damaged = self._is_damaged and _NO_UTF_8.match(self.text, place)
        return "This is not UTF-8. Save the file as UTF-8." if is_damaged else sentence


def _is_crowded(text: str) -> bool:
    """Whether a part of JSON holds more values than are taken at once. What stands in its texts doesn't count."""
    return _marks_in(text) > MOST_VALUES and _marks_in(_TEXT.sub("", text)) > MOST_VALUES


def _marks_in(text: str) -> int:
    return text.count(",") + text.count("[") + text.count("{")


_CROWDED = (
    f"What starts here holds more than {MOST_VALUES:,} values. Leave out what isn’t text, such as vectors, or write a "
    "record for each example."
)


class PassedOver(Broken):
    """A value was read and can't be taken. What comes after it can be read."""
