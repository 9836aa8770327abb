"""All readers. Where a file is to be found out about, the first that claims its first record reads it."""

from app.errors import NotFound
from app.imports.reader import Reader
from app.imports.readers.alpaca import Alpaca
from app.imports.readers.chat import Chat
from app.imports.readers.completion import Completion
from app.imports.readers.full import Full

READERS: tuple[Reader, ...] = (Full(), Completion(), Chat(), Alpaca())
AUTO = "auto"


def reader_named(name: str) -> Reader:
    """Return the reader with this name, or raise NotFound with the names there are."""
    for reader in READERS:
        if reader.name == name:
            return reader
    raise NotFound(f"There is no format “{name}”. There is: {', '.join(reader.name for reader in READERS)}.")
