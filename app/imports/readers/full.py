"""Everything about every example, as Tamis writes it: texts and metadata as they were, the rest kept as metadata."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from app.examples import Example
from app.imports.broken import Unreadable
from app.imports.extras import LONGEST
from app.imports.parts import Mapped
from app.imports.reader import Incoming
from app.imports.records import Record
from app.imports.syntax import is_text

_TEXTS = ("instruction", "input", "output")
_PROVENANCE = "provenance"
_EARLIER = "earlier"


class Full:
    name = "full"
    label = "a release of Tamis with everything"
    description = (
        "A file “Everything” of a release, of any version of Tamis. Texts and metadata come back as they were; "
        "ratings, decision and origin are kept as metadata, and decide nothing here."
    )

    def claims(self, value: Mapping[str, Any]) -> bool:
        """Return whether a record says where its example came from, as a release does."""
        return {*_TEXTS, "source"} <= set(value) and isinstance(value["source"], dict)

    def parts(self, keys: Collection[str]) -> Mapped:
        """Return the texts; all else says something about them."""
        texts = {part: (part,) for part in _TEXTS}
        return texts | {_PROVENANCE: tuple(key for key in keys if key not in _TEXTS)}

    def read(self, record: Record, parts: Mapped) -> Incoming:
        """Take the texts, and all else as metadata."""
        value = record.value
        if isinstance(value, Unreadable):
            return Incoming(record.place, problems=(value.sentence,))
        if not isinstance(value, dict) or not isinstance(value.get("source"), dict):
            return Incoming(record.place, problems=("is no line of a file “Everything”: it has no “source”.",))
        if strange := [key for key in _TEXTS if not is_text(value.get(key))]:
            return Incoming(record.place, problems=tuple(f"“{key}” is missing or no text." for key in strange))
        return Incoming(record.place, Example(*(value[key] for key in _TEXTS)), metadata=_metadata(value))


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
        found = json.loads(text) if isinstance(text, str) and len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
