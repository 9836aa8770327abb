"""The contract of a reader: what it makes of a file's records. Its members are in ``readers/``."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.examples import Example
from app.imports.broken import Place
from app.imports.parts import Mapped
from app.imports.records import Record


@dataclass(frozen=True, slots=True)
class Incoming:
    """One record of a file: the example as it came, or the sentences that say why it is none.

    ``extra`` is what the record holds beyond an example, for somebody to say what becomes of it. ``metadata`` is what
    of it is kept in any case.
    """

    place: Place
    example: Example | None = None
    problems: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Reader(Protocol):
    """A kind of records. ``name`` is stored and typed, ``label`` and ``description`` are shown to people."""

    name: str
    label: str
    description: str

    def claims(self, value: Mapping[str, Any]) -> bool:
        """Return whether a record is of this kind, by its keys and what they hold."""
        ...

    def parts(self, keys: Collection[str]) -> Mapped:
        """Return which of the keys of a file's records hold which part; all others are extra."""
        ...

    def read(self, record: Record, parts: Mapped) -> Incoming:
        """Return what a record is; ``parts`` as above. Texts come as they are: the gate is later."""
        ...
