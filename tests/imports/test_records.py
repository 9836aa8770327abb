"""JSON values out of a stream: lists and lines, packed or not, whole or damaged, in bounded memory."""

import gzip
import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports import window
from app.imports.broken import Unreadable
from app.imports.records import Records
from app.imports.syntax import OddNumber
from app.settings import FileLimits

BOM = b"\xef\xbb\xbf"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def read(raw):
    return [(record.place.line, record.value) for record in Records(io.BytesIO(raw))]


def told(raw):
    return [(line, value.sentence if isinstance(value, Unreadable) else value) for line, value in read(raw)]


def places(raw):
    return [str(record.place) for record in Records(io.BytesIO(raw))]


class Dripping(io.RawIOBase):
    """A stream that gives one byte at a time, as a slow connection might."""

    def __init__(self, raw):
        self._inner = io.BytesIO(raw)

    def readable(self):
        return True

    def readinto(self, buffer):
        piece = self._inner.read(1)
        buffer[: len(piece)] = piece
        return len(piece)


@given(values=st.lists(VALUES, max_size=6), indent=st.sampled_from([None, 1]), packed=st.booleans())
def test_a_list_comes_out_value_by_value(values, indent, packed):
    raw = json.dumps(values, indent=indent, ensure_ascii=False).encode()
    found = read(gzip.compress(raw, 1) if packed else raw)
    assert [value for _, value in found] == values


@given(values=st.lists(st.dictionaries(TEXTS, VALUES, max_size=3), max_size=6), ending=st.sampled_from(["\n", "\r\n"]))
def test_lines_come_out_value_by_value_with_their_numbers(values, ending):
    raw = ending.join(json.dumps(value, ensure_ascii=False) for value in values).encode()
    assert read(BOM + raw) == list(enumerate(values, start=1))


@given(values=st.lists(VALUES, max_size=5), piece=st.integers(1, 40))
def test_where_a_piece_of_the_stream_ends_makes_no_difference(values, piece):
    before = window._PIECE
    window._PIECE = piece
    try:
        assert [value for _, value in read(json.dumps(values).encode())] == values
    finally:
        window._PIECE = before


def test_a_stream_may_come_byte_by_byte():
    raw = gzip.compress(json.dumps([{"a": "ä€𝄞"}, 12345]).encode())
    assert [record.value for record in Records(Dripping(raw))] == [{"a": "ä€𝄞"}, 12345]


def test_each_value_knows_the_line_that_it_starts_in():
    assert told(b'\n[\n {"a":\n 1},\n\n {"b": "x\\ny"}, 3\n]') == [(3, {"a": 1}), (6, {"b": "x\ny"}), (6, 3)]
    assert told(b'\n\n{"a": 1}\n \n{"b": 2}') == [(3, {"a": 1}), (5, {"b": 2})]


def test_a_line_ends_at_a_line_feed_alone():
    assert told('"a\u2028b"\n"c\u0085d"\n"e"'.encode()) == [(1, "a\u2028b"), (2, "c\u0085d"), (3, "e")]


@pytest.mark.parametrize("raw", [b"", b" \n ", BOM, b"[]", b" [ \n ] \n", gzip.compress(b"", mtime=0)])
def test_nothing_is_nothing(raw):
    assert read(raw) == []


PACKED = gzip.compress(json.dumps(["a text that takes its time"] * 2_000).encode(), mtime=0)


