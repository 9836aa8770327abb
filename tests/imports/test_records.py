"""JSON values out of a stream: lists and lines, packed or not, whole or damaged, in bounded memory."""

import gzip
import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports import records
from app.imports.records import Unreadable, read_values

BOM = b"\xef\xbb\xbf"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def read(raw):
    return list(read_values(io.BytesIO(raw)))


def told(raw):
    return [(line, value.sentence if isinstance(value, Unreadable) else value) for line, value in read(raw)]


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
    before = records._PIECE
    records._PIECE = piece
    try:
        assert [value for _, value in read(json.dumps(values).encode())] == values
    finally:
        records._PIECE = before


def test_a_stream_may_come_byte_by_byte():
    raw = gzip.compress(json.dumps([{"a": "ä€𝄞"}, 12345]).encode())
    assert [value for _, value in read_values(Dripping(raw))] == [{"a": "ä€𝄞"}, 12345]


def test_each_value_knows_the_line_that_it_starts_in():
    assert told(b'\n[\n {"a":\n 1},\n\n {"b": "x\\ny"}, 3\n]') == [(3, {"a": 1}), (6, {"b": "x\ny"}), (6, 3)]
    assert told(b'\n\n{"a": 1}\n \n{"b": 2}') == [(3, {"a": 1}), (5, {"b": 2})]


def test_a_line_ends_at_a_line_feed_alone():
    assert told('"a\u2028b"\n"c\u0085d"\n"e"'.encode()) == [(1, "a\u2028b"), (2, "c\u0085d"), (3, "e")]


@pytest.mark.parametrize("raw", [b"", b" \n ", BOM, b"[]", b" [ \n ] \n", gzip.compress(b"", mtime=0)])
def test_nothing_is_nothing(raw):
    assert read(raw) == []


PACKED = gzip.compress(json.dumps(["a text that takes its time"] * 2_000).encode())


@pytest.mark.parametrize(
    ("raw", "line", "sentence"),
    [
        (b"[1, 2", 1, "The list ends in the middle"),
        (b'[1,\n"ab', 2, "The file ends in the middle of a value"),
        (b"[1,\n]", 2, "There is a comma too many"),
        (b"[1\n2]", 2, "A comma is missing here."),
        (b"[1]\n[2]", 2, "There is more after the end of the list."),
        (b'[{"a": 1,\n "b": oops}]', 2, "From here on this is not JSON."),
        (b"[" * 100_000, 1, "This is nested too deeply"),
        (b"[1,\n\xff]", 1, "The file is not UTF-8"),
        (b"hello", 1, "is not JSON. The file must be one JSON list"),
        (b'{\n "a": 1\n}', 1, "is not JSON. The file must be one JSON list"),
        (b"\xff\xfe{\x00", 1, "is not UTF-8."),
        (b"PK\x03\x04", 1, "is not JSON."),
        (PACKED[:-30], 1, "The gzip file ends too early"),
        (PACKED[:-8] + b"\0" * 8, 1, "The gzip file is damaged"),
        (PACKED + b"more", 1, "The gzip file is damaged"),
    ],
)
def test_what_can_not_be_read_on_is_named_last(raw, line, sentence):
    *_, (found, value) = told(raw)
    assert found == line
    assert str(value).startswith(sentence)


def test_a_bad_line_is_named_and_the_next_are_read():
    raw = b'{"a": 1}\nnonsense\n\xff\n' + b"[" * 200_000 + b'\n{"b": 2}'
    assert told(raw) == [
        (1, {"a": 1}),
        (2, "is not JSON."),
        (3, "is not UTF-8. Save the file as UTF-8."),
        (4, "is not JSON."),
        (5, {"b": 2}),
    ]


@pytest.mark.parametrize("raw", [b'["%b"]', b'{"a": 1}\n"%b"'])
def test_a_value_may_not_be_endless(raw, monkeypatch):
    monkeypatch.setattr(records, "LONGEST", 100_000)
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
    assert sum(1 for _ in read_values(Cut(Endless()))) == 40_001
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
