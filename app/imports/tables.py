"""Tables with a header: CSV and TSV, a record in each row."""

import csv
from collections.abc import Iterator
from typing import NamedTuple

from app.imports.broken import Broken, Unreadable
from app.imports.parts import KNOWN, folded, shown_name
from app.imports.syntax import first_twice
from app.imports.window import LONGEST, MOST_VALUES, Window

_DELIMITERS = {",": "CSV", "\t": "TSV", ";": "CSV with semicolons", "|": "a table with bars"}
_MOST_COLUMNS, _LONGEST_COLUMN = 10_000, 1_000
_MOST_IN_ROW = 2 * MOST_VALUES
# The module's own limit is for a cell of no more than 131,072 characters.
csv.field_size_limit(max(csv.field_size_limit(), LONGEST))


class Header(NamedTuple):
    """What a table's first line says: what parts its cells, what such a file is called, and its columns."""

    delimiter: str
    layout: str
    columns: list[str]


def header_of(line: str) -> Header | None:
    """Return the header that a first line is, None where it names no part of an example."""
    for delimiter, layout in _DELIMITERS.items():
        if line.count(delimiter) > _MOST_IN_ROW:
            continue
        try:
            columns = next(csv.reader([line], delimiter=delimiter, strict=True), [])
        except csv.Error:
            continue
        if len(columns) > 1 and any(folded(column) in KNOWN for column in columns):
            return Header(delimiter, layout, columns)
    return None


def rows_of(window: Window, header: Header) -> Iterator[tuple[int, dict[str, str] | Unreadable]]:
    """Yield each row after the header with the line that it starts in. Raises Broken where no row can follow."""
    if len(header.columns) > _MOST_COLUMNS:
        raise Broken(f"The table has more than {_MOST_COLUMNS:,} columns. Leave out what holds no text.", window.line)
    if long := next((name for name in header.columns if len(name) > _LONGEST_COLUMN), None):
        sentence = f"The name of the column “{shown_name(long)}” has more than {_LONGEST_COLUMN:,} characters."
        raise Broken(sentence, window.line)
    columns = [name or f"column {place}" for place, name in enumerate(header.columns, 1)]
    if (twice := first_twice(columns)) is not None:
        sentence = f"The column “{shown_name(twice)}” stands twice. Give each column a name of its own."
        raise Broken(sentence, window.line)
    lines = _Lines(window, header.delimiter)
    next(lines)
    rows = csv.reader(lines, delimiter=header.delimiter, strict=True)
    while True:
        window.skip_empty_lines()
        lines.begin_row()
        line = window.line
        try:
            cells = next(rows, None)
        except csv.Error as error:
            raise Broken(_said(error), line) from error
        if cells is None:
            return
        if cells:
            yield line, _record(columns, cells, window)


_ENDLESS = (
    f"The row that starts here has more than {LONGEST:,} characters or {_MOST_IN_ROW:,} lines or cells. Is a quotation "
    "mark never closed?"
)


class _Lines(Iterator[str]):
    """The lines of a window, given to one row after the other. Raises Broken where a row has no end."""

    def __init__(self, window: Window, delimiter: str) -> None:
        self._window, self._delimiter = window, delimiter
        self.begin_row()

    def begin_row(self) -> None:
        self._line, self._lines, self._characters, self._cells = self._window.line, 0, 0, 0

    def __next__(self) -> str:
        line = self._window.rest_of_line()
        if not line:
            raise StopIteration
        self._lines += 1
        self._characters += len(line)
        self._cells += line.count(self._delimiter)
        if self._characters > LONGEST or max(self._lines, self._cells) > _MOST_IN_ROW:
            raise Broken(_ENDLESS, self._line)
        self._window.go_to(self._window.at + len(line))
        return line


def _record(columns: list[str], cells: list[str], window: Window) -> dict[str, str] | Unreadable:
    if any(map(window.is_damaged_in, cells)):
        return Unreadable("This is not UTF-8. Save the file as UTF-8.")
    if len(cells) != len(columns):
        return Unreadable(
            f"The row has {len(cells)} cells and the header {len(columns)}. Is there a cell that needs quotation marks?"
        )
    return dict(zip(columns, cells, strict=True))


def _said(error: csv.Error) -> str:
    if "end of data" in str(error):
        return "A quotation mark is opened here and never closed."
    if "field larger" in str(error):
        return f"A cell here is longer than {LONGEST:,} characters, or a quotation mark is never closed."
    if "new-line" in str(error):
        return "The lines end as on old Macs. Save the file with ordinary line ends."
    return "A quotation mark stands alone inside a cell. Write it twice, and the whole cell in quotation marks."
