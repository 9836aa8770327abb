"""Calls in flight, each in a thread; those that go as soon as one of them is back; and the replies that have come."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from app.generation.outbox import Outgoing
from app.llm.client import Reply

# Threads are made as they are needed: no more than calls at the same time.
_MOST_THREADS = 1024
# While senders have something to go on with, replies are collected by the dozen.
_LINGER = 0.01


@dataclass(frozen=True, slots=True)
class Landed:
    """A call that was sent, and what came back."""

    sent: Outgoing
    reply: Reply


def replies_of(landed: Mapping[int, Landed]) -> dict[int, Reply]:
    """Return what came back, by call."""
    return {call_id: each.reply for call_id, each in landed.items()}


class Flight:
    """Sends calls by ``send_one``. Its length is the number of those that were neither collected nor recalled yet.

    ``note`` is told the id of each right before it is sent.
    """

    def __init__(
        self, send_one: Callable[[Outgoing], Reply], name: str, note: Callable[[int], None] = lambda _: None
    ) -> None:
        self._send_one, self._note = send_one, note
        self._threads = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix=name)
        self._failure: BaseException | None = None
        self._calls: dict[int, Outgoing] = {}
        self._waiting: deque[int] = deque()
        self._most = self._senders = 0
        self._changing = threading.Lock()
        self._back: queue.SimpleQueue[tuple[int, Reply | BaseException]] = queue.SimpleQueue()

    def __len__(self) -> int:
        return len(self._calls)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.recall()
        self._threads.shutdown()

    def send(self, calls: Mapping[int, Outgoing], most: int = _MOST_THREADS) -> None:
        """Send calls, by id, ``most`` at the same time; the others wait until one is back."""
        with self._changing:
            self._most = most
            self._calls |= calls
            self._waiting.extend(calls)
            more = max(0, min(len(self._waiting), most - self._senders))
            self._senders += more
        for _ in range(more):
            self._threads.submit(self._send_on)

    def recall(self) -> dict[int, Outgoing]:
        """Return the calls that still waited, by id. They are never sent."""
        with self._changing:
            recalled = {call_id: self._calls.pop(call_id) for call_id in self._waiting}
            self._waiting.clear()
        return recalled

    def collect(self, seconds: float) -> dict[int, Landed]:
        """Wait up to ``seconds`` for a reply and return all that are there, by call. Raises nothing."""
        landed: dict[int, Landed] = {}
        with suppress(queue.Empty):
            call_id, reply = self._back.get(timeout=seconds)
            if self._waiting:
                time.sleep(_LINGER)
            while True:
                sent = self._calls.pop(call_id)
                if isinstance(reply, Reply):
                    landed[call_id] = Landed(sent, reply)
                else:
                    self._failure = reply
                call_id, reply = self._back.get_nowait()
        return landed

    def check(self) -> None:
        """Raise what sending one of the collected calls raised, if it did."""
        if self._failure is not None:
            raise self._failure

    def _send_on(self) -> None:
        while (call := self._next()) is not None:
            call_id, outgoing = call
            try:
                self._note(call_id)
                self._back.put((call_id, self._send_one(outgoing)))
            except BaseException as error:  # noqa: BLE001 - ``check`` raises it
                self._back.put((call_id, error))

    def _next(self) -> tuple[int, Outgoing] | None:
        with self._changing:
            if self._waiting and self._senders <= self._most:
                call_id = self._waiting.popleft()
                return call_id, self._calls[call_id]
            self._senders -= 1
            return None
