"""Agreement at the command line: answers read from a CSV file, figures laid out as JSON or as a table. Pure."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from textwrap import shorten, wrap
from typing import IO, Any, NamedTuple

from app.errors import AppError, InvalidInput, Problems
from app.statistics.agreement import CAVEAT, Agreement, agreement_of, word_for
from app.statistics.intervals import Figure
from app.statistics.level import Level
from app.statistics.matrix import Matrix, matrix_of
from app.text import tidy

_COLUMNS = ("item", "annotator", "answer")
_DELIMITERS = (",", ";", "\t")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_LONGEST_CELL = 2**31 - 1  # what every system takes; the module's own limit is for no longer than 131,072
_REFUSED = "Nothing was measured"
_WIDTH = 24  # of the names in a table


class _Row(NamedTuple):
    line: int
    item: str
    annotator: str
    answer: str


def read_matrix(stream: IO[bytes], level: Level, scale: str = "") -> Matrix:
    """Return the answers of a CSV file with the columns item, annotator and answer, in any order, among any others.

    ``scale`` names the answers of the ordinal level, lowest first, with commas between. Rows with an empty answer are
    left out. Raises ImportRefused with a sentence per line that can't be taken, InvalidInput for a scale that can't.
    """
    order = _order(scale, level)
    problems = Problems()
    rows = list(_read_rows(stream.read(), problems))
    _refuse_repeats(rows, problems)
    answers = _on_scale(rows, order, problems) if order else _at_level(rows, level, problems)
    if problems.count:
        raise problems.refusal(_REFUSED)
    return matrix_of(
        ((row.item, row.annotator, answer) for row, answer in zip(rows, answers, strict=True)), order or None
    )


def _order(scale: str, level: Level) -> list[str]:
    order = [tidy(name).strip() for name in scale.split(",")] if scale.strip() else []
    if order and level is not Level.ORDINAL:
        raise InvalidInput("--scale names the order of answers and goes with --level ordinal.")
    if len(set(order)) < len(order) or "" in order:
        raise InvalidInput("--scale must name each answer once, lowest first, such as bad,fair,good.")
    return order


def _read_rows(raw: bytes, problems: Problems) -> Iterator[_Row]:
    """Yield the rows that have an answer, with the line that each begins in."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add(raw.count(b"\n", 0, error.start) + 1, "is not UTF-8. Save the file as UTF-8.")
        return
    header, _, _ = text.partition("\n")
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        with _long_cells():
            places = _places(next(reader, []))
            line = reader.line_num + 1
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield from _row(line, cells, places, problems)
                line = reader.line_num + 1
    except csv.Error as error:
        problems.add(line, f"is no CSV from here on: {error}.")
    except AppError as error:
        problems.add(1, error.sentence)


