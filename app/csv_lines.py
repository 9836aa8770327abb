"""CSV as everything that is downloaded is written: no cell of it is carried out as a formula."""

import csv
import io
import re

# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}([.,][0-9]{1,30})?", re.ASCII)


def csv_line(*cells: object) -> str:
    """Return one line of CSV with its end. None is an empty cell."""
    written = io.StringIO()
    csv.writer(written).writerow([_tame(cell) for cell in cells])
    return written.getvalue()


def _tame(cell: object) -> object:
    """What a spreadsheet would take for a formula is written as the text that it is; numbers stay numbers."""
    is_text = isinstance(cell, str) and cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if is_text else cell
