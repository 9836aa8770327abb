"""Lines of CSV: read back as they were written, and never carried out."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.csv_lines import csv_line

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))


@given(st.lists(TEXTS, min_size=2))
def test_what_is_written_is_read_but_for_the_tamed(cells):
    (read,) = csv.reader(io.StringIO(csv_line(*cells), newline=""))
    assert [cell.removeprefix("'") for cell in read] == [cell.removeprefix("'") for cell in cells]
    formulas = [cell for cell in read if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert all(re.fullmatch(r"[+-]?[0-9]+([.,][0-9]+)?", cell, re.ASCII) for cell in formulas)


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (-1.5, "-1.5"),
        ("-2", "-2"),
        ("-2+3", "'-2+3"),
        (None, ""),
        (True, "True"),
        ("a,b", '"a,b"'),
    ],
)
def test_only_texts_are_tamed(cell, line):
    assert csv_line("x", cell) == f"x,{line}\r\n"
