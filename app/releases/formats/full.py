"""Everything about every example, a JSON object per line."""

from collections.abc import Iterable, Iterator, Mapping

from app.releases.format import AS_USUAL, Option


class Full:
    name = "full"
    label = "Everything (JSONL)"
    description = (
        "One example per line with where it came from: file or run, prompts, model, demonstrations, ratings with their "
        "questions, decision. People are named by pseudonyms."
    )
    suffix = ".jsonl"
    media_type = "application/jsonl"
    holds_all = True
    options: tuple[Option, ...] = ()

    def write(self, records: Iterable[bytes], chosen: Mapping[str, str] = AS_USUAL) -> Iterator[bytes]:  # noqa: ARG002
        """Yield the records as they were frozen."""
        for record in records:
            yield record + b"\n"


full = Full()
