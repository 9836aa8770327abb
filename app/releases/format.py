"""The contract of a format: how a release is written to a file. Its members are in ``formats/``."""

from collections.abc import Iterable, Iterator
from typing import Protocol


class Format(Protocol):
    """``name`` is typed on the command line, ``label`` and ``description`` are for people, ``suffix`` ends the file."""

    name: str
    label: str
    description: str
    suffix: str
    media_type: str

    def write(self, records: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the file's bytes piece by piece; ``records`` are the canonical JSON lines of a release, in order."""
        ...
