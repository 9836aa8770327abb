"""The file of Stanford Alpaca: one JSON list of instruction, input and output."""

from collections.abc import Iterable, Iterator, Mapping

import orjson

from app.releases.format import AS_USUAL, Option
from app.releases.record import examples_to_learn, one_line


class Alpaca:
    name = "alpaca"
    label = "Alpaca (JSON)"
    description = "One list of instruction, input and output, as alpaca_data.json. Most training scripts read it."
    suffix = ".json"
    media_type = "application/json"
    holds_all = False
    options: tuple[Option, ...] = ()

    def write(self, records: Iterable[bytes], chosen: Mapping[str, str] = AS_USUAL) -> Iterator[bytes]:  # noqa: ARG002
        """Yield a list with one object per line."""
        before = b"[\n"
        for example in examples_to_learn(records):
            yield before + one_line(orjson.dumps(example))
            before = b",\n"
        yield b"[]\n" if before == b"[\n" else b"\n]\n"


alpaca = Alpaca()
