"""The contract of a reader: what it makes of a file in its format. Its members are in ``readers/``."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Protocol

from app.examples import Example


@dataclass(frozen=True, slots=True)
class Incoming:
    """One record of a file: the example as it came, or the sentences that say why it is none.

    ``line`` counts from 1. ``ignored`` names what the record holds beyond an example and loses;
    ``metadata`` is what of it is kept.
    """

    line: int
    example: Example | None = None
    problems: tuple[str, ...] = ()
    ignored: frozenset[str] = frozenset()
    metadata: dict[str, Any] | None = None


class Reader(Protocol):
    """A format of files. ``name`` is stored and typed, ``label`` and ``description`` are shown to people."""

    name: str
    label: str
    description: str

    def read(self, stream: IO[bytes]) -> Iterator[Incoming]:
        """Yield the records of a file in their order, in bounded memory. Texts come as they are: the gate is later."""
        ...
