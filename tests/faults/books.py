"""A database and a model server's own log, read as they are, without a word of the application's own.

What the ledger claims is held against what the server says, so nothing here may come from the code that keeps it.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, text

Row = dict[str, Any]

USABLE = ("answered", "cut_off")
PROPOSING = -1
_TABLES = (
    "projects",
    "endpoints",
    "runs",
    "calls",
    "candidates",
    "spendings",
    "demonstrations",
    "seed_tasks",
    "chosen_examples",
    "alternatives",
    "judgements",
)
_JSON = ("parameters", "sampling")


@dataclass(frozen=True)
class Request:
    """One line of the server's log, written before it answered.

    ``prompt`` is the hash of the prompt. ``billed``: the model wrote, and whoever asked owes for its tokens. ``fault``
    names what went wrong on the way back.
    """

    prompt: str
    billed: bool
    tokens_in: int
    tokens_out: int
    fault: str | None


def hash_of(prompt: str) -> str:
    """Return what a log knows a prompt by."""
    return sha256(prompt.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class Books:
    """``tables`` maps each table's name to its rows; ``requests`` are in the order in which they came."""

    tables: dict[str, list[Row]]
    requests: list[Request]

    @cached_property
    def rows_of(self) -> dict[str, list[Row]]:
        """The ledger's rows by the hash of their prompt, oldest first."""
        return _grouped(self.tables["calls"], lambda call: hash_of(call["prompt"]))

    @cached_property
    def requests_of(self) -> dict[str, list[Request]]:
        """The requests by the hash of their prompt."""
        return _grouped(self.requests, lambda request: request.prompt)

    @cached_property
    def accepted(self) -> dict[tuple[int, int, int, str], list[Row]]:
        """The usable calls of runs, by run, round, position and purpose."""
        usable = [call for call in self.tables["calls"] if call["run_id"] and call["outcome"] in USABLE]
        return _grouped(usable, lambda call: (call["run_id"], call["round"], call["position"], call["purpose"]))

    def bill(self, prompt: str) -> int:
        """Return what the server charges for all requests with a prompt, in nano-dollars."""
        rows = self.rows_of.get(prompt)
        prices = _by_id(self.tables["endpoints"])[rows[0]["endpoint_id"]] if rows else {"price_in": 0, "price_out": 0}
        return sum(
            (each.tokens_in * prices["price_in"] + each.tokens_out * prices["price_out"] + 500) // 1000
            for each in self.requests_of.get(prompt, [])
            if each.billed
        )

    def paid_again(self) -> int:
        """Return how many requests were billed whose answers never came: their rows are there, and lost."""
        again = 0
        for prompt, requests in self.requests_of.items():
            answered = [row for row in self.rows_of.get(prompt, []) if row["outcome"] != "lost"]
            billed = sum(each.billed for each in requests)
            again += min(billed, max(0, len(requests) - len(answered)))
        return again


def read_books(url: str, log: Path) -> Books:
    """Read everything there is. ``log`` may be missing where nothing was asked."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        tables = {name: [_parsed(dict(row)) for row in connection.execute(_all(name)).mappings()] for name in _TABLES}
    engine.dispose()
    lines = log.read_text().splitlines() if log.exists() else []
    return Books(tables, [Request(**json.loads(line)) for line in lines])


def _all(table: str) -> Any:
    return text(f"SELECT * FROM {table} ORDER BY id")


def _parsed(row: Row) -> Row:
    """SQLite has no JSON: there it is a text."""
    return row | {name: json.loads(row[name]) for name in _JSON if isinstance(row.get(name), str)}


def _grouped(rows: list[Any], key: Any) -> dict[Any, list[Any]]:
    groups: defaultdict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


def _by_id(rows: list[Row]) -> dict[int, Row]:
    return {row["id"]: row for row in rows}