@contextmanager
def _long_cells() -> Iterator[None]:
    """Take long cells meanwhile: a column that is left out may hold whole documents."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _places(header: Sequence[str]) -> tuple[int, ...]:
    """Return where the three columns are."""
    names = [name.strip().lower() for name in header]
    missing = [f"“{name}”" for name in _COLUMNS if name not in names]
    if missing:
        raise InvalidInput(f"There must be columns named item, annotator and answer; missing: {', '.join(missing)}.")
    if doubled := [f"“{name}”" for name in _COLUMNS if names.count(name) > 1]:
        raise InvalidInput(f"More than one column is named {', '.join(doubled)}.")
    return tuple(names.index(name) for name in _COLUMNS)


def _row(line: int, cells: Sequence[str], places: Sequence[int], problems: Problems) -> Iterator[_Row]:
    if len(cells) <= max(places):
        problems.add(line, "has fewer cells than the first line.")
        return
    item, annotator, answer = (" ".join(tidy(cells[place]).split()) for place in places)
    if empty := [name for name, cell in zip(_COLUMNS, (item, annotator), strict=False) if not cell]:
        problems.add(line, f"“{empty[0]}” is empty.")
    elif answer:
        yield _Row(line, item, annotator, answer)


def _refuse_repeats(rows: Sequence[_Row], problems: Problems) -> None:
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        before = first.setdefault((row.item, row.annotator), row.line)
        if before != row.line:
            problems.add(row.line, f"“{row.annotator}” answered about “{row.item}” in line {before:,} already.")


def _on_scale(rows: Sequence[_Row], order: Sequence[str], problems: Problems) -> list[Any]:
    for row in rows:
        if row.answer not in order:
            problems.add(row.line, f"“{row.answer}” is not on the scale {', '.join(order)}.")
    return [row.answer for row in rows]


def _at_level(rows: Sequence[_Row], level: Level, problems: Problems) -> list[Any]:
    """Return the answers as texts or as numbers, whichever ``level`` goes by."""
    if level is Level.NOMINAL or (level is Level.ORDINAL and all(_is_letter(row.answer) for row in rows)):
        return [row.answer for row in rows]
    for row in rows:
        if not _NUMBER.fullmatch(row.answer):
            remedy = " Name the order of the answers with --scale." if level is Level.ORDINAL else ""
            problems.add(row.line, f"“{row.answer}” is not a number.{remedy}")
    return [float(row.answer) if _NUMBER.fullmatch(row.answer) else row.answer for row in rows]


def _is_letter(answer: str) -> bool:
    return len(answer) == 1 and answer.isalpha()


def report(matrix: Matrix, level: Level, *, as_json: bool) -> Iterator[str]:
    """Yield the lines of what the command prints: a table for people, or one JSON object."""
    found = agreement_of(matrix, level)
    return iter([json.dumps(object_of(matrix, found), indent=2)]) if as_json else lines_of(matrix, found)


def figures_of(found: Agreement) -> dict[str, Figure]:
    """Return the figures that are printed, by their names."""
    return {
        "percent_agreement": found.percent,
        "cohen_kappa": found.cohen,
        "fleiss_kappa": found.fleiss,
        "krippendorff_alpha": found.alpha,
    }


def object_of(matrix: Matrix, found: Agreement) -> dict[str, Any]:
    """Return the object that ``--json`` prints; ``reasons`` is there where a figure or an interval is null."""
    figures = figures_of(found)
    intervals = {name: each.interval and [each.interval.low, each.interval.high] for name, each in figures.items()}
    reasons = {name: each.reason for name, each in figures.items() if each.reason}
    return {
        "items": len(matrix.items),
        "annotators": len(matrix.annotators),
        **{name: each.value for name, each in figures.items()},
        "intervals": intervals,
        **({"reasons": reasons} if reasons else {}),
    }


def lines_of(matrix: Matrix, found: Agreement) -> Iterator[str]:
    """Yield the lines of the table for people."""
    yield f"{len(matrix.items):,} items, {len(matrix.annotators):,} annotators, {int(matrix.given.sum()):,} answers"
    yield ""
    yield f"{'':{_WIDTH}}  value  95% interval"
    yield _line("Same answers", found.percent, "")
    for name, figure in (
        ("Cohen's kappa", found.cohen),
        ("Fleiss' kappa", found.fleiss),
        ("Krippendorff's alpha", found.alpha),
    ):
        yield _line(name, figure, word_for(figure.value) if figure.value is not None else "")
    yield ""
    yield from wrap(CAVEAT, 100)
    yield ""
    yield "Same answers as the others gave to the same items:"
    for each in found.each:
        yield _line(each.annotator, each.percent, f"{each.answers:,} answers")


def _line(name: str, figure: Figure, remark: str) -> str:
    start = f"{shorten(name, _WIDTH, placeholder='…'):{_WIDTH}}"
    if figure.value is None:
        return f"{start}   {figure.reason}"
    told = f"{figure.interval.low:5.2f} to {figure.interval.high:.2f}" if figure.interval else figure.reason
    return f"{start}  {figure.value:5.2f}  {told}  {remark}".rstrip()
