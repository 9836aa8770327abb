"""What is packed with gzip comes out as the standard library unpacks it, in small pieces."""

import gzip
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports.broken import Broken
from app.imports.inflating import PIECE, Inflator
from app.imports.unpacking import unpacked
from tests.cpu_time import within

PARTS = st.lists(st.binary(max_size=200), min_size=1, max_size=4)


def inflated(raw, step=1 << 20):
    inflator = Inflator()
    pieces = [piece for start in range(0, len(raw), step) for piece in inflator.unpack(raw[start : start + step])]
    return b"".join(pieces), inflator.is_whole


@given(PARTS, st.binary(max_size=3).map(lambda raw: bytes(len(raw))), st.integers(1, 50))
def test_parts_and_zeros_behind_them_are_read_as_the_standard_library_does(parts, zeros, step):
    raw = b"".join(gzip.compress(part, mtime=0) for part in parts) + zeros
    assert inflated(raw, step) == (gzip.decompress(raw), True)


@given(PARTS, st.data())
def test_what_is_cut_off_or_damaged_is_refused_where_the_standard_library_refuses_it(parts, data):
    raw = bytearray(b"".join(gzip.compress(part, mtime=0) for part in parts))
    if data.draw(st.booleans()):
        del raw[data.draw(st.integers(1, len(raw) - 1)) :]
    else:
        raw[data.draw(st.integers(2, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        wanted = gzip.decompress(raw)
    except (EOFError, OSError, zlib.error):
        wanted = None
    try:
        found, is_whole = inflated(bytes(raw))
    except Broken:
        found, is_whole = b"", False
    assert (found if is_whole else None) == wanted


def test_no_piece_is_large():
    pieces = list(Inflator().unpack(gzip.compress(bytes(3 << 20))))
    assert sum(map(len, pieces)) == 3 << 20
    assert max(map(len, pieces)) <= PIECE


def test_thousands_of_parts_with_nothing_in_them_are_refused_at_once():
    with within(1), pytest.raises(Broken, match="next to nothing"):
        inflated(gzip.compress(b"") * 1_000_000)
    assert inflated(gzip.compress(bytes(2_000)) * 1_500)[1]


MANY = b"x" * (1 << 20)


@pytest.mark.parametrize("raw", [MANY, gzip.compress(MANY), gzip.compress(b"x") + bytes(1 << 20)])
def test_whoever_reads_is_asked_before_each_piece_whether_to_go_on(raw):
    asked = []
    source = unpacked(io.BytesIO(raw), lambda: asked.append(len(asked)))
    while source.read(1 << 20):
        pass
    assert len(asked) >= (1 << 20) / PIECE

    class Enough(Exception):
        pass

    def stop():
        if len(asked) > 2:
            raise Enough
        asked.append(0)

    asked.clear()
    with pytest.raises(Enough):
        while unpacked(io.BytesIO(raw), stop).read(1 << 20):
            pass
