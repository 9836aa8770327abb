"""A first look at a file, before anything is imported: what it is taken for, and which of its keys need an answer.

Bounded in memory and time: only the first records are looked at.
"""

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from textwrap import shorten
from typing import IO, Any

from app.examples import Example
from app.imports.broken import Unreadable
from app.imports.extras import Choice, Choices, holds_text, shown_name
from app.imports.parts import KNOWN, folded, mapped
from app.imports.readers import READERS
from app.imports.records import Record, Records
from app.imports.shapes import is_release, name_of, refusal_of
from app.text import repair

_MOST_RECORDS = 1_000
_MOST_CHARACTERS = 8_000_000
_MOST_KEYS = 200
_LONGEST_SAMPLE = 200
_LONGEST_SHOWN = 2_000


@dataclass(slots=True)
class KeySeen:
    """A key of the records that were looked at: in how many it stands, in how many it holds text, and one value.

    ``part`` is what it becomes of an example, empty where it becomes none.
    """

    name: str
    records: int = 0
    texts: int = 0
    sample: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What the first records of a file say. ``is_whole``: there are no more than these ``records``.

    ``refusal`` says why the file can't be imported, empty where it can. ``beside`` are keys that stand beside the list
    of records and come in with none. ``example`` is the first one as a page can show it.
    """

    layout: str
    taken_for: str
    records: int
    is_whole: bool
    keys: Sequence[KeySeen]
    beside: Sequence[str]
    mapping: dict[str, tuple[str, ...]]
    refusal: str
    example: Example | None

    @property
    def extra(self) -> list[KeySeen]:
        """The keys that are no part of an example."""
        return [key for key in self.keys if not key.part]

    @property
    def asks(self) -> list[KeySeen]:
        """The keys that hold text and need an answer."""
        return [] if self._is_release else [key for key in self.extra if key.texts]

    @property
    def renamed(self) -> dict[str, str]:
        """Which key became which part, of those that have another name."""
        return {key.name: key.part for key in self.keys if key.part and key.part != key.name}

    @property
    def _is_release(self) -> bool:
        return is_release([key.name for key in self.keys])

    def choices(self, said: Choices) -> Choices:
        """Return what was ``said`` of the keys; those of a release need no answer."""
        return Choices(said.of_key, said.others or Choice.METADATA) if self._is_release else said


def look_at(stream: IO[bytes]) -> FirstLook:
    """Look at the beginning of a file. Never raises for what the file holds: its refusal is in the answer."""
    records, first, keys = Records(stream), list[Record](), dict[str, KeySeen]()
    broken: Record | None = None
    seen, is_whole = 0, True
    for record in records:
        if seen == _MOST_RECORDS or records.characters > _MOST_CHARACTERS:
            is_whole = False
            break
        seen += 1
        if isinstance(record.value, Unreadable):
            broken = broken or record
            continue
        first = first or [record]
        if isinstance(record.value, dict):
            _note(record.value, keys)
    mapping = mapped(list(keys))
    for part, names in mapping.items():
        for name in names:
            keys[name].part, keys[name].texts = part, 0
    return FirstLook(
        layout=records.layout,
        taken_for=name_of(keys),
        records=seen,
        is_whole=is_whole,
        keys=tuple(keys.values()),
        beside=[shown_name(key) for key in records.beside],
        mapping=mapping,
        refusal=_refusal(first, keys, broken),
        example=_shown(READERS[0].read(first[0], mapping).example) if first else None,
    )


def _note(value: dict[str, Any], keys: dict[str, KeySeen]) -> None:
    for key, each in value.items():
        if key not in keys and len(keys) >= _MOST_KEYS and folded(key) not in KNOWN:
            continue
        noted = keys.setdefault(key, KeySeen(key))
        noted.records += 1
        noted.texts += holds_text(key, each)
        noted.sample = noted.sample or _sample(each)


def _shown(example: Example | None) -> Example | None:
    """The example as a page can show it, whatever its texts hold and however long they are."""
    return example and Example(*(repair(text, limit=_LONGEST_SHOWN) for text in astuple(example)))


def _sample(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) if value is not None else ""
    return shown_name(shorten(text[: 4 * _LONGEST_SAMPLE], _LONGEST_SAMPLE, placeholder=" …"))


def _refusal(first: Sequence[Record], keys: dict[str, KeySeen], broken: Record | None) -> str:
    if not first:
        if broken is None:
            return "The file holds no example."
        return f"{broken.place}: {broken.value.sentence}" if str(broken.place) else broken.value.sentence
    value = first[0].value
    if odd := next((key for key in keys if key != repair(key)), None):
        return f"The name of the key “{shown_name(odd)}” holds a character that can’t be stored. Rename the key."
    if not isinstance(value, dict) and not keys:
        kind = "texts" if isinstance(value, str) else "lists" if isinstance(value, list) else "single values"
        return f"The records are {kind}. Each must be an object with an instruction and an output."
    return refusal_of([shown_name(key) for key in keys], value if isinstance(value, dict) else {})
