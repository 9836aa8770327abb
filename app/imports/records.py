"""The records of a file, one at a time, in bounded memory, whatever they stand in.

A list of JSON; JSON lines; objects one after the other; an object that wraps a list, as {"data": [...]}; an object of
columns, as pandas writes it; a table (CSV, TSV). A value may have ``window.LONGEST`` characters at most.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from app.imports.broken import Broken, Place, TooMuch, Unreadable
from app.imports.parts import KNOWN, folded
from app.imports.tables import Header, header_of, rows_of
from app.imports.unpacking import Glance, unpacked
from app.imports.window import PassedOver, Window
from app.settings import USUAL_LIMITS, FileLimits

_SHAPE = "A file of examples is a JSON list, JSON lines, or a table (CSV, TSV) whose first line names its columns."
_WRAPPERS = "data|examples|train|rows|records|items|samples|dataset|test|validation|instructions"
_TEXT = r'"(?:[^"\\]|\\.)*+"'
_SMALL = rf"(?:{_TEXT}|[-+.\w]++|\{{[^{{}}\[\]]*+\}}|\[[^{{}}\[\]]*+\])"
# The beginning of an object up to the list that it wraps.
_WRAPPED = re.compile(
    rf'(\{{\s*+(?:{_TEXT}\s*+:\s*+{_SMALL}\s*+,\s*+)*?)"({_WRAPPERS})"\s*+:\s*+(?=\[\s*+\{{)', re.IGNORECASE
)
_MOST_SEEN = 20


@dataclass(frozen=True, slots=True)
class Record:
    """One record: where it starts, counted from 1, and what it holds, or ``Unreadable``."""

    place: Place
    value: Any


class Records:
    """The records of a stream, to be read once, up to ``limits``. ``glance`` is called often, and may raise to end it.

    ``layout`` says what they stand in, ``beside`` names what stands beside the list in an object that wraps one; both
    are known once the last record was read, as far as they matter.
    """

    def __init__(self, stream: IO[bytes], limits: FileLimits = USUAL_LIMITS, glance: Glance = lambda: None) -> None:
        self.layout = ""
        self.beside: list[str] = []
        self._stream, self._limits, self._glance = stream, limits, glance
        self._window: Window | None = None
        self._number = 0
        self._used_line = 0

    @property
    def characters(self) -> int:
        """How much of the text was read."""
        return self._window.passed if self._window else 0

    def __iter__(self) -> Iterator[Record]:
        """Yield each record. What can't be read is ``Unreadable``; where nothing after it can be, it is the last."""
        try:
            self._window = window = Window(unpacked(self._stream, self._glance, self._limits.unpacked_mb))
            for count, record in enumerate(self._read(window), 1):
                if count > self._limits.records:
                    raise TooMuch(f"The file holds more than {self._limits.records:,} records. Import it in parts.")
                yield record
        except Broken as broken:
            yield self._unreadable(broken)

    def _unreadable(self, broken: Broken) -> Record:
        is_inside = self._window and self._number and not isinstance(broken, TooMuch)
        line = broken.line or (self._window.line if self._window and is_inside else 0)
        return Record(Place(broken.record, line, broken.column), Unreadable(broken.sentence))

    def _read(self, window: Window) -> Iterator[Record]:
        mark = window.next_mark()
        if mark == "[":
            self.layout = "a JSON list"
            yield from self._list(window)
            self._refuse_more(window, "There is more after the end of the list. One list is a whole file.")
        elif mark == "{":
            yield from self._objects(window)
        elif mark:
            header = header_of(window.whole_line())
            yield from self._table(window, header) if header else self._sequence(window)

    def _table(self, window: Window, header: Header) -> Iterator[Record]:
        self.layout = header.layout
        window.to_start_of_line()
        for line, value in rows_of(window, header):
            self._number += 1
            yield Record(Place(self._number, line), value)

    def _objects(self, window: Window) -> Iterator[Record]:
        wrapped = _WRAPPED.match(window.text, window.at)
        if wrapped:
            yield from self._wrapped(window, wrapped)
            return
        self._used_line, line = 0, window.line
        record = self._one(window)
        is_all = not window.next_mark()
        if is_all and (rows := _rows_of_columns(record.value)) is not None:
            self.layout = "an object of columns"
            yield from (Record(Place(number, line), row) for number, row in enumerate(rows, 1))
            return
        yield record
        self.layout = "one JSON object" if is_all else "JSON objects one after the other"
        if not is_all:
            yield from self._sequence(window, is_lines=window.line > line and self._used_line == line)

    def _wrapped(self, window: Window, opening: re.Match[str]) -> Iterator[Record]:
        self.layout = f"a JSON list inside of “{opening[2]}”"
        before = opening[1].rstrip().removesuffix(",") + "}"
        self.beside = list(json.loads(before))[:_MOST_SEEN]
        window.go_to(opening.end())
        yield from self._list(window)
        while (mark := window.next_mark()) == ",":
            window.go_to(window.at + 1)
            window.next_mark()
            key = window.value()
            if window.next_mark() != ":":
                raise window.broken("A colon is missing before this.")
            window.go_to(window.at + 1)
            window.next_mark()
            value = window.value()
            if (
                isinstance(value, list)
                and value
                and isinstance(value[0], dict)
                and re.fullmatch(_WRAPPERS, str(key), re.IGNORECASE)
            ):
                raise window.broken(f"The file holds several lists: “{opening[2]}” and “{key}”. Make a file of each.")
            self.beside = [*self.beside, str(key)][:_MOST_SEEN]
        if mark != "}":
            raise window.broken("The object around the list isn’t closed: a part of the file is missing.")
        window.go_to(window.at + 1)
        self._refuse_more(window, "There is more after the end of the object that holds the list.")

    def _list(self, window: Window) -> Iterator[Record]:
        ends_early = "The list ends in the middle: a part of the file is missing."
        self._step(window)
        mark = window.next_mark()
        while mark != "]":
            if not mark:
                raise window.broken(ends_early)
            self._used_line = window.line
            yield self._one(window)
            mark = window.next_mark()
            if mark == ",":
                self._step(window)
                mark = window.next_mark()
                if mark == "]":
                    raise window.broken("There is a comma too many before the end of the list.")
            elif mark != "]":
                raise window.broken(_between(window) if mark else ends_early)
        window.go_to(window.at + 1)

    def _sequence(self, window: Window, *, is_lines: bool | None = None) -> Iterator[Record]:
        """Yield values one after the other. In ``is_lines`` each has a line, so after a broken one the next is read."""
        while window.next_mark():
            line = window.line
            try:
                record = self._one(window)
            except Broken as broken:
                if not is_lines:
                    raise _with_shape(broken) if self._number == 1 else broken from None
                if broken.line > line:
                    broken = self._unfinished(line)
                yield self._unreadable(broken)
                window.skip_line()
                continue
            yield self._unless_more_on_line(window, record)
            is_lines = window.line == line if is_lines is None else is_lines
            self.layout = "JSON lines" if is_lines else "JSON objects one after the other"

    def _one(self, window: Window) -> Record:
        """Read the record that starts here. Raises Broken where it can't be read."""
        self._number += 1
        column = window.column if window.line == self._used_line else None
        place = Place(self._number, window.line, column)
        try:
            value = window.value()
        except PassedOver as broken:
            place, value = Place(self._number, broken.line, broken.column), Unreadable(broken.sentence)
        except Broken as broken:
            broken.record = self._number
            raise
        self._used_line = window.line
        return Record(place, value)

    def _unless_more_on_line(self, window: Window, record: Record) -> Record:
        mark = window.next_mark_on_line()
        if not mark or mark in "{[":
            return record
        sentence = f"There is more on the line after the object: “{mark}”."
        if mark == ",":
            sentence = "A comma stands after the object. JSON lines have none; in a list, [ and ] stand around all."
        place = Place(record.place.record, window.line, window.column)
        window.skip_line()
        return Record(place, Unreadable(sentence))

    def _unfinished(self, line: int) -> Broken:
        broken = Broken("The object isn’t complete on its line. JSON lines have each object on one line.", line)
        broken.record = self._number
        return broken

    def _step(self, window: Window) -> None:
        self._used_line = window.line
        window.go_to(window.at + 1)

    def _refuse_more(self, window: Window, sentence: str) -> None:
        if window.next_mark():
            raise window.broken(sentence)


def _between(window: Window) -> str:
    """What is wrong where a comma should stand between two records."""
    rest = window.text[window.at : window.at + 2]
    if rest[0] == "#" or rest in {"//", "/*"}:
        return "A comment stands here, and JSON has none. Remove it."
    return "A comma is missing before this."


def _with_shape(broken: Broken) -> Broken:
    broken.sentence = f"{broken.sentence} {_SHAPE}"
    return broken


def _rows_of_columns(value: Any) -> Iterator[dict[str, Any]] | None:
    """Return the rows of an object of columns, each a list or numbered from 0 as pandas does; None where it is none."""
    if not isinstance(value, dict) or not any(folded(name) in KNOWN for name in value):
        return None
    columns = list(value.values())
    if all(isinstance(each, list) for each in columns) and len({len(each) for each in columns}) == 1:
        return (dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True))
    numbered = [str(number) for number in range(len(columns[0]))] if isinstance(columns[0], dict) else []
    if numbered and all(isinstance(each, dict) and list(each) == numbered for each in columns):
        return ({name: value[name][number] for name in value} for number in numbered)
    return None
