"""Tables of answers as they come in CSV files of any kind: every cell stands in a column, or nothing is read. Pure."""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from typing import NamedTuple

from app.errors import InvalidInput, Problems
from app.text import tidy

_DELIMITERS = (",", ";", "\t", "|")
# Spreadsheets name the delimiter in a line before the header.
_NAMED_DELIMITER = re.compile(r'"?sep=(.)"?[^\S\n]*(?:\r\n?|\n)', re.IGNORECASE)
_JSON = re.compile(r'\s*(\{\s*"|\[\s*[{\["])')
_LONGEST_CELL = 2**31 - 1  # what every system takes; the module's own limit is for no longer than 131,072


class Row(NamedTuple):
    """The cells of a row as they are compared, as many as the header has, and the line that it begins in."""

    line: int
    cells: Sequence[str]


class Table(NamedTuple):
    """``names`` are those of the columns, as they are written; ``rows`` are those that hold anything."""

    names: Sequence[str]
    rows: Sequence[Row]

    def place_of(self, name: str) -> int | None:
        """Return the place of the column with this name, in any case; None where there is none.

        Raises InvalidInput where there are several.
        """
        wanted = _plain(name).casefold()
        found = [place for place, each in enumerate(self.names) if each.casefold() == wanted]
        if len(found) > 1:
            raise InvalidInput(f"More than one column is named “{_plain(name)}”.")
        return found[0] if found else None


def read_table(raw: bytes, problems: Problems) -> Table:
    """Return a CSV file as a table. What can't be placed is added to ``problems`` by line."""
    text = _decoded(raw, problems)
    named = _NAMED_DELIMITER.match(text)
    text = text[named.end() :] if named else text
    skipped = 1 if named else 0
    with _long_cells():
        delimiter = named[1] if named else _delimiter_of(text)
        rows = list(_read_rows(text, delimiter, skipped, problems))
    header = rows[0].cells if rows else []
    filled = [row for row in rows[1:] if any(row.cells)]
    width = len(header)
    # A delimiter at the end of every row parts nothing.
    if all(len(row.cells) > width and not any(row.cells[width:]) for row in filled):
        filled = [Row(row.line, row.cells[:width]) for row in filled]
    for row in filled:
        if len(row.cells) > width:
            problems.add(
                row.line,
                f"has {len(row.cells):,} cells, and the header {width:,}. Put cells that hold "
                f"{_NAMES.get(delimiter, delimiter)} into quotation marks.",
            )
    return Table(header, [row for row in filled if len(row.cells) <= width])


_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab"}


def _decoded(raw: bytes, problems: Problems) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        is_utf_16 = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
        line = raw.count(b"\n", 0, error.start) + 1
        problems.add(line, f"is {'UTF-16' if is_utf_16 else 'not UTF-8'}. Save the file as CSV in UTF-8.")
        return ""
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        problems.add(line, "holds a NUL: the file is damaged, or no CSV in UTF-8. Save it anew.")
        return ""
    if _JSON.match(text):
        problems.add(1, "is JSON. Save the answers as CSV, a line for each with its item and its annotator.")
        return ""
    return text


def _delimiter_of(text: str) -> str:
    """Return what parts the header into the most cells; quoted ones don't count."""
    return max(_DELIMITERS, key=lambda each: len(next(csv.reader(StringIO(text, newline=""), delimiter=each), [])))


def _read_rows(text: str, delimiter: str, skipped: int, problems: Problems) -> Iterator[Row]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = skipped + 1
    try:
        for cells in reader:
            yield Row(line, [_plain(cell) for cell in cells])
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        is_open = "end of data" in str(error)
        reason = "a quotation mark is opened and never closed" if is_open else error
        problems.add(line, f"is no CSV from here on: {reason}.")


def _plain(cell: str) -> str:
    """Return a cell as it is compared: in one line, without what nobody sees around it."""
    return " ".join(tidy(cell, limit=len(cell)).split())


@contextmanager
def _long_cells() -> Iterator[None]:
    """Take long cells meanwhile: a column that is left out may hold whole documents."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)
