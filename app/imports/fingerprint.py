"""What a file is known by: the SHA-256 of its bytes, and of what is packed in them."""

import hashlib
import zlib

_GZIP = b"\x1f\x8b"
_PIECE = 1 << 20
# A small file may unpack to a very large one; nobody waits for that while it is taken.
MOST_UNPACKED = 256 << 20


class Fingerprint:
    """Takes a file in pieces. ``unpacked`` is None for what isn't packed with gzip, is damaged or unpacks to more than
    ``MOST_UNPACKED`` bytes: then the file is known by its bytes alone."""

    def __init__(self) -> None:
        self._digest, self.size = hashlib.sha256(), 0
        self._inflator: zlib._Decompress | None = None
        self._unpacked, self._unpacked_size = hashlib.sha256(), 0

    def update(self, piece: bytes) -> None:
        """Take the next piece. The first must have two bytes, unless the file has fewer."""
        if not self.size and piece.startswith(_GZIP):
            self._inflator = _new_inflator()
        self._digest.update(piece)
        self.size += len(piece)
        if self._inflator is not None:
            self._unpack(self._inflator, piece)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file in hexadecimal digits."""
        return self._digest.hexdigest()

    @property
    def unpacked(self) -> str | None:
        """The SHA-256 of what the file unpacks to."""
        return self._unpacked.hexdigest() if self._inflator is not None and self._inflator.eof else None

    def _unpack(self, inflator: "zlib._Decompress", piece: bytes) -> None:
        while piece:
            if inflator.eof:  # another member begins, as where packed files were put one after the other
                self._inflator = inflator = _new_inflator()
            try:
                unpacked = inflator.decompress(piece, _PIECE)
            except zlib.error:
                self._inflator = None
                return
            self._unpacked.update(unpacked)
            self._unpacked_size += len(unpacked)
            if self._unpacked_size > MOST_UNPACKED:
                self._inflator = None
                return
            piece = inflator.unconsumed_tail or inflator.unused_data


def _new_inflator() -> "zlib._Decompress":
    return zlib.decompressobj(zlib.MAX_WBITS | 16)
