"""Calls in flight: each in a thread of its own, and the replies that have come back."""

import queue
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from app.generation.outbox import Outgoing
from app.llm.client import Reply

# Threads are made as they are needed: no more than calls at the same time.
_MOST_THREADS = 1024


@dataclass(frozen=True, slots=True)
class Landed:
    """A call that was sent, and what came back."""

    sent: Outgoing
    reply: Reply


class Flight:
    """Sends calls at once, by ``send_one``. Its length is the number of those that were not collected yet."""

    def __init__(self, send_one: Callable[[Outgoing], Reply], name: str) -> None:
        self._send_one = send_one
        self._threads = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix=name)
        self._failure: BaseException | None = None
        self._flying: dict[Future[Reply], tuple[int, Outgoing]] = {}
        self._back: queue.SimpleQueue[Future[Reply]] = queue.SimpleQueue()

    def __len__(self) -> int:
        return len(self._flying)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._threads.shutdown()

    def send(self, calls: Mapping[int, Outgoing]) -> None:
        """Send calls, by id."""
        for call_id, outgoing in calls.items():
            future = self._threads.submit(self._send_one, outgoing)
            self._flying[future] = (call_id, outgoing)
            future.add_done_callback(self._back.put)

    def collect(self, seconds: float) -> dict[int, Landed]:
        """Wait up to ``seconds`` for a reply and return all that are there, by call. Raises nothing."""
        landed: dict[int, Landed] = {}
        with suppress(queue.Empty):
            future = self._back.get(timeout=seconds)
            while True:
                call_id, sent = self._flying.pop(future)
                if (failure := future.exception()) is None:
                    landed[call_id] = Landed(sent, future.result())
                self._failure = failure or self._failure
                future = self._back.get_nowait()
        return landed

    def check(self) -> None:
        """Raise what sending one of the collected calls raised, if it did."""
        if self._failure is not None:
            raise self._failure
