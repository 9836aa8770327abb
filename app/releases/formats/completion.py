"""Prompt and completion, a JSON object per line, rendered as in Self-Instruct's fine-tuning data."""

import hashlib
from collections.abc import Iterable, Iterator

import orjson

from app.examples import Example
from app.releases.record import example_in, one_line

END = "<|endoftext|>"
# Several layouts, so that a tuned model doesn't depend on one (Self-Instruct, section on fine-tuning).
_WITH_INPUT = (
    "{instruction}\n\n{input}\n\nOutput:",
    "{instruction}\n\nInput: {input}\n\nOutput:",
    "{instruction}\nInput: {input}\nOutput:",
    "Task: {instruction}\n\n{input}\n\nOutput:",
    "Task: {instruction}\nInput: {input}\nOutput:",
    "{instruction}\n{input}\n\n",
)
_WITHOUT_INPUT = (
    "{instruction}\n\nOutput:",
    "{instruction}\nOutput:",
    "Task: {instruction}\n\nOutput:",
    "Task: {instruction}\n\n",
    "{instruction}\n\n",
)


class PromptAndCompletion:
    name = "completion"
    label = "Prompt and completion (JSONL)"
    description = "One prompt and completion per line, in varied layouts as Self-Instruct used to fine-tune."
    suffix = ".jsonl"
    media_type = "application/jsonl"

    def write(self, records: Iterable[bytes]) -> Iterator[bytes]:
        """Yield one pair per line. The same example always gets the same layout, so a file can be made again."""
        for record in records:
            example = example_in(orjson.loads(record))
            prompt = _layout(example).format(instruction=example.instruction, input=example.input)
            space = " " if prompt.endswith(":") else ""
            pair = {"prompt": prompt, "completion": f"{space}{example.output}{END}"}
            yield one_line(orjson.dumps(pair)) + b"\n"


def _layout(example: Example) -> str:
    layouts = _WITH_INPUT if example.input else _WITHOUT_INPUT
    digest = hashlib.sha256(f"{example.instruction}\n{example.input}".encode()).digest()
    return layouts[int.from_bytes(digest[:8], "big") % len(layouts)]


completion = PromptAndCompletion()