@pytest.mark.parametrize(
    ("raw", "place", "sentence"),
    [
        (b"[1, 2", "Line 1, column 6", "The list ends in the middle"),
        (b'[1,\n"ab', "Record 2 (line 2, column 1)", "The file ends in the middle of a text"),
        (b"[1,\n]", "Line 2, column 1", "There is a comma too many"),
        (b"[1\n2]", "Line 2, column 1", "A comma is missing before this."),
        (b"[1\n# two\n,2]", "Line 2, column 1", "A comment stands here"),
        (b"[1]\n[2]", "Line 2, column 1", "There is more after the end of the list."),
        (b'[{"a": 1,\n "b": oops}]', "Record 1 (line 2, column 7)", "“oops}]” is no JSON value"),
        (b"[" * 100_000, "Record 1 (line 1, column 2)", "This is nested too deeply"),
        (b"[1,\n\xff]", "Record 2 (line 2, column 1)", "This is not UTF-8."),
        (b"hello", "Record 1 (line 1, column 1)", "“hello” is no JSON value. A text must stand in double quotation"),
        (b'{"a": 1,\n "b" 2}', "Record 1 (line 2, column 6)", "A colon is missing before this."),
        (b'{"a": 1\n "b": 2}', "Record 1 (line 2, column 2)", "A comma is missing before this."),
        (b"{'a': 1}", "Record 1 (line 1, column 2)", "A text stands in other quotation marks."),
        (b'{"a": True}', "Record 1 (line 1, column 7)", "“True” is no JSON. Write true."),
        (b'{"a": 1,}', "Record 1 (line 1, column 9)", "There is a comma too many before “}”."),
        (b'{"a": "x "y" z"}', "Record 1 (line 1, column 11)", '“y"” stands where a comma or the end'),
        (b'{"a": "\\q"}', "Record 1 (line 1, column 8)", "A backslash stands before a character"),
        (b'{"a": "b\tc"}', "Record 1 (line 1, column 9)", "A control character (U+0009) stands inside a text."),
        (b'{"a": "b\nc"}', "Record 1 (line 1, column 9)", "A text isn’t closed before its line ends."),
        (b'{"a": 1} {"a": 2}\n# x', "Record 3 (line 2, column 1)", "A comment stands here, and JSON has none."),
        (b'{"data": [{"a": 1}], "test": [{"a": 2}]}', "Line 1, column 40", "The file holds several lists: “data” and"),
        (b'{"data": [{"a": 1}]', "Line 1, column 20", "The object around the list isn’t closed"),
        (b'{"data": [{"a": 1}]}\n{}', "Line 2, column 1", "There is more after the end of the object"),
        (PACKED[:-30], "", "The gzip file ends too early"),
        (PACKED[:-8] + b"\0" * 8, "", "The gzip file is damaged"),
        (PACKED + b"more", "", "The gzip file is damaged"),
    ],
)
def test_what_can_not_be_read_on_is_named_last(raw, place, sentence):
    *_, (_, value) = told(raw)
    assert places(raw)[-1] == place
    assert str(value).startswith(sentence)


def test_a_bad_line_is_named_and_the_next_are_read():
    raw = b'{"a": 1}\nnonsense\n{"x": "\xff"}\n' + b"[" * 200_000 + b'\n{"c": 3},\n{"b": 2} x\n{"d": \n{"b": 2}'
    assert told(raw) == [
        (1, {"a": 1}),
        (2, "“nonsense” is no JSON value. A text must stand in double quotation marks."),
        (3, "This is not UTF-8. Save the file as UTF-8."),
        (4, "This is nested too deeply to be read."),
        (5, "A comma stands after the object. JSON lines have none; in a list, [ and ] stand around all."),
        (6, "There is more on the line after the object: “x”."),
        (7, "The object isn’t complete on its line. JSON lines have each object on one line."),
        (8, {"b": 2}),
    ]


def test_records_are_named_by_number_and_in_a_list_by_column_too():
    assert places(b'[{"a": 1}, {"b": 2},\n {"c": 3}]') == [
        "Record 1 (line 1, column 2)",
        "Record 2 (line 1, column 12)",
        "Record 3 (line 2, column 2)",
    ]
    assert places(b'{"a": 1}\n\n{"b": 2}\n') == ["Record 1 (line 1)", "Record 2 (line 3)"]


@pytest.mark.parametrize(
    ("raw", "layout", "records"),
    [
        (b'[{"a": 1}, {"a": 2}]', "a JSON list", [{"a": 1}, {"a": 2}]),
        (b'{"a": 1}\n\n \n{"a": 2}', "JSON lines", [{"a": 1}, {"a": 2}]),
        (b'{"a": 1}\n\xef\xbb\xbf{"a": 2}', "JSON lines", [{"a": 1}, {"a": 2}]),
        (b'{\n"a": 1\n}\n{\n"a": 2}', "JSON objects one after the other", [{"a": 1}, {"a": 2}]),
        (b'{"a": 1}{"a": 2}', "JSON objects one after the other", [{"a": 1}, {"a": 2}]),
        (b'{"a":\n1}', "one JSON object", [{"a": 1}]),
        (b'{"v": "x[]", "DATA": [{"a": 1}], "n": {}}', "a JSON list inside of “DATA”", [{"a": 1}]),
        (
            b'{"query": ["a", "b"], "n": [1, 2]}',
            "an object of columns",
            [{"query": "a", "n": 1}, {"query": "b", "n": 2}],
        ),
        (b'{"query": {"0": "a", "1": "b"}}', "an object of columns", [{"query": "a"}, {"query": "b"}]),
        (b'{"query": {"de": "a"}, "n": {"de": 1}}', "one JSON object", [{"query": {"de": "a"}, "n": {"de": 1}}]),
        (b'{"messages": [{"a": 1}]}', "one JSON object", [{"messages": [{"a": 1}]}]),
        (b'"a"\n"b"', "JSON lines", ["a", "b"]),
    ],
)
def test_records_stand_in_many_layouts(raw, layout, records):
    found = Records(io.BytesIO(raw))
    assert [record.value for record in found] == records
    assert found.layout == layout


