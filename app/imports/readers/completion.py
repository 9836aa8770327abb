"""Prompt and completion, as Tamis writes them and as others do."""

from collections.abc import Iterator
from typing import IO, Any

from app.examples import Example
from app.imports.reader import Incoming
from app.imports.records import Unreadable, read_values
from app.layouts import PLACES, WITH_INPUT, WITHOUT_INPUT, place_in, taken_apart

_KEYS = ("prompt", "completion")


class Completion:
    name = "completion"
    label = "Prompt and completion"
    description = (
        "One object per line with “prompt” and “completion”, which become instruction and output. In a file of Tamis, "
        "instruction and input are told apart again, and the words of the layout go."
    )

    def read(self, stream: IO[bytes]) -> Iterator[Incoming]:
        """Yield the records of a JSON list or of JSON lines, packed with gzip or not."""
        for line, value in read_values(stream):
            yield _incoming(line, value)


def _incoming(line: int, value: Any) -> Incoming:
    if isinstance(value, Unreadable):
        return Incoming(line, problems=(value.sentence,))
    if not isinstance(value, dict):
        return Incoming(line, problems=("must be an object with “prompt” and “completion”.",))
    if strange := [key for key in _KEYS if not isinstance(value.get(key), str)]:
        return Incoming(line, problems=tuple(f"“{key}” is missing or no text." for key in strange))
    metadata = {key: each for key, each in value.items() if key not in _KEYS}
    example = _apart(value, metadata.get(PLACES))
    if example is not None:
        del metadata[PLACES]
    return Incoming(line, example or Example(value["prompt"], "", value["completion"]), metadata=metadata or None)


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
