"""The formats, in the order in which they are offered."""

from app.errors import NotFound
from app.releases.format import Format
from app.releases.formats.alpaca import alpaca
from app.releases.formats.chat import chat
from app.releases.formats.completion import completion
from app.releases.formats.full import full

FORMATS: tuple[Format, ...] = (full, alpaca, chat, completion)


def format_named(name: str) -> Format:
    """Return the format with this name, or raise NotFound with the names there are."""
    for each in FORMATS:
        if each.name == name:
            return each
    raise NotFound(f"There is no format “{name}”. There is: {', '.join(each.name for each in FORMATS)}.")
