"""The practice model over HTTP."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Sequence

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.llm.practice.completions import CREATED_AT, complete, generator
from app.llm.practice.fault import HEADER, Fault, as_json
from app.llm.practice.faults import choose, faults_named
from app.llm.practice.protocol import MODEL, Asked, RequestError, error_body, read_chat, read_completion


def create_practice_app(
    seed: int = 0, latency_ms: int = 0, fault_rate: float = 0.0, faults: Sequence[str] = ()
) -> Starlette:
    """Return the server's application.

    `seed` decides all texts together with the request, `latency_ms` delays each answer, `fault_rate` is the share
    of calls, 0 to 1, that meet one of `faults`: names, "all", or none for those that a run gets over by asking again.
    Raises ValueError for figures out of range and names that no fault has.
    """
    if latency_ms < 0:
        raise ValueError("The latency must be 0 milliseconds or more.")
    if not 0 <= fault_rate <= 1:
        raise ValueError("The fault rate must lie between 0 and 1.")
    answerer = _Answerer(seed, latency_ms / 1000, fault_rate, faults_named(faults))
    return Starlette(
        routes=[
            Route("/v1/models", _list_models),
            Route("/v1/chat/completions", answerer.answer_chat, methods=["POST"]),
            Route("/v1/completions", answerer.answer_completion, methods=["POST"]),
        ],
        exception_handlers={RequestError: _refuse, HTTPException: _refuse},
    )


def serve(
    port: int,
    seed: int = 0,
    latency_ms: int = 0,
    fault_rate: float = 0.0,
    host: str = "127.0.0.1",
    faults: Sequence[str] = (),
) -> None:
    """Serve until interrupted; port 0 takes a free one. Prints the address once it accepts connections.

    Raises OSError when the port is taken and ValueError for what `create_practice_app` doesn't take.
    """
    app = create_practice_app(seed, latency_ms, fault_rate, faults)
    listener = socket.create_server((host, port), backlog=512)
    # asyncio does this for listeners it opens itself; without it a kept-open connection waits 40 ms for each answer.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # With port 0 this line is the only way to learn the address.
    print(f"Practice model on http://{host}:{listener.getsockname()[1]}/v1", flush=True)  # noqa: T201
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


class _Answerer:
    def __init__(self, seed: int, latency_seconds: float, fault_rate: float, faults: Sequence[Fault]) -> None:
        self._seed = seed
        self._latency_seconds = latency_seconds
        self._fault_rate = fault_rate
        self._faults = faults
        self._seen: Counter[bytes] = Counter()

    async def answer_chat(self, request: Request) -> Response:
        return await self._answer(request, read_chat, chat=True)

    async def answer_completion(self, request: Request) -> Response:
        return await self._answer(request, read_completion, chat=False)

    async def _answer(self, request: Request, read: Callable[[object], Asked], chat: bool) -> Response:
        try:
            body = orjson.loads(await request.body())
        except orjson.JSONDecodeError as error:
            raise RequestError("The request body is not valid JSON.") from error
        asked = read(body)
        canonical = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        payload = complete(asked, chat, self._seed, canonical)
        fault = self._choose_fault(canonical)
        await asyncio.sleep(self._latency_seconds)
        if fault is None:
            return as_json(payload)
        response = fault.answer(fault.name, payload)
        response.headers[HEADER] = fault.name
        return response

    def _choose_fault(self, canonical: bytes) -> Fault | None:
        if not self._fault_rate:
            return None
        rng = generator(self._seed, b"fault", canonical, str(self._seen[canonical]).encode())
        self._seen[canonical] += 1
        return choose(self._faults, self._fault_rate, rng)


async def _list_models(_: Request) -> Response:
    model = {"id": MODEL, "object": "model", "created": CREATED_AT, "owned_by": "tamis"}
    return as_json({"object": "list", "data": [model]})


async def _refuse(request: Request, error: Exception) -> Response:
    if isinstance(error, RequestError):
        return as_json(error_body(error.message, "invalid_request_error", error.param), 400)
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = f"There is nothing at {request.method} {request.url.path}."
    return as_json(error_body(message, "invalid_request_error"), status)
