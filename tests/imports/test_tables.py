"""Tables: cells as they are, rows that don't fit named by their line."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports.broken import Unreadable
from app.imports.records import Records

HEADER = ["instruction", "input", "output"]
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


def table(rows, **layout):
    written = io.StringIO(newline="")
    csv.writer(written, **layout).writerows([HEADER, *rows])
    return written.getvalue().encode()


def told(raw):
    return [
        (str(each.place), each.value.sentence if isinstance(each.value, Unreadable) else each.value)
        for each in Records(io.BytesIO(raw))
    ]


@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=4),
    delimiter=st.sampled_from(",;\t|"),
    ending=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
def test_cells_come_out_as_they_went_in(rows, delimiter, ending, mark):
    raw = mark + table(rows, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL)
    assert [each.value for each in Records(io.BytesIO(raw))] == [dict(zip(HEADER, row, strict=True)) for row in rows]


@pytest.mark.parametrize(("delimiter", "layout"), [(",", "CSV"), ("\t", "TSV"), (";", "CSV with semicolons")])
def test_a_table_is_known_by_its_header(delimiter, layout):
    records = Records(io.BytesIO(table([("a", "", "b")], delimiter=delimiter)))
    assert [each.value for each in records] == [{"instruction": "a", "input": "", "output": "b"}]
    assert records.layout == layout


def test_a_row_is_named_by_the_line_that_it_starts_in():
    assert [place for place, _ in told(b'output,query\n"a\nb",c\n\nd,e\n')] == [
        "Record 1 (line 2)",
        "Record 2 (line 5)",
    ]


def test_a_column_may_have_no_name():
    assert told(b",query\n0,a\n") == [("Record 1 (line 2)", {"column 1": "0", "query": "a"})]
    assert told(b"\tquery\n0\ta\n") == [("Record 1 (line 2)", {"column 1": "0", "query": "a"})]


@pytest.mark.parametrize(
    ("raw", "place", "sentence"),
    [
        (b"query,output\na,b,c\n", "Record 1 (line 2)", "The row has 3 cells and the header 2."),
        (b"query,output\na\n", "Record 1 (line 2)", "The row has 1 cells and the header 2."),
        (b"query,output\na,\xff\n", "Record 1 (line 2)", "This is not UTF-8."),
        (b"query,query\na,b\n", "Line 1", "The column “query” stands twice."),
        (b'query,output\na,"b\nc', "Line 2", "A quotation mark is opened here and never closed."),
        (b'query,output\na,"b"c\n', "Line 2", "A quotation mark stands alone inside a cell."),
        (b"query,output\ra,b\r", "Record 1 (line 1, column 1)", "“query,output"),
    ],
)
def test_what_is_wrong_is_named(raw, place, sentence):
    found, said = told(raw)[-1]
    assert found == place
    assert str(said).startswith(sentence)


def test_a_long_cell_is_read():
    (record,) = Records(io.BytesIO(table([("a", "", "x" * 200_000)])))
    assert len(record.value["output"]) == 200_000
