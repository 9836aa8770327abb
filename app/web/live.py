"""Pages that follow what is carried out: the same piece of a page again and again, as it changes, until the end."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from fastapi import Depends, Request
from fastapi.sse import ServerSentEvent

from app.errors import AppError, TooManyAttempts
from app.web.visit import Visit, Visitor, let_in

_TICK = 1.0
# So many pieces are drawn at the same time, so that whoever opens a page need not wait behind those who follow one.
_DRAWN_AT_ONCE = 2


class Streams:
    """The pages that people follow in this process: ``most`` of one person at the same time."""

    def __init__(self, most: int) -> None:
        self.drawing = ThreadPoolExecutor(_DRAWN_AT_ONCE)
        self._most = most
        self._open: Counter[int] = Counter()

    @contextmanager
    def one_of(self, person_id: int) -> Iterator[None]:
        """Count a stream of somebody while the block lasts. Raises TooManyAttempts where they have too many."""
        if self._open[person_id] >= self._most:
            raise TooManyAttempts(f"You follow {self._most} pages at once already. Close some, or reload this one.")
        self._open[person_id] += 1
        try:
            yield
        finally:
            self._open[person_id] -= 1


async def _count(visit: Visit) -> AsyncIterator[None]:
    streams: Streams = visit.request.app.state.streams
    with streams.one_of(visit.person.id):
        yield


def followed(exists: Callable[..., None]) -> list[Any]:
    """Return what a route that follows something depends on: it exists, and the person has room for one more stream.

    Refused before the stream begins: afterwards there is no status left to say it with.
    """
    return [Depends(exists), Depends(_count)]


async def follow(request: Request, draw: Callable[[Visitor], tuple[str, bool]]) -> AsyncIterator[ServerSentEvent]:
    """Yield what ``draw`` returns, HTML and whether it is the last, until then or until the server ends.

    Who is there is looked up each time: whoever is signed out meanwhile gets no more.
    """
    streams, loop = request.app.state.streams, asyncio.get_running_loop()
    sent = ""
    while not request.app.state.is_stopping:
        try:
            html, ended = await loop.run_in_executor(streams.drawing, lambda: draw(let_in(request)))
        except AppError:
            html, ended = sent, True
        if html != sent:
            yield ServerSentEvent(raw_data=html)
            sent = html
        if ended:
            yield ServerSentEvent(event="ended", raw_data="ended")
            return
        await asyncio.sleep(_TICK)
