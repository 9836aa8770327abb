"""OpenAI's chat format for fine-tuning, a JSON object per line."""

from collections.abc import Iterable, Iterator

import orjson

from app.releases.record import example_in, one_line


class Chat:
    name = "chat"
    label = "OpenAI chat (JSONL)"
    description = "One conversation per line: the instruction and input as user, the output as assistant."
    suffix = ".jsonl"
    media_type = "application/jsonl"

    def write(self, records: Iterable[bytes]) -> Iterator[bytes]:
        """Yield one conversation per line. The input follows the instruction after a blank line."""
        for record in records:
            example = example_in(orjson.loads(record))
            asked = f"{example.instruction}\n\n{example.input}" if example.input else example.instruction
            messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": example.output}]
            yield one_line(orjson.dumps({"messages": messages})) + b"\n"


chat = Chat()
