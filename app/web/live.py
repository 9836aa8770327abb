"""Pages that follow what is carried out: the same piece of a page again and again, as it changes, until the end."""

from collections.abc import AsyncIterator, Callable

import anyio
from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import ServerSentEvent

from app.errors import AppError
from app.web.visit import Visitor, let_in

_TICK = 1.0


async def follow(request: Request, draw: Callable[[Visitor], tuple[str, bool]]) -> AsyncIterator[ServerSentEvent]:
    """Yield what ``draw`` returns, HTML and whether it is the last, until then or until the server ends.

    Who is there is looked up each time: whoever is signed out meanwhile gets no more.
    """
    sent = ""
    while not request.app.state.is_stopping:
        try:
            html, ended = await run_in_threadpool(lambda: draw(let_in(request)))
        except AppError:
            html, ended = sent, True
        if html != sent:
            yield ServerSentEvent(raw_data=html)
            sent = html
        if ended:
            yield ServerSentEvent(event="ended", raw_data="ended")
            return
        await anyio.sleep(_TICK)
