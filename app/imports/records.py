"""JSON values out of a stream, one at a time: a list, or one value per line, packed with gzip or not.

Memory is bounded: no more is held than one value, and a value may have ``LONGEST`` characters at most.
"""

import codecs
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, TypeAlias

LONGEST = 4_000_000
_PIECE = 1 << 16
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_SPACE = " \t\r\n"
_SHAPE = "The file must be one JSON list, or have one JSON value on each line."
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands where a value can't be read: a sentence for the person whose file it is."""

    sentence: str


class _Broken(Exception):
    """The stream can't be read any further. Its only argument is the sentence."""


def read_values(stream: IO[bytes]) -> Iterator[tuple[int, Any]]:
    """Yield each value of a JSON list or of JSON lines with the line it starts in, from 1.

    What can't be read is yielded as ``Unreadable``; where nothing after it can be read either, it is the last. A file
    whose first line is not JSON is not read any further. An empty file and an empty list yield nothing. A stream that
    starts like a gzip file is unpacked.
    """
    source = io.BufferedReader(_Tamed(stream))
    if source.peek(2)[:2] == _GZIP:
        source = io.BufferedReader(_Tamed(gzip.GzipFile(fileobj=source)))
    line = 1
    try:
        line += _skip_space(source)
        yield from _list_values(source, line) if source.peek(1)[:1] == b"[" else _line_values(source, line)
    except _Broken as broken:
        yield line, Unreadable(str(broken))


class _Tamed(io.RawIOBase):
    """A stream whose damage is told in a sentence."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, however little the stream gives at once: its first bytes are looked at together."""
        filled = 0
        while filled < len(buffer) and (piece := self._read(len(buffer) - filled)):
            buffer[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except EOFError as error:
            raise _Broken("The gzip file ends too early: a part is missing. Pack or download it again.") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise _Broken("The gzip file is damaged. Pack or download it again.") from error


_Source: TypeAlias = "io.BufferedReader[_Tamed]"


def _skip_space(source: _Source) -> int:
    """Skip what may stand before the first value. Returns how many line feeds that were."""
    if source.peek(3)[:3] == _BOM:
        source.read(3)
    feeds = 0
    while (first := source.peek(1)[:1]) and first.decode("latin-1") in _SPACE:
        feeds += source.read(1) == b"\n"
    return feeds


def _line_values(source: _Source, line: int) -> Iterator[tuple[int, Any]]:
    is_first = True
    try:
        # Split at line feeds only: U+2028 and its like are ordinary characters inside a JSON string.
        while raw := source.readline(LONGEST + 1):
            if raw.strip():
                yield line, _line_value(raw, is_first=is_first)
                is_first = False
            line += 1
    except _Broken as broken:
        yield line, Unreadable(str(broken))


def _line_value(raw: bytes, *, is_first: bool) -> Any:
    if len(raw) > LONGEST:
        raise _Broken(f"is longer than {LONGEST:,} bytes.")
    try:
        return json.loads(raw.decode())
    except UnicodeDecodeError:
        problem = "is not UTF-8. Save the file as UTF-8."
    except (ValueError, RecursionError):
        problem = "is not JSON."
    if is_first:
        raise _Broken(f"{problem} {_SHAPE}")
    return Unreadable(problem)


class _Window:
    """The part of a text that is being looked at, and the line that it has come to."""

    def __init__(self, source: _Source, line: int) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self.text, self.at, self.line, self.ended = "", 0, line, False

    def grow(self) -> None:
        """Read on, by as much as there is already, so that a long value isn't looked at too often."""
        raw = self._source.read(max(_PIECE, len(self.text) - self.at))
        try:
            piece = self._decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            raise _Broken("The file is not UTF-8 from here on. Save it as UTF-8.") from error
        self.text, self.at, self.ended = self.text[self.at :] + piece, 0, not raw

    def go_to(self, place: int) -> None:
        self.line += self.text.count("\n", self.at, place)
        self.at = place

    def next_mark(self) -> str:
        """Skip white space and return the character after it, empty at the end of the text."""
        while True:
            place = self.at
            while place < len(self.text) and self.text[place] in _SPACE:
                place += 1
            self.go_to(place)
            if place < len(self.text) or self.ended:
                return self.text[place : place + 1]
            self.grow()

    def value(self) -> Any:
        """Return the value that starts here and go to its end."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
            except RecursionError as error:
                raise _Broken("This is nested too deeply to be read.") from error
            except ValueError as error:
                problem: ValueError | None = error
            else:
                problem = None
                # A number may go on after the end of the window.
                if end < len(self.text) or self.ended:
                    self.go_to(end)
                    return value
            if self.ended or len(self.text) - self.at > LONGEST:
                raise self._broken(problem)
            self.grow()

    def _broken(self, problem: ValueError | None) -> _Broken:
        if len(self.text) - self.at > LONGEST:
            return _Broken(f"The value that starts here is broken, or longer than {LONGEST:,} characters.")
        if not self.text[self.at :].strip():
            return _Broken("The list ends in the middle: a part of the file is missing.")
        place = problem.pos if isinstance(problem, json.JSONDecodeError) else self.at
        self.go_to(min(place, len(self.text)))
        if self.at >= len(self.text) or str(problem).startswith("Unterminated string"):
            return _Broken("The file ends in the middle of a value: a part of it is missing.")
        return _Broken("From here on this is not JSON.")


def _list_values(source: _Source, line: int) -> Iterator[tuple[int, Any]]:
    window = _Window(source, line)
    try:
        yield from _inside(window)
    except _Broken as broken:
        yield window.line, Unreadable(str(broken))


def _inside(window: _Window) -> Iterator[tuple[int, Any]]:
    window.next_mark()
    window.go_to(window.at + 1)
    mark = window.next_mark()
    while mark != "]":
        line = window.line
        yield line, window.value()
        mark = window.next_mark()
        if mark == ",":
            window.go_to(window.at + 1)
            if window.next_mark() == "]":
                raise _Broken("There is a comma too many before the end of the list.")
        elif mark != "]":
            missing = "The list ends in the middle: a part of the file is missing."
            raise _Broken("A comma is missing here." if mark else missing)
    window.go_to(window.at + 1)
    if window.next_mark():
        raise _Broken("There is more after the end of the list. One list is a whole file.")
