"""Lines of CSV: read back as they were written, and never carried out, whichever way they are parted."""

import csv
import io
import re
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.csv_lines import csv_line, tamed, untamed

HOSTILE = "=+-@|%＝＋－＠；;,\t\r\n\"' \xa0\ufeff\u200b\u3000a1"
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00") | st.sampled_from(HOSTILE), max_size=40)
# What spreadsheets leave out before they look at a cell's first character, as far as any does.
BLANK = ' \t\xa0\ufeff\u200b\u3000\u2003\u2028\x0b"\r\n'


@given(st.lists(TEXTS, min_size=2))
@example(["a\n;'=1", "''=1", "-2", "'-2", "\t\t=1", "|", "'|", "%", 'a;"=1', "= =;=\n\n="])
def test_what_is_written_is_read_back(cells):
    (read,) = csv.reader(io.StringIO(csv_line(*cells), newline=""))
    assert [untamed(cell) for cell in read] == cells


@given(TEXTS)
@example("a;=1+1")
@example('a;"=1+1')
@example(";;\t=1")
def test_no_piece_of_a_cell_begins_like_a_formula_wherever_it_is_parted(cell):
    written = csv_line("x", cell)
    pieces = [*next(csv.reader(io.StringIO(written, newline=""))), *re.split("[;\t|\r\n]", written[2:])]
    for delimiter in ";\t|":
        with suppress(csv.Error):  # a carriage return outside of quotation marks, for one
            pieces += [
                each for row in csv.reader(io.StringIO(written, newline=""), delimiter=delimiter) for each in row
            ]
    begun = [piece.lstrip(BLANK) for piece in pieces]
    formulas = [piece for piece in begun if piece.startswith(tuple("=+-@＝＋－＠"))]
    assert all(re.fullmatch(r'[+-]?[0-9]+([.,][0-9]+)?"?', piece, re.ASCII) for piece in formulas), formulas


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("a;=1+1", "a;'=1+1"),
        ("a; =1+1", "a;' =1+1"),
        ("a|@x", "a|'@x"),
        ("a\n=1", '"a\n\'=1"'),
        ('a;"=1', '"a;\'""=1"'),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠a", "'＠a"),
        (" =1", "' =1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\xa0=1", "'\xa0=1"),
        ("\t=1", "'\t'=1"),
        ('"=1"', '"\'""=1"""'),
        ("|calc", "'|calc"),
        ("%0A=1", "'%0A=1"),
        ("'=1", "''=1"),
        (-1.5, "-1.5"),
        ("-2", "-2"),
        ("+2,5", '"+2,5"'),
        ("-2+3", "'-2+3"),
        ("--2", "'--2"),
        (None, ""),
        (True, "True"),
        ("a,b", '"a,b"'),
        ("a-b = c; it’s 50%", "a-b = c; it’s 50%"),
        ("O'Brien; 5", "O'Brien; 5"),
    ],
)
def test_only_texts_that_begin_like_formulas_are_tamed(cell, line):
    assert csv_line("x", cell) == f"x,{line}\r\n"


@pytest.mark.parametrize("piece", ["\t", "\t=", ";=", "=", "'", '";', "|"])
def test_the_longest_cell_takes_no_time(piece):
    cell = piece * 200_000
    assert untamed(tamed(cell)) == cell
