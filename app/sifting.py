"""Sifts a file of instructions at the command line, without any project or database."""

import time
from collections.abc import Iterator, Sequence
from typing import IO

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.errors import InvalidInput
from app.imports.instructions import read_instructions
from app.screening.sift import Sifted, sift
from app.screening.tokenizers import tokenizer_named
from app.settings import FileLimits


def sift_stream(
    stream: IO[bytes], limits: FileLimits, *, threshold: float, tokenizer: str, exact: bool
) -> tuple[list[Sifted], str]:
    """Return what becomes of each instruction, and a line that sums it up; progress is shown on a terminal meanwhile.

    Raises ImportRefused where the stream can't be read whole or is beyond ``limits``, InvalidInput for a threshold
    outside 0 to 1.
    """
    if not 0 <= threshold <= 1:
        raise InvalidInput("--threshold must be a number from 0 to 1, such as 0.7.")
    chosen, started = tokenizer_named(tokenizer), time.monotonic()
    instructions = read_instructions(stream, limits)
    sifted = sift(instructions, threshold=threshold, tokenizer=chosen, exact=exact)
    rows = list(_watched(sifted, len(instructions)))
    return rows, _summarize(rows, time.monotonic() - started)


def lines_of(rows: Sequence[Sifted]) -> Iterator[bytes]:
    """Return one line of JSON per row."""
    return (orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _watched(rows: Iterator[Sifted], total: int) -> Iterator[Sifted]:
    console = Console(stderr=True)
    columns = (TextColumn("Sifting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield from bar.track(rows, total=total)


def _summarize(rows: Sequence[Sifted], seconds: float) -> str:
    kept = sum(row.kept for row in rows)
    return f"{len(rows):,} read, {kept:,} kept, {len(rows) - kept:,} set aside, {seconds:.1f} s"
