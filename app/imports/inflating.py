"""What is packed with gzip, taken and given out in pieces that are small, whatever is in it."""

import zlib
from collections.abc import Iterator

from app.imports.broken import Broken

GZIP = b"\x1f\x8b"
PIECE = 1 << 16
_STEP = 1 << 14
# Files packed in blocks, to be read from any place, have one of 64 KB after the other.
_MANY_PARTS, _FEWEST_BYTES = 1_000, 1_000


class Inflator:
    """Unpacks parts that follow one another, as where packed files were put together. ``size`` is what came out."""

    def __init__(self) -> None:
        self._inflator, self._parts, self.size = _new_inflator(), 1, 0

    @property
    def is_whole(self) -> bool:
        """Whether the last part has come to its end."""
        return self._inflator.eof

    def unpack(self, packed: bytes) -> Iterator[bytes]:
        """Yield what the next bytes of a file hold, none of it empty. Raises Broken for what is damaged."""
        for start in range(0, len(packed), _STEP):
            yield from self._unpack(packed[start : start + _STEP])

    def _unpack(self, piece: bytes) -> Iterator[bytes]:
        while piece:
            if self._inflator.eof:
                piece = piece.lstrip(b"\0")  # tapes were filled up with zeros
                if not piece:
                    return
                self._begin_part()
            try:
                unpacked = self._inflator.decompress(piece, PIECE)
            except zlib.error as error:
                raise Broken("The gzip file is damaged. Pack or download it again.") from error
            self.size += len(unpacked)
            if unpacked:
                yield unpacked
            piece = self._inflator.unconsumed_tail or self._inflator.unused_data

    def _begin_part(self) -> None:
        self._inflator, self._parts = _new_inflator(), self._parts + 1
        if self._parts > _MANY_PARTS and self.size < self._parts * _FEWEST_BYTES:
            raise Broken("The gzip file is made of thousands of parts with next to nothing in each. Pack it again.")


def _new_inflator() -> "zlib._Decompress":
    return zlib.decompressobj(zlib.MAX_WBITS | 16)
