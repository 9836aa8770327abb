"""CSV as everything that is downloaded is written: no cell of it is carried out as a formula, and none is lost.

A spreadsheet carries out what begins like a formula: also behind blanks, in full-width signs, and behind a semicolon or
a line end within a cell, where its settings part cells there, which no quotation marks of ours prevent. So an
apostrophe stands before it, one more than was there, and ``untamed`` takes it away again. This is for tables that
people open, which hold names, answers and figures. Texts to train on are never written so: releases are JSON.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator

from app.unseen import INVISIBLE

# What spreadsheets take for the beginning of a formula; old ones also a bar or a percent sign, at the start of a cell.
_SIGNS = "=+\\-@＝＋－＠"
_SIGN = re.compile(f"([{_SIGNS}])")
# What readers part cells and rows at, whatever parts them here.
_PARTING = re.compile("[;\t|\r\n]")
# What may stand before a formula without keeping it from being one: blanks, quotation marks, what was tamed before.
_AHEAD = INVISIBLE + "".join(map(chr, range(0x20))) + ";|\"'"
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}([.,][0-9]{1,30})?", re.ASCII)


def csv_line(*cells: object) -> str:
    """Return one line of CSV with its end. None is an empty cell."""
    written = io.StringIO()
    csv.writer(written).writerow([tamed(cell) if isinstance(cell, str) else cell for cell in cells])
    return written.getvalue()


def tamed(cell: str) -> str:
    """Return a text as a cell that no spreadsheet carries out. Numbers stay numbers."""
    if _NUMBER.fullmatch(cell):
        return cell
    text = "".join(_each_run(cell, lambda run: _PARTING.sub(lambda found: f"{found.group()}'", run)))
    return f"'{text}" if _begins_one(cell) else text


def untamed(cell: str) -> str:
    """Return the text that ``tamed`` wrote as this cell."""
    text = cell[1:] if cell.startswith("'") and _begins_one(cell) else cell
    return "".join(_each_run(text, lambda run: re.sub(f"({_PARTING.pattern})'", r"\1", run)))


def _begins_one(cell: str) -> bool:
    """Whether a cell begins like a formula, with or without the apostrophe before it."""
    first = cell.lstrip(_AHEAD)
    ahead = cell[: len(cell) - len(first)]
    return bool(_SIGN.match(first)) or first.startswith(("%", "％", "｜")) or "|" in ahead


def _each_run(cell: str, change: Callable[[str], str]) -> Iterator[str]:
    """Yield the pieces of a cell; those between a place where a cell could begin and a sign are changed."""
    *pieces, last = _SIGN.split(cell)
    for piece in pieces:
        kept = piece.rstrip(_AHEAD)
        yield kept + change(piece[len(kept) :])
    yield last
