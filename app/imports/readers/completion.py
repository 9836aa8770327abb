"""Prompt and completion, as Tamis writes them and as others do."""

from collections.abc import Collection, Mapping
from typing import Any

from app.examples import Example
from app.imports.broken import Unreadable
from app.imports.parts import Mapped
from app.imports.reader import Incoming
from app.imports.records import Record
from app.imports.syntax import is_text
from app.layouts import PLACES, WITH_INPUT, WITHOUT_INPUT, place_in, taken_apart

_KEYS = ("prompt", "completion")


class Completion:
    name = "completion"
    label = "prompts with completions"
    description = (
        "One object per line with “prompt” and “completion”, which become instruction and output. In a file of Tamis, "
        "instruction and input are told apart again, and the words of the layout go."
    )

    def claims(self, value: Mapping[str, Any]) -> bool:
        """Return whether there is a prompt with a completion, and no instruction."""
        return set(_KEYS) <= set(value) and "instruction" not in value

    def parts(self, keys: Collection[str]) -> Mapped:
        """Return the two keys, and that by which Tamis tells the fields apart."""
        return {"instruction": _KEYS[:1], "output": _KEYS[1:], "layout": (PLACES,)}

    def read(self, record: Record, parts: Mapped) -> Incoming:
        """Take the prompt for the instruction and the completion for the output."""
        value = record.value
        if isinstance(value, Unreadable):
            return Incoming(record.place, problems=(value.sentence,))
        if not isinstance(value, dict):
            return Incoming(record.place, problems=("must be an object with “prompt” and “completion”.",))
        if strange := [key for key in _KEYS if not is_text(value.get(key))]:
            return Incoming(record.place, problems=tuple(f"“{key}” is missing or no text." for key in strange))
        extra = {key: each for key, each in value.items() if key not in _KEYS}
        example = _apart(value, extra.get(PLACES))
        if example is not None:
            del extra[PLACES]
        return Incoming(record.place, example or Example(value["prompt"], "", value["completion"]), extra=extra)


def _apart(value: dict[str, Any], places: Any) -> Example | None:
    """Return the example that Tamis wrote, None where the texts aren't those any more."""
    asked = taken_apart(value["prompt"], places, WITH_INPUT + WITHOUT_INPUT)
    output = place_in(places, "output")
    if asked is None or output is None:
        return None
    before, after = value["completion"][: output[0]], value["completion"][output[1] :]
    if before not in {"", " "} or after != places.get("end_marker") or output[1] > len(value["completion"]):
        return None
    return Example(*asked, value["completion"][slice(*output)])
