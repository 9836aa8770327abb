"""Everything about every example, a JSON object per line."""

from collections.abc import Iterable, Iterator


class Full:
    name = "full"
    label = "Everything (JSONL)"
    description = "One example per line with where it came from: run, prompt, model, ratings, decision."
    suffix = ".jsonl"
    media_type = "application/jsonl"

    def write(self, records: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the records as they were frozen."""
        for record in records:
            yield record + b"\n"


full = Full()
