"""All readers, in the order in which they are offered."""

from app.errors import NotFound
from app.imports.reader import Reader
from app.imports.readers.alpaca import Alpaca

READERS: tuple[Reader, ...] = (Alpaca(),)


def reader_named(name: str) -> Reader:
    """Return the reader with this name, or raise NotFound with the names there are."""
    for reader in READERS:
        if reader.name == name:
            return reader
    raise NotFound(f"There is no format “{name}”. There is: {', '.join(reader.name for reader in READERS)}.")
