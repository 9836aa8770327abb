"""The bytes of a file: unpacked where it is packed with gzip, and known for what they are where they are no text."""

import io
from collections.abc import Callable, Iterator
from typing import IO, Any, TypeAlias

from app.imports.broken import Broken, TooMuch
from app.imports.inflating import GZIP, PIECE, Inflator

_LOOKED_AT = 512
_AGAIN = "Export it as JSON lines or CSV and import that."
_UNPACK = "Unpack it and import the file inside, or pack it with gzip."
# What files begin with, what they are, and what to do.
_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself", "Fetch it with “git lfs pull”."),
    (b"PAR1", "a Parquet file", _AGAIN),
    (b"ARROW1", "an Arrow file", _AGAIN),
    (b"Obj\x01", "an Avro file", _AGAIN),
    (b"ORC", "an ORC file", _AGAIN),
    (b"\x93NUMPY", "an array of NumPy", _AGAIN),
    (b"\x89HDF", "an HDF5 file", _AGAIN),
    (b"\x80\x04", "a pickle of Python", _AGAIN),
    (b"\x80\x05", "a pickle of Python", _AGAIN),
    (b"SQLite format 3", "an SQLite database", _AGAIN),
    (b"%PDF", "a PDF", "Bring the examples in as JSON lines or CSV."),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", "Save the sheet as CSV (UTF-8) and import that."),
    (b"PK\x03\x04", "a ZIP archive or an Excel sheet", f"{_UNPACK} Save a sheet as CSV (UTF-8)."),
    (b"BZh", "packed with bzip2", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "packed with Zstandard", _UNPACK),
    (b"\xfd7zXZ", "packed with xz", _UNPACK),
    (b"7z\xbc\xaf", "a 7z archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (GZIP, "packed with gzip twice", "Unpack it once."),
    (b"\x00\x00\xfe\xff", "in UTF-32", "Save it as UTF-8."),
    (b"\xff\xfe", "in UTF-16", "Save it as UTF-8."),
    (b"\xfe\xff", "in UTF-16", "Save it as UTF-8."),
)
_MARKUP = ((b"<!doctype html", "a web page"), (b"<html", "a web page"), (b"<?xml", "XML"))


Glance: TypeAlias = Callable[[], None]


class Watched(io.RawIOBase):
    """A stream that asks by ``glance`` before each piece whether to go on. Raises TooMuch after ``most_mb`` megabytes.

    So whatever a file holds, nobody has to wait until all of it was read.
    """

    def __init__(self, stream: "IO[bytes] | _Unpacked", glance: Glance, most_mb: int | None = None) -> None:
        self._stream, self._glance, self._most_mb, self._passed = stream, glance, most_mb, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, however little the stream gives at once: its first bytes are looked at together."""
        filled = 0
        while filled < len(buffer) and (piece := self._read(min(len(buffer) - filled, PIECE))):
            buffer[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled

    def _read(self, size: int) -> bytes:
        self._glance()
        piece = self._stream.read(size)
        self._passed += len(piece)
        if self._most_mb is not None and self._passed > self._most_mb << 20:
            raise TooMuch(f"The file holds more than {self._most_mb:,} MB of text. Import it in parts.")
        return piece


Source: TypeAlias = "io.BufferedReader[Watched]"


class _Unpacked:
    """What is packed in a stream, a piece at a time."""

    def __init__(self, packed: Source) -> None:
        self._pieces, self._left = _unpack(packed), b""

    def read(self, size: int) -> bytes:
        self._left = self._left or next(self._pieces, b"")
        piece, self._left = self._left[:size], self._left[size:]
        return piece


def _unpack(packed: Source) -> Iterator[bytes]:
    inflator = Inflator()
    while piece := packed.read1(PIECE):
        yield from inflator.unpack(piece)
    if not inflator.is_whole:
        raise Broken("The gzip file ends too early: a part is missing. Pack or download it again.")


def unpacked(stream: IO[bytes], glance: Glance = lambda: None, most_mb: int | None = None) -> Source:
    """Return the bytes of a file, unpacked where they start like a gzip file. Raises Broken where they are no text.

    ``glance`` is called before each piece is read, and may raise; after ``most_mb`` megabytes TooMuch is raised.
    """
    source = io.BufferedReader(Watched(stream, glance, most_mb))
    if source.peek(2)[:2] == GZIP:
        source = io.BufferedReader(Watched(_Unpacked(source), glance, most_mb))
    head = source.peek(_LOOKED_AT)[:_LOOKED_AT]
    for begins, what, advice in _KINDS:
        if head.startswith(begins):
            raise Broken(f"This file is {what}. {advice}")
    if head[257:262] == b"ustar":
        raise Broken(f"This file is a tar archive. {_UNPACK}")
    for begins, what in _MARKUP:
        if head.lstrip(b"\xef\xbb\xbf \t\r\n")[: len(begins)].lower() == begins:
            raise Broken(f"This file is {what}, not a file of examples. Download the file itself.")
    if _is_utf_16(head):
        raise Broken("This file is in UTF-16. Save it as UTF-8.")
    return source


def _is_utf_16(head: bytes) -> bool:
    """Whether every second byte is empty, as in UTF-16 without a mark."""
    return len(head) >= 4 and (not any(head[1:8:2]) or not any(head[0:8:2])) and any(head)
