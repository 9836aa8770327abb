"""``tamis agreement``: how far the annotators in a file agree."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.files import open_file
from app.statistics.agreement_lines import report
from app.statistics.answer_files import Columns, read_answers, refuse_nothing
from app.statistics.level import Level


def measure_agreement(
    file: Annotated[Path, typer.Argument(help="CSV with columns item, annotator, answer; - reads standard input.")],
    *,
    level: Annotated[Level, typer.Option(help="What the distance between two answers means.")] = Level.NOMINAL,
    scale: Annotated[str, typer.Option(help="Ordinal answers in words, lowest first: bad,fair,good.")] = "",
    item: Annotated[str, typer.Option(help="Name of the column of the items.")] = "",
    annotator: Annotated[
        list[str] | None,
        typer.Option(help="Name of the column that says who answered; given again: columns of one annotator each."),
    ] = None,
    answer: Annotated[str, typer.Option(help="Name of the column of the answers.")] = "",
    wide: Annotated[
        bool, typer.Option("--wide", help="Each annotator has a column: all but that of the items, or --annotator.")
    ] = False,
    question: Annotated[str, typer.Option(help="Which question, where a column named question has several.")] = "",
    missing: Annotated[str, typer.Option(help="Answers that mean that there is none: NA,NaN.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Say how far the annotators in FILE agree, with intervals, without any project."""
    none = frozenset(name.strip() for name in missing.split(",") if name.strip())
    columns = Columns(item, tuple(annotator or ()), answer, question, wide, none)
    with open_file(file) as stream:
        answers = read_answers(stream, level, scale, columns)
    refuse_nothing(answers.matrix)
    print(*answers.notes, sep="\n", end="\n" if answers.notes else "", file=sys.stderr)
    print(*report(answers.matrix, level, as_json=as_json), sep="\n")
