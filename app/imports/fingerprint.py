"""What a file is known by: the SHA-256 of its bytes, and of what is packed in them."""

import hashlib

from app.imports.broken import Broken
from app.imports.inflating import GZIP, Inflator

# A small file may unpack to a very large one; nobody waits for that while it is taken.
MOST_UNPACKED = 256 << 20


class Fingerprint:
    """Takes a file in pieces. ``unpacked`` is None for what isn't packed with gzip, is damaged or unpacks to more than
    ``MOST_UNPACKED`` bytes: then the file is known by its bytes alone."""

    def __init__(self) -> None:
        self._digest, self.size = hashlib.sha256(), 0
        self._inflator: Inflator | None = None
        self._unpacked = hashlib.sha256()

    def update(self, piece: bytes) -> None:
        """Take the next piece. The first must have two bytes, unless the file has fewer."""
        if not self.size and piece.startswith(GZIP):
            self._inflator = Inflator()
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
        return self._unpacked.hexdigest() if self._inflator is not None and self._inflator.is_whole else None

    def _unpack(self, inflator: Inflator, piece: bytes) -> None:
        try:
            for unpacked in inflator.unpack(piece):
                self._unpacked.update(unpacked)
                if inflator.size > MOST_UNPACKED:
                    self._inflator = None
                    return
        except Broken:
            self._inflator = None
