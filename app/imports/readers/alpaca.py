"""Stanford Alpaca's format: a JSON list of objects with instruction, input and output, or one object per line."""

from collections.abc import Iterator
from typing import IO, Any

from app.examples import Example
from app.imports.reader import Incoming
from app.imports.records import Unreadable, read_values

_KEYS = ("instruction", "input", "output")


class Alpaca:
    name = "alpaca"
    label = "Alpaca"
    description = "A JSON list, or one JSON object per line, with instruction, input (may be left out) and output."

    def read(self, stream: IO[bytes]) -> Iterator[Incoming]:
        """Yield the records of a JSON list or of JSON lines, packed with gzip or not."""
        for line, value in read_values(stream):
            yield _incoming(line, value)


def _incoming(line: int, value: Any) -> Incoming:
    if isinstance(value, Unreadable):
        return Incoming(line, problems=(value.sentence,))
    if not isinstance(value, dict):
        return Incoming(line, problems=("must be an object with “instruction” and “output”.",))
    if value.get("input") is None:
        value["input"] = ""
    problems = tuple(filter(None, (_problem(value, key) for key in _KEYS)))
    ignored = frozenset(value).difference(_KEYS)
    if problems:
        return Incoming(line, problems=problems, ignored=ignored)
    return Incoming(line, Example(value["instruction"], value["input"], value["output"]), ignored=ignored)


def _problem(value: dict[str, Any], key: str) -> str | None:
    if key not in value:
        return f"“{key}” is missing."
    return None if isinstance(value[key], str) else f"“{key}” must be a text."
