"""The practice model as a paid server: it writes down each request before it answers, and has faults from a deck.

It lives in the process of the campaign, so it outlives whatever is killed.
"""

import json
import random
from collections.abc import Collection, Iterator
from dataclasses import asdict
from pathlib import Path

import orjson
from starlette.types import Message, Receive, Scope, Send

from app.llm.practice.completions import complete
from app.llm.practice.faults import GROUPS
from app.llm.practice.protocol import read_chat
from app.llm.practice.server import create_practice_app
from tests.faults.books import Request, hash_of

# Here the model wrote nothing, so nobody owes anything. All else was written, whatever became of it on the way back.
_WROTE = {"event_stream"}
FREE = {
    *(fault.name for group in ("Too many requests", "Other statuses") for fault in GROUPS[group]),
    *(fault.name for fault in GROUPS["No completion"] if fault.name not in _WROTE),
    *("gzip_bomb", "cut_error", "another_protocol", "endless_headers"),
}


class Deck:
    """Names, as of kinds of faults, shuffled; each comes once before one comes again."""

    def __init__(self, names: Collection[str], rng: random.Random) -> None:
        self._names, self._rng = sorted(names), rng
        self._cards = self._shuffled()

    def draw(self) -> str:
        return next(self._cards)

    def _shuffled(self) -> Iterator[str]:
        while True:
            yield from self._rng.sample(self._names, len(self._names))


class PaidModel:
    """An application that answers chats. ``rate`` is the share of requests that meet a fault of ``deck``."""

    def __init__(self, log: Path, rng: random.Random, deck: Deck, *, rate: float, latency_ms: int) -> None:
        self._log, self._rng, self._deck, self._rate = log, rng, deck, rate
        self._seed, self._latency_ms = rng.randrange(2**31), latency_ms
        self._right = create_practice_app(self._seed, latency_ms)
        self._wrong = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._right(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            return  # it left before it had asked
        fault = self._deck.draw() if self._rng.random() < self._rate else None
        self._note(body, fault)
        await self._app(fault)(scope, _Again(receive, body), send)

    def _note(self, body: bytes, fault: str | None) -> None:
        asked = read_chat(orjson.loads(body))
        usage = complete(asked, True, self._seed, orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS))[
            "usage"
        ]
        line = Request(
            hash_of(asked.prompt), fault not in FREE, usage["prompt_tokens"], usage["completion_tokens"], fault
        )
        with self._log.open("a") as log:
            log.write(json.dumps(asdict(line)) + "\n")

    def _app(self, fault: str | None) -> object:
        if fault is None:
            return self._right
        if fault not in self._wrong:
            self._wrong[fault] = create_practice_app(self._seed, self._latency_ms, fault_rate=1, faults=[fault])
        return self._wrong[fault]


class _Again:
    """Says once more what was received. The faults of connections look for the socket behind it."""

    def __init__(self, receive: Receive, body: bytes) -> None:
        self.__self__ = getattr(receive, "__self__", None)
        self._receive = receive
        self._said: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def __call__(self) -> Message:
        said, self._said = self._said, None
        return said or await self._receive()


async def _body(receive: Receive) -> bytes | None:
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(parts)
