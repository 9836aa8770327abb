"""How every route is answered: who may come in is asked before anything that they send is read, and that is bounded.

So nobody's file is received, let alone kept, who may not send one here.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Message, Receive

from app.text import whole_number
from app.web.numbers import with_numbers_checked
from app.web.visit import Visitor, let_in

# What strangers send: an e-mail with a password, a name.
LARGEST_OF_STRANGERS = 64 << 10
# What is typed: an example of three texts of 100,000 characters has 3.6 million bytes at most, as browsers write them.
LARGEST_FORM = 8 << 20
# One text may be all of a form, and there are some hundred fields in the longest one.
FORM_LIMITS: Any = {"max_part_size": LARGEST_FORM, "max_fields": 1_000, "max_files": 4}
# What a form with a file holds beside it.
_BESIDE_A_FILE = 1 << 20
_TOO_LARGE = (
    "That is more than can be sent here at once, so nothing of it was stored. A file may have up to {limit} MB; "
    "texts may have 100,000 characters each"
)


class Route(APIRoute):
    """A route behind the access table. Every router of pages makes its routes of this class."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        super().__init__(path, with_numbers_checked(endpoint), **more)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request: ``let_in`` first, then the form, then the page."""
        answer = super().get_route_handler()

        async def let_in_and_answer(request: Request) -> Response:
            visit = request.state.visit = await run_in_threadpool(let_in, request)
            return await answer(Request(request.scope, _bounded(request.receive, visit)))

        return let_in_and_answer


def _bounded(receive: Receive, visit: Visitor) -> Receive:
    """Return what receives a body. Raises HTTPException with 413 where it is, or says that it is, too large."""
    most, taken = _most(visit), 0
    refusal = HTTPException(413, _TOO_LARGE.format(limit=visit.settings.upload_limit_mb))
    if (whole_number(visit.request.headers.get("content-length", "")) or 0) > most:
        raise refusal

    async def receive_some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise refusal
        return message

    return receive_some


def _most(visit: Visitor) -> int:
    """Return how many bytes a visitor may send with this request."""
    if visit.person_or_none is None:
        return LARGEST_OF_STRANGERS
    has_file = visit.request.headers.get("content-type", "").startswith("multipart/form-data")
    return (visit.settings.upload_limit_mb << 20) + _BESIDE_A_FILE if has_file else LARGEST_FORM
