"""The file of Stanford Alpaca: one JSON list of instruction, input and output."""

from collections.abc import Iterable, Iterator

import orjson

from app.releases.record import example_in


class Alpaca:
    name = "alpaca"
    label = "Alpaca (JSON)"
    description = "One list of instruction, input and output, as alpaca_data.json. Most training scripts read it."
    suffix = ".json"
    media_type = "application/json"

    def write(self, records: Iterable[bytes]) -> Iterator[bytes]:
        """Yield a list with one object per line."""
        before = b"[\n"
        for record in records:
            example = example_in(orjson.loads(record))
            yield before + orjson.dumps(example)
            before = b",\n"
        yield b"[]\n" if before == b"[\n" else b"\n]\n"


alpaca = Alpaca()
