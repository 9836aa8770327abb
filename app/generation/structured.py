"""Answers as JSON: how they are asked for, and how they are read, however the model wrapped or broke them. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.generation.reading import body_of
from app.llm.prompt import Completion, Prompt, Sampling
from app.text import repair

# Quotes, keys and escapes take room beside the text, and a short answer has them all.
_MORE_ROOM, _FRAME = 1.5, 64
_OPENING = re.compile(r"^[ \t]*[\[{]", re.MULTILINE)
_FENCED = re.compile(r"^[ \t]*```[^\n`]*\n(.*?)(?:^[ \t]*```|\Z)", re.MULTILINE | re.DOTALL)
_BETWEEN = re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked for: ``request`` in words, at the end of a prompt, and ``schema`` for servers that know such.

    Both are empty for text in the published layout.
    """

    request: str = ""
    schema: Mapping[str, Any] | None = None

    def prompt(self, text: str, sampling: Sampling) -> Prompt:
        """Return the prompt that asks for an answer of this form.

        A stop sequence would end the JSON within a text, and a penalty would keep the model from its own quotes.
        """
        if self.schema is None:
            return Prompt(text, sampling)
        room = int(sampling.max_tokens * _MORE_ROOM) + _FRAME
        free = replace(sampling, max_tokens=room, stop=(), frequency_penalty=0.0, presence_penalty=0.0)
        return Prompt(text, free, self.schema)

    def read(self, completion: Completion) -> Completion:
        """Return a completion of one text as that text alone; as it is where it is not of this form.

        What was cut off within its text is of no form, and cut off all the same.
        """
        names = list(self.schema["properties"]) if self.schema is not None else []
        value = value_at(json_of(completion, is_asked=True), *names) if names else None
        return replace(completion, text=text_of(value)) if isinstance(value, str) else completion


PUBLISHED = Form()


def form(request: str, **properties: Any) -> Form:
    """Return the form of an object with these properties, all of them wanted and no others, in their order."""
    return Form(f"{request} Write nothing but the JSON.", an_object(**properties))


def an_object(**properties: Any) -> dict[str, Any]:
    """Return the schema of an object with these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def a_text(most: int = 4_000) -> dict[str, Any]:
    """Return the schema of a text of at most so many characters."""
    return {"type": "string", "maxLength": most}


def a_list(item: Mapping[str, Any], *, least: int = 1, most: int) -> dict[str, Any]:
    """Return the schema of a list of items."""
    return {"type": "array", "items": item, "minItems": least, "maxItems": most}


def json_of(completion: Completion, *, is_asked: bool) -> Any:
    """Return the JSON value that a completion holds, None where it holds none.

    It may be fenced, follow a remark, or be several values one after the other, which become a list. Of one that breaks
    off or breaks, the whole items of its list are taken. Unless it was asked for, the completion must be JSON from its
    beginning to its end: tasks in the published layouts have lists and objects within them.
    """
    body = body_of(completion).strip()
    if not is_asked:
        is_whole = body.endswith(("]", "}")) or completion.finish == "length"
        return _one(_values(body)) if body.startswith(("[", "{")) and is_whole else None
    fenced = _FENCED.search(body)
    for text in ([fenced[1]] if fenced else []) + [body]:
        opening = _OPENING.search(text)
        if opening is not None and (found := _values(text[opening.start() :].strip())):
            return _one(found)
    return None


def _one(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values or None


def items_of(value: Any, *names: str) -> list[Any]:
    """Return the items of a list: the value itself, or the one under these names, or the only list in the object."""
    if isinstance(value, list):
        inner = [item for each in value if _is_holder(each, names) for item in items_of(each, *names)]
        return inner or value
    if not isinstance(value, Mapping):
        return []
    lists = [each for each in value.values() if isinstance(each, list)]
    named = value_at(value, *names)
    if isinstance(named, list):
        return named
    return lists[0] if len(lists) == 1 else [value]


def value_at(value: Any, *names: str) -> Any:
    """Return what an object has under the first of these names that it has, in any case; None where it has none."""
    if not isinstance(value, Mapping):
        return None
    found = {str(key).strip().lower(): each for key, each in value.items()}
    return next((found[name] for name in names if name in found), None)


def text_at(value: Any, *names: str) -> str:
    """Return the text under a name; lists become lines, and what is no text its JSON."""
    return text_of(value_at(value, *names))


def text_of(value: Any) -> str:
    """Return a value as text."""
    if isinstance(value, str):
        return repair(value)
    if value is None:
        return ""
    if isinstance(value, Sequence) and all(isinstance(each, str) for each in value):
        return repair("\n".join(value))
    return repair(json.dumps(value, ensure_ascii=False))


# What asks for one output and nothing beside it.
OUTPUT = form("Give the output as JSON: an object whose key “output” has it as a text.", output=a_text(8_000))


def _is_holder(value: Any, names: Sequence[str]) -> bool:
    return isinstance(value_at(value, *names), list)


def _values(text: str) -> list[Any]:
    """Return the values that stand one after the other at the start of a text."""
    values: list[Any] = []
    at = 0
    while at < len(text):
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return values or _whole_items(text)
        values.append(value)
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if at < len(text) and text[at] not in "[{":
            break
    return values


def _whole_items(text: str) -> list[Any]:
    """Return the first list in a text as far as its items are whole; nothing where not even the first one is."""
    opening = text.find("[")
    items: list[Any] = []
    at = opening + 1
    while opening >= 0:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        try:
            item, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        items.append(item)
    return [items] if items else []
