"""The pairs of a comparison as JSON lines, to train reward models and preferences with."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from app.comparisons.pairs import Pair, pairs_of, preference_of
from app.comparisons.results import Judged
from app.examples import Example


def comparison_rows(judged: Judged) -> Iterator[dict[str, Any]]:
    """Yield ``user_input``, ``completion_a`` (better) and ``completion_b`` (worse) for every pair of an example."""
    for pair in pairs_of(judged.answers):
        texts = {"completion_a": pair.better.output, "completion_b": pair.worse.output}
        yield {"user_input": _asked(judged.example)} | texts | _origin(judged, pair)


def preference_rows(judged: Judged) -> Iterator[dict[str, Any]]:
    """Yield ``prompt``, ``chosen`` and ``rejected``, where an example has a best and a worst answer."""
    if pair := preference_of(judged.answers):
        texts = {"chosen": pair.better.output, "rejected": pair.worse.output}
        yield {"prompt": _asked(judged.example)} | texts | _origin(judged, pair)


# By the name in the address of the file.
FILES: dict[str, Callable[[Judged], Iterator[dict[str, Any]]]] = {
    "comparisons": comparison_rows,
    "preferences": preference_rows,
}


def lines_of(name: str, examples: Iterable[Judged]) -> Iterator[str]:
    """Yield a JSON line for each row of one of ``FILES``."""
    for judged in examples:
        for row in FILES[name](judged):
            yield json.dumps(row, ensure_ascii=False) + "\n"


def _asked(example: Example) -> str:
    return f"{example.instruction}\n\n{example.input}" if example.input else example.instruction


def _origin(judged: Judged, pair: Pair) -> dict[str, Any]:
    """Where a pair came from; scores are means."""
    return {
        "example": judged.candidate_id,
        "scores": [float(pair.better.mean), float(pair.worse.mean)],
        "models": [pair.better.model, pair.worse.model],
        "from_practice": pair.better.from_practice or pair.worse.from_practice,
    }
