"""Answers read from a CSV file: three columns, a column for each annotator, or as Tamis writes them. Pure."""

from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

from app.csv_lines import untamed
from app.errors import AppError, InvalidInput, Problems
from app.statistics.answer_tables import Row, Table, read_table
from app.statistics.answer_values import often_missing, order_of, values_of
from app.statistics.level import Level
from app.statistics.matrix import Matrix, matrix_of

_REFUSED = "Nothing was measured"
_QUESTION = "question"
# By these columns a file of Tamis is known, in which some ratings are no part of the sample.
_OF_TAMIS = ("number", "gold", "counts")


class Columns(NamedTuple):
    """Where the answers are, by the names of columns as they are typed; empty: those that are usually named so.

    ``annotators`` names the column that says who answered or, where ``is_wide``, the columns of those who did. Of a
    file with several questions ``question`` says which. ``missing`` are answers that mean that there is none.
    """

    item: str = ""
    annotators: tuple[str, ...] = ()
    answer: str = ""
    question: str = ""
    is_wide: bool = False
    missing: frozenset[str] = frozenset()


USUAL = Columns()


class Answers(NamedTuple):
    """The answers of a file, and what people should know about how they were taken, a sentence each."""

    matrix: Matrix
    notes: list[str]


class _Answer(NamedTuple):
    line: int
    item: str
    annotator: str
    answer: str


def read_answers(stream: IO[bytes], level: Level, scale: str = "", columns: Columns = USUAL) -> Answers:
    """Return the answers of a CSV file. ``scale`` names those of the ordinal level, lowest first, with commas between.

    Rows with an empty answer are left out. Raises ImportRefused with a sentence per line that can't be taken,
    InvalidInput for a scale that can't.
    """
    order = order_of(scale, level)
    problems, notes = Problems(), list[str]()
    answers: list[_Answer] = []
    try:
        table = read_table(stream.read(), problems)
        if table.names or not problems.count:
            answers = [each for each in _answers_of(table, columns, problems, notes) if each.answer]
    except AppError as error:
        problems.add(1, error.sentence)
    answers = [each for each in answers if each.answer not in columns.missing]
    _refuse_repeats(answers, problems)
    values, whole = values_of([(each.line, each.answer) for each in answers], level, order, problems)
    if problems.count:
        raise problems.refusal(_REFUSED)
    if doubtful := often_missing([each.answer for each in answers]):
        names = ",".join(doubtful)
        notes.append(f"{', '.join(doubtful)} counted as an answer. If it means that there is none: --missing {names}")
    cells = ((each.item, each.annotator, value) for each, value in zip(answers, values, strict=True))
    return Answers(matrix_of(cells, whole), notes)


def _refuse_repeats(answers: Sequence[_Answer], problems: Problems) -> None:
    first: dict[tuple[str, str], int] = {}
    for each in answers:
        before = first.setdefault((each.item, each.annotator), each.line)
        if before != each.line:
            problems.add(each.line, f"“{each.annotator}” answered about “{each.item}” in line {before:,} already.")


def refuse_nothing(matrix: Matrix) -> None:
    """Raise InvalidInput where no two people answered about the same item: there is no figure then."""
    if not matrix.codes.size:
        raise InvalidInput(f"{_REFUSED}: the file holds no answers.")
    if len(matrix.annotators) < 2:
        raise InvalidInput(f"{_REFUSED}: all answers are of “{matrix.annotators[0]}”. Agreement takes two people.")
    if not (matrix.given.sum(axis=1) > 1).any():
        raise InvalidInput(f"{_REFUSED}: no item was answered by two people.")


def _answers_of(table: Table, columns: Columns, problems: Problems, notes: list[str]) -> Iterator[_Answer]:
    if columns.is_wide or len(columns.annotators) > 1:
        return _read_wide(table, columns, problems)
    return _read_long(_of_question(table, columns, notes), columns, problems)


