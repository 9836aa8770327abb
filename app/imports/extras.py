"""What a record holds beyond an example: kept with its row, put before the input, or left out, as somebody says."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from app.errors import InvalidInput
from app.imports.parts import folded, refuse_key, shown_name
from app.imports.syntax import OddNumber
from app.text import FIELD_LIMIT, as_it_came, tidy_name

LONGEST = 1_000_000
_DEEPEST = 32
# Keys that say something about an example and are no part of it, however long.
_ABOUT = frozenset(
    (
        *("id", "uuid", "name", "title", "source", "url", "link", "author", "license", "licence", "category", "topic"),
        *("tag", "tags", "label", "labels", "type", "task", "task_name", "lang", "language"),
        *("dataset", "model", "split"),
        *("date", "created", "created_at", "updated_at", "most_similar", "similarities"),
    )
)
# Keys whose text belongs to the example, however short.
_OF_THE_EXAMPLE = frozenset(
    (
        *("system", "system_prompt", "system_message", "history", "conversation", "conversations", "messages", "turns"),
        *("context", "passage", "document", "persona", "prompt", "query", "question", "input", "answer", "response"),
        *("completion", "output", "rationale", "explanation", "reasoning", "tools", "functions"),
    )
)
_FEWEST_WORDS, _FEWEST_LETTERS = 4, 15
_ADDRESS = re.compile(r"\w+://\S+")


class Choice(StrEnum):
    """What becomes of a key that holds text."""

    LEAVE_OUT = "leave-out"
    BEFORE_INPUT = "before-input"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody said: of single keys, and of all ``others`` that hold text, None where they were not asked."""

    of_key: Mapping[str, Choice] = field(default_factory=dict)
    others: Choice | None = None

    def of(self, key: str, value: Any) -> Choice | None:
        """Return what becomes of a key with this value; None where somebody has to be asked. What is no text stays."""
        if key in self.of_key:
            return self.of_key[key]
        return self.others if holds_text(key, value) else Choice.METADATA


@dataclass(frozen=True, slots=True)
class Sorted:
    """A record's extra keys by what becomes of them. ``asked`` are those that somebody must be asked about."""

    metadata: dict[str, Any]
    before: list[str]
    asked: list[str]
    left_out: list[str]
    put_before: list[str]


def parse_choices(written: Sequence[str]) -> Choices:
    """Return choices as they are typed: ``metadata`` for all keys that hold text, ``system=before-input`` for one.

    Raises InvalidInput for any other.
    """
    of_key: dict[str, Choice] = {}
    others = None
    for each in written:
        key, equals, name = each.rpartition("=")
        if name not in set(Choice):
            shown = tidy_name(each, limit=200)
            raise InvalidInput(f"“{shown}” is none of {', '.join(Choice)}, nor one of them for a key: system=metadata.")
        if equals:
            of_key[key] = Choice(name)
        else:
            others = Choice(name)
    return Choices(of_key, others)


def sort_out(extra: Mapping[str, Any], choices: Choices, kept: Mapping[str, Any] = MappingProxyType({})) -> Sorted:
    """Sort what a record holds besides, ``kept`` in any case. Raises InvalidInput for what can't be stored."""
    found = Sorted(dict(kept), [], [], [], [])
    for key, value in extra.items():
        choice = choices.of(key, value)
        if choice is None:
            found.asked.append(key)
        elif choice is Choice.LEAVE_OUT:
            found.left_out.append(key)
        elif choice is Choice.BEFORE_INPUT and value not in ("", None, [], {}):
            found.put_before.append(key)
            found.before.append(words_of(value))
        else:
            found.metadata[key] = value
    _check(found.metadata)
    return found


def holds_text(key: str, value: Any) -> bool:
    """Whether a key holds text that belongs to the example, as far as can be told from its name and its value."""
    if folded(key) in _ABOUT:
        return False
    if folded(key) in _OF_THE_EXAMPLE:
        return any(text.strip() for text in _texts_in(value))
    return any(map(_is_prose, _texts_in(value)))


def words_of(value: Any) -> str:
    """Return what a key holds as people would write it before an input: a conversation turn by turn."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(_is_pair(each) for each in value):
        return "\n".join(f"User: {asked}\nAssistant: {answered}" for asked, answered in value)
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return "\n\n".join(value)
    turns = [_turn(each) for each in value] if isinstance(value, list) else [None]
    if turns and all(turns):
        return "\n".join(str(turn) for turn in turns)
    return json.dumps(value, ensure_ascii=False)


def odd_numbers_in(value: Any) -> bool:
    """Whether there are numbers that were kept as texts."""
    return any(isinstance(text, OddNumber) for text in _texts_in(value, odd=True))


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(each, str) for each in value)


def _turn(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    who = value.get("role", value.get("from"))
    said = value.get("content", value.get("value"))
    return f"{who.capitalize()}: {said}" if isinstance(who, str) and isinstance(said, str) else None


def _is_prose(text: str) -> bool:
    if _ADDRESS.fullmatch(text.strip()) or _is_json(text):
        return False
    is_long = not text.isascii() and len(text) >= _FEWEST_LETTERS
    return "\n" in text.strip() or is_long or len(text.split(maxsplit=_FEWEST_WORDS)) >= _FEWEST_WORDS


def _is_json(text: str) -> bool:
    if text[:1] not in {"{", "["} or len(text) > FIELD_LIMIT:
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _texts_in(value: Any, depth: int = 0, *, odd: bool = False) -> Iterator[str]:
    """Yield the texts inside of a value, as deep as one may be; ``odd``: the odd numbers too."""
    if isinstance(value, str):
        if odd or not isinstance(value, OddNumber):
            yield value
    elif depth <= _DEEPEST and isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(each, depth + 1, odd=odd)


def _check(metadata: dict[str, Any]) -> None:
    """Raise InvalidInput where metadata can't be stored, or are too deep or too large."""
    for key, value in metadata.items():
        name = f"“{shown_name(key)}”"
        _check_value(key, name, 0)
        refuse_key(key)
        _check_value(value, name, 0)
    size = len(json.dumps(metadata, ensure_ascii=False))
    if size > LONGEST:
        largest = max(metadata, key=lambda key: len(json.dumps(metadata[key], ensure_ascii=False)))
        raise InvalidInput(
            f"What stands beside the example has more than {LONGEST:,} characters, most of them in "
            f"“{shown_name(largest)}”. Leave that out."
        )


def _check_value(value: Any, name: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise InvalidInput(f"{name} is nested more than {_DEEPEST} levels deep. Leave it out, or write it as a text.")
    if isinstance(value, str):
        as_it_came(value, name, limit=LONGEST)
    elif isinstance(value, dict):
        for key, each in value.items():
            _check_value(key, name, depth + 1)
            _check_value(each, name, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _check_value(each, name, depth + 1)
