"""The dialects, by name. A new one is a new record in one of the files here."""

from app.llm.practice.dialect import Dialect
from app.llm.practice.dialects.hosted import HOSTED
from app.llm.practice.dialects.local import LOCAL

# Takes all that the interface has, as the practice model does by itself.
PLAIN = Dialect("plain")
DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (PLAIN, *HOSTED, *LOCAL)}


def dialect_named(name: str) -> Dialect:
    """Return the dialect of this name. Raises ValueError where there is none."""
    try:
        return DIALECTS[name]
    except KeyError:
        raise ValueError(f"There is no dialect named {name}. There are: {', '.join(DIALECTS)}.") from None