def _read_long(table: Table, columns: Columns, problems: Problems) -> Iterator[_Answer]:
    names = (columns.item or "item", *(columns.annotators or ("annotator",)), columns.answer or "answer")
    found = [table.place_of(name) for name in names]
    if missing := [f"“{name}”" for name, place in zip(names, found, strict=True) if place is None]:
        raise InvalidInput(
            f"There must be columns named {', '.join(names[:2])} and {names[2]}; missing: {', '.join(missing)}. "
            f"{_hint(table)}"
        )
    places = [place for place in found if place is not None]
    for line, cells in table.rows:
        if len(cells) <= max(places):
            problems.add(line, "has fewer cells than the first line.")
            continue
        item, annotator, answer = (cells[place] for place in places)
        if item and annotator:
            yield _Answer(line, item, annotator, answer)
        else:
            problems.add(line, f"“{names[1] if item else names[0]}” is empty.")


def _read_wide(table: Table, columns: Columns, problems: Problems) -> Iterator[_Answer]:
    item = table.place_of(columns.item or "item")
    if item is None and (columns.item or not columns.annotators):
        raise InvalidInput(f"There is no column named “{columns.item or 'item'}”. {_hint(table)}")
    given = columns.annotators or [name for place, name in enumerate(table.names) if name and place != item]
    places = {name: table.place_of(name) for name in given}
    if missing := [f"“{name}”" for name, place in places.items() if place is None]:
        raise InvalidInput(f"There is no column named {', '.join(missing)}. {_hint(table)}")
    for line, cells in table.rows:
        name = str(line) if item is None else cells[item] if item < len(cells) else ""
        if not name:
            problems.add(line, f"“{columns.item or 'item'}” is empty.")
            continue
        for annotator, place in places.items():
            if place is not None and place < len(cells):
                yield _Answer(line, name, annotator, cells[place])


def _of_question(table: Table, columns: Columns, notes: list[str]) -> Table:
    """Return the rows of one question, where there are several, and of a file of Tamis those of its sample."""
    place = table.place_of(_QUESTION)
    if place is None:
        if columns.question:
            raise InvalidInput(f"--question goes with a column named question. {_hint(table)}")
        return table
    there = list(dict.fromkeys(row.cells[place] for row in table.rows if place < len(row.cells) and row.cells[place]))
    offered = ", ".join(there)
    if not columns.question and len(there) > 1:
        raise InvalidInput(f"The file holds answers to several questions. Choose one with --question: {offered}.")
    chosen = columns.question or (there[0] if there else "")
    if columns.question and chosen not in there:
        raise InvalidInput(f"There is no question named “{chosen}”. Choose one with --question: {offered or 'none'}.")
    rows = [row for row in table.rows if place < len(row.cells) and row.cells[place] == chosen]
    sample = _sample_of(table, rows)
    if apart := len(rows) - len(sample):
        notes.append(f"{apart:,} answers are no part of the sample: known ones, repeats, or third opinions. Left out.")
    return Table(table.names, sample)


def _sample_of(table: Table, rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows that count in the report of a study, where the file is one of Tamis, otherwise all."""
    number, gold, counts = (table.place_of(name) for name in _OF_TAMIS)
    if number is not None and gold is not None:
        rows = [Row(row.line, [untamed(cell) for cell in row.cells]) for row in rows]
    if counts is not None and number is not None and gold is not None:
        return [row for row in rows if len(row.cells) <= counts or row.cells[counts] != "False"]
    if number is not None and gold is not None:
        places = number, gold
        return [
            row for row in rows if tuple(row.cells[each] for each in places if each < len(row.cells)) == ("1", "False")
        ]
    return rows


def _hint(table: Table) -> str:
    """Say which columns there are, and how to name those that hold the answers."""
    there = ", ".join(f"“{name}”" for name in table.names if name) or "none"
    return (
        f"The file has: {there}. Name its columns with --item, --annotator and --answer, or, where each annotator has "
        "a column, with --wide and --item."
    )
