"""Stanford Alpaca's records, an instruction with input and output, under these names or others that people use."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from app.examples import Example
from app.imports.broken import Unreadable
from app.imports.parts import Mapped, mapped
from app.imports.reader import Incoming
from app.imports.records import Record
from app.imports.syntax import OddNumber, is_text

_KINDS = {dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number"}


class Alpaca:
    name = "alpaca"
    label = "Alpaca"
    description = "Records with instruction, input (may be left out) and output, or with other names for them."

    def claims(self, value: Mapping[str, Any]) -> bool:
        """Return whether there is an instruction and an output, whatever they are called."""
        found = mapped(value)
        return bool(found["instruction"] and found["output"])

    def parts(self, keys: Collection[str]) -> Mapped:
        """Return which keys hold instruction, input and output."""
        return mapped(keys)

    def read(self, record: Record, parts: Mapped) -> Incoming:
        """Take the example out of an object; every other key is extra."""
        value = record.value
        if isinstance(value, Unreadable):
            return Incoming(record.place, problems=(value.sentence,))
        if not isinstance(value, dict):
            return Incoming(record.place, problems=(f"must be an object, not {_kind_of(value)}.",))
        chosen = {part: next((key for key in keys if key in value), None) for part, keys in parts.items()}
        extra = {key: each for key, each in value.items() if key not in chosen.values()}
        problems = tuple(filter(None, (_problem(value, part, chosen[part], parts[part]) for part in parts)))
        if problems:
            return Incoming(record.place, problems=problems, extra=extra)
        texts = {part: "" if key is None else value[key] or "" for part, key in chosen.items()}
        return Incoming(record.place, Example(**texts), extra=extra)


def _problem(value: dict[str, Any], part: str, key: str | None, keys: Sequence[str]) -> str | None:
    if key is None:
        return None if part == "input" else f"“{(keys or (part,))[0]}” is missing."
    found = value[key]
    if is_text(found):
        return None
    if found is None:
        return None if part == "input" else f'“{key}” is null. Write a text, or "" for an empty one.'
    return f"“{key}” must be a text, not {_kind_of(found)}."


def _kind_of(value: Any) -> str:
    if isinstance(value, OddNumber):
        return "a number"
    return "null" if value is None else _KINDS.get(type(value), "a text")