def test_a_list_that_an_object_wraps_may_be_longer_than_any_value(monkeypatch):
    monkeypatch.setattr(window, "LONGEST", 1_000)
    monkeypatch.setattr(window, "_PIECE", 100)
    raw = json.dumps({"version": 1, "data": [{"a": number} for number in range(1_000)], "more": "x"}).encode()
    found = Records(io.BytesIO(raw))
    assert [record.value["a"] for record in found] == list(range(1_000))
    assert found.beside == ["version", "more"]


def test_a_key_may_not_stand_twice_in_one_object():
    sentence = "“{}” stands twice in one object, and only one of them can count."
    assert told(b'[{"a": 1, "b": 2, "a": 3}, {"b": {"c": 1, "c": 1}}, {"a": 1}]') == [
        (1, sentence.format("a")),
        (1, sentence.format("c")),
        (1, {"a": 1}),
    ]


def test_numbers_that_few_can_read_stay_as_they_were_written():
    raw = b'{"a": NaN, "b": -Infinity, "c": 1e999, "d": ' + b"9" * 5_000 + b', "e": 9223372036854775807, "f": 1.5}'
    ((_, value),) = read(raw)
    assert value == {
        "a": "NaN",
        "b": "-Infinity",
        "c": "1e999",
        "d": "9" * 5_000,
        "e": 9223372036854775807,
        "f": 1.5,
    }
    assert [isinstance(each, OddNumber) for each in value.values()] == [True] * 4 + [False] * 2


def test_endless_white_space_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(window, "LONGEST", 100_000)
    for before in (b"", b"[", b'{"a": 1}\n'):
        assert "nothing but white space for 100,000 characters" in told(before + b"\n" * 5_000_000)[-1][1]


@pytest.mark.parametrize("raw", [b'["%b"]', b'{"a": 1}\n"%b"'])
def test_a_value_may_not_be_endless(raw, monkeypatch):
    monkeypatch.setattr(window, "LONGEST", 100_000)
    assert "longer than 100,000" in told(raw % (b"a" * 300_000))[-1][1]


@pytest.mark.parametrize("ends", [(b"[", b",", b"1]"), (b"", b"\n", b"1")])
def test_memory_does_not_grow_with_the_file(ends):
    class Endless(io.RawIOBase):
        """A stream of 20 MB that is never whole in memory."""

        def __init__(self):
            one = b'{"instruction": "%b"}' % (b"x" * 500) + ends[1]
            self.pieces = iter([ends[0], *[one * 100] * 400, ends[2]])

        def read(self, _size=-1):
            return next(self.pieces, b"")

    tracemalloc.start()
    assert sum(1 for _ in Records(Cut(Endless()))) == 40_001
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


class Cut(io.RawIOBase):
    """A stream in pieces no larger than asked for."""

    def __init__(self, inner):
        self._inner, self._left = inner, b""

    def read(self, size=-1):
        self._left = self._left or self._inner.read()
        piece, self._left = self._left[:size], self._left[size:]
        return piece


def test_what_holds_too_many_values_is_named_and_the_next_line_is_read():
    many = b'{"instruction": "a", "x": [' + b"[]," * 200_001 + b"0]}\n"
    found = list(Records(io.BytesIO(b'{"instruction": "a"}\n' + many + b'{"instruction": "b"}\n')))
    assert "more than 200,000 values" in found[1].value.sentence
    assert found[2].value == {"instruction": "b"}


def test_commas_and_brackets_in_texts_are_no_values():
    text = ",[{" * 300_000
    (found,) = Records(io.BytesIO(json.dumps({"instruction": text, "b": "\\" * 100_000}).encode()))
    assert found.value["instruction"] == text


def test_a_row_that_goes_on_for_too_many_lines_or_cells_is_named():
    for row in (b'"' + b"a\n" * 400_001, b"," * 400_001 + b"\n"):
        *_, last = Records(io.BytesIO(b"instruction,output\na,b\n" + row))
        assert "400,000 lines or cells" in last.value.sentence
        assert str(last.place) == "Line 3"


def test_limits_are_of_the_whole_file():
    raw = b"[" + b"1,\n" * 500_000 + b"1]"
    *_, last = Records(io.BytesIO(raw), FileLimits(unpacked_mb=1))
    assert (str(last.place), last.value.sentence) == ("", "The file holds more than 1 MB of text. Import it in parts.")
    *_, last = Records(io.BytesIO(raw), FileLimits(records=7))
    assert (str(last.place), last.value.sentence) == ("", "The file holds more than 7 records. Import it in parts.")
