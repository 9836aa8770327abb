"""A first look at a file, before anything is imported: what it is taken for, and which of its keys need an answer.

Bounded in memory and time: only the first records are looked at.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass
from textwrap import shorten
from typing import IO, Any

from app.errors import InvalidInput
from app.examples import Example
from app.imports.broken import Unreadable
from app.imports.extras import holds_text
from app.imports.parts import KNOWN, NAMES, Mapped, folded, refuse_key, shown_name
from app.imports.reader import Incoming, Reader
from app.imports.readers import AUTO, READERS, reader_named
from app.imports.readers.alpaca import Alpaca
from app.imports.records import Record, Records
from app.imports.shapes import door_for, name_of, refusal_of
from app.imports.unpacking import Glance
from app.imports.window import LONGEST
from app.text import repair, tidy, tidy_name

_MOST_RECORDS = 1_000
_MOST_CHARACTERS = 8_000_000
_MOST_KEYS = 200
_LONGEST_SAMPLE = 100
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

    @property
    def shown(self) -> str:
        """Its name as a page can show it."""
        return shown_name(self.name)


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What the first records of a file say. ``is_whole``: there are no more than these ``records``.

    ``reader`` reads them by ``parts``, see there. ``refusal`` says why the file can't be imported, empty where it can.
    ``beside`` are keys that stand beside the list of records and come in with none. ``example`` is the first one as a
    page can show it.
    """

    layout: str
    taken_for: str
    reader: Reader
    parts: Mapped
    records: int
    is_whole: bool
    keys: Sequence[KeySeen]
    beside: Sequence[str]
    refusal: str
    example: Example | None

    @property
    def extra(self) -> list[KeySeen]:
        """The keys that are no part of an example."""
        return [key for key in self.keys if not key.part]

    @property
    def asks(self) -> list[KeySeen]:
        """The keys that hold text and need an answer."""
        return [key for key in self.extra if key.texts]

    @property
    def renamed(self) -> dict[str, str]:
        """Which key became which part, of those that have another name."""
        shown = {*NAMES, "instruction and output"}
        return {key.name: key.part for key in self.keys if key.part in shown and key.part != key.name}


class _SeenEnough(Exception):
    """More than the beginning of the file isn't looked at."""


def look_at(stream: IO[bytes], format_: str = AUTO, glance: Glance = lambda: None) -> FirstLook:
    """Look at the beginning of a file, to be read as ``format_`` says. Never raises for what the file holds.

    ``glance`` is called before each piece is read, and may raise.
    """
    first, keys = list[Record](), dict[str, KeySeen]()
    broken: Record | None = None
    seen, is_whole = 0, True

    def stop_in_time() -> None:
        glance()
        if records.characters > _MOST_CHARACTERS + LONGEST:
            raise _SeenEnough

    records = Records(stream, glance=stop_in_time)
    try:
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
    except _SeenEnough:
        is_whole = False
    value = first[0].value if first and isinstance(first[0].value, dict) else {}
    reader, refusal = _reader_for(list(keys), value, format_)
    parts = reader.parts(list(keys))
    _mark(keys, parts, reader.read(first[0], parts) if first else None)
    return FirstLook(
        layout=records.layout,
        taken_for=name_of(keys) if isinstance(reader, Alpaca) else reader.label,
        reader=reader,
        parts=parts,
        records=seen,
        is_whole=is_whole,
        keys=tuple(keys.values()),
        beside=[shown_name(key) for key in records.beside],
        refusal=tidy_name(_unread(first, keys, broken, is_whole=is_whole) or refusal, limit=_LONGEST_SHOWN),
        example=_shown(reader.read(first[0], parts).example) if first else None,
    )


def _reader_for(keys: Collection[str], value: Mapping[str, Any], format_: str) -> tuple[Reader, str]:
    """Return what reads records with these keys, of which ``value`` is one, or why nothing does."""
    if format_ != AUTO and not isinstance(chosen := reader_named(format_), Alpaca):
        return chosen, ""
    shown = [shown_name(key) for key in keys]
    if door := door_for(shown, value):
        return reader_named(Alpaca.name), door
    claiming = [each for each in READERS if each.claims(value)] if format_ == AUTO else []
    return (claiming[0], "") if claiming else (reader_named(Alpaca.name), refusal_of(shown, value))


def _mark(keys: dict[str, KeySeen], parts: Mapped, first: Incoming | None) -> None:
    """Note of each key which part it is, and add what the first record holds inside of one."""
    for part, names in parts.items():
        for name in names:
            if name in keys:
                keys[name].part, keys[name].texts = part, 0
    inside = {key: each for key, each in first.extra.items() if key not in keys} if first else {}
    _note(inside, keys)


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
    return tidy(shorten(text[: 4 * _LONGEST_SAMPLE], _LONGEST_SAMPLE, placeholder=" …"))


def _unread(first: Sequence[Record], keys: Collection[str], broken: Record | None, *, is_whole: bool) -> str:
    """Return why there is no record that could be an example, empty where there is."""
    if not first:
        if broken is None:
            return "The file holds no example." if is_whole else "The beginning of the file holds no example."
        return f"{broken.place}: {broken.value.sentence}" if str(broken.place) else broken.value.sentence
    value = first[0].value
    try:
        for key in keys:
            refuse_key(key)
    except InvalidInput as error:
        return error.sentence
    if not isinstance(value, dict) and not keys:
        kind = "texts" if isinstance(value, str) else "lists" if isinstance(value, list) else "single values"
        return f"The records are {kind}. Each must be an object with an instruction and an output."
    return ""
