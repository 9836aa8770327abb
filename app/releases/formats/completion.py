"""Prompt and completion, a JSON object per line, rendered as in Self-Instruct's fine-tuning data."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

import orjson

from app.examples import Example
from app.layouts import PLACES, WITH_INPUT, WITHOUT_INPUT, Layout
from app.releases.format import AS_USUAL, WITH_PLACES, Option
from app.releases.record import examples_to_learn, one_line

END_MARKER = Option(
    "end_marker",
    "End marker",
    "Written after every completion, such as <|endoftext|> for GPT-3. Leave it empty for trainers of today: they add "
    "their model’s own.",
)


class PromptAndCompletion:
    name = "completion"
    label = "Prompt and completion (JSONL)"
    description = "One prompt and completion per line, in varied layouts as Self-Instruct used to fine-tune."
    suffix = ".jsonl"
    media_type = "application/jsonl"
    holds_all = False
    options: tuple[Option, ...] = (END_MARKER, WITH_PLACES)

    def write(self, records: Iterable[bytes], chosen: Mapping[str, str] = AS_USUAL) -> Iterator[bytes]:
        """Yield one pair per line. The same example always gets the same layout, so a file can be made again."""
        marker, has_places = END_MARKER.value_in(chosen), WITH_PLACES.value_in(chosen) == "yes"
        for example in examples_to_learn(records):
            layout = _layout(example)
            prompt = layout.prompt(example)
            space = " " if prompt.endswith(":") else ""
            pair: dict[str, object] = {"prompt": prompt, "completion": f"{space}{example.output}{marker}"}
            if has_places:
                output = [len(space), len(space) + len(example.output)]
                pair[PLACES] = layout.places(example) | {"output": output, END_MARKER.name: marker}
            yield one_line(orjson.dumps(pair)) + b"\n"


def _layout(example: Example) -> Layout:
    layouts = WITH_INPUT if example.input else WITHOUT_INPUT
    digest = hashlib.sha256(f"{example.instruction}\n{example.input}".encode()).digest()
    return layouts[int.from_bytes(digest[:8], "big") % len(layouts)]


completion = PromptAndCompletion()
