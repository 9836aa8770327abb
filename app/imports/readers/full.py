"""Everything about every example, as Tamis writes it: texts and metadata as they were, the rest kept as metadata."""

import json
from collections.abc import Iterator
from typing import IO, Any

from app.examples import Example
from app.imports.reader import Incoming
from app.imports.records import Unreadable, read_values

_TEXTS = ("instruction", "input", "output")
_PROVENANCE = "provenance"
_EARLIER = "earlier"


class Full:
    name = "full"
    label = "Everything (Tamis)"
    description = (
        "A file “Everything” of a release, of any version of Tamis. Texts and metadata come back as they were; "
        "ratings, decision and origin are kept as metadata, and decide nothing here."
    )

    def read(self, stream: IO[bytes]) -> Iterator[Incoming]:
        """Yield the records of JSON lines, packed with gzip or not."""
        for line, value in read_values(stream):
            yield _incoming(line, value)


def _incoming(line: int, value: Any) -> Incoming:
    if isinstance(value, Unreadable):
        return Incoming(line, problems=(value.sentence,))
    if not isinstance(value, dict) or not isinstance(value.get("source"), dict):
        return Incoming(line, problems=("is no line of a file “Everything”: it has no “source”.",))
    if strange := [key for key in _TEXTS if not isinstance(value.get(key), str)]:
        return Incoming(line, problems=tuple(f"“{key}” is missing or no text." for key in strange))
    return Incoming(line, Example(*(value[key] for key in _TEXTS)), metadata=_metadata(value))


def _metadata(value: dict[str, Any]) -> dict[str, Any]:
    """The example's own metadata, and under ``provenance`` what the file says of it beyond that.

    Where it came out of Tamis before, what was said then is kept inside.
    """
    rest = {key: each for key, each in value.items() if key not in _TEXTS}
    own = _object_in(rest.get("metadata"))
    if own is None:
        return {_PROVENANCE: rest}
    del rest["metadata"]
    if _PROVENANCE in own:
        rest[_EARLIER] = own.pop(_PROVENANCE)
    return own | {_PROVENANCE: rest}


def _object_in(text: Any) -> dict[str, Any] | None:
    """Return the object that a text holds as JSON, None where it holds none."""
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
