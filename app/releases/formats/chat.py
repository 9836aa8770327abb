"""OpenAI's chat format for fine-tuning, a JSON object per line."""

from collections.abc import Iterable, Iterator, Mapping

import orjson

from app.layouts import CHAT, PLACES
from app.releases.format import AS_USUAL, WITH_PLACES, Option
from app.releases.record import examples_to_learn, one_line


class Chat:
    name = "chat"
    label = "OpenAI chat (JSONL)"
    description = "One conversation per line: the instruction and input as user, the output as assistant."
    suffix = ".jsonl"
    media_type = "application/jsonl"
    holds_all = False
    options: tuple[Option, ...] = (WITH_PLACES,)

    def write(self, records: Iterable[bytes], chosen: Mapping[str, str] = AS_USUAL) -> Iterator[bytes]:
        """Yield one conversation per line. The input follows the instruction after a blank line."""
        has_places = WITH_PLACES.value_in(chosen) == "yes"
        for example in examples_to_learn(records):
            layout = CHAT[not example.input]
            messages = [
                {"role": "user", "content": layout.prompt(example)},
                {"role": "assistant", "content": example.output},
            ]
            places = {PLACES: layout.places(example)} if has_places else {}
            yield one_line(orjson.dumps({"messages": messages} | places)) + b"\n"


chat = Chat()
