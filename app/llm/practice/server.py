"""The practice model over HTTP."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.llm.practice.completions import CREATED_AT, complete, generator
from app.llm.practice.dialect import Dialect, ignored
from app.llm.practice.dialects import PLAIN, dialect_named
from app.llm.practice.fault import HEADER, Fault, as_json
from app.llm.practice.faults import choose, faults_named
from app.llm.practice.protocol import MODEL, Asked, RequestError, error_body, read_chat, read_completion
from app.llm.practice.reasoning import FIELD, OFF, reasoning_named


def create_practice_app(
    seed: int = 0,
    latency_ms: int = 0,
    fault_rate: float = 0.0,
    faults: Sequence[str] = (),
    dialect: str = PLAIN.name,
    reasoning: str = "",
    ignores: Sequence[str] = (),
) -> Starlette:
    """Return the server's application.

    `seed` decides all texts together with the request, `latency_ms` delays each answer, `fault_rate` is the share
    of calls, 0 to 1, that meet one of `faults`: names, "all", or none for those that a run gets over by asking again.
    `dialect` names a family of models, `reasoning` says where it reasons: as the family does where empty. `ignores` are
    parameters that are taken and not heeded. Raises ValueError for figures out of range and names that there aren't.
    """
    if latency_ms < 0:
        raise ValueError("The latency must be 0 milliseconds or more.")
    if not 0 <= fault_rate <= 1:
        raise ValueError("The fault rate must lie between 0 and 1.")
    spoken = dialect_named(dialect)
    spoken = replace(spoken, ignores=spoken.ignores | ignored(ignores))
    reasoning = reasoning_named(reasoning) if reasoning else FIELD if spoken.thinks else OFF
    answerer = _Answerer(seed, latency_ms / 1000, fault_rate, faults_named(faults), spoken, reasoning)
    return Starlette(
        routes=[route for path in ("/v1", *spoken.paths) for route in answerer.routes(path)],
        exception_handlers={RequestError: answerer.refuse, HTTPException: _miss},
    )


def serve(app: Starlette, port: int, host: str = "127.0.0.1") -> None:
    """Serve until interrupted; port 0 takes a free one. Prints the address once it accepts connections.

    Raises OSError when the port is taken.
    """
    listener = socket.create_server((host, port), backlog=512)
    # asyncio does this for listeners it opens itself; without it a kept-open connection waits 40 ms for each answer.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # With port 0 this line is the only way to learn the address.
    print(f"Practice model on http://{host}:{listener.getsockname()[1]}/v1", flush=True)  # noqa: T201
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


@dataclass
class _Answerer:
    seed: int
    latency_seconds: float
    fault_rate: float
    faults: Sequence[Fault]
    dialect: Dialect
    reasoning: str
    seen: Counter[bytes] = field(default_factory=Counter)

    def routes(self, path: str) -> list[Route]:
        return [
            Route(f"{path}/models", _list_models),
            Route(f"{path}/chat/completions", self.answer_chat, methods=["POST"]),
            Route(f"{path}/completions", self.answer_completion, methods=["POST"]),
        ]

    async def answer_chat(self, request: Request) -> Response:
        return await self._answer(request, read_chat, chat=True)

    async def answer_completion(self, request: Request) -> Response:
        return await self._answer(request, read_completion, chat=False)

    async def refuse(self, _: Request, error: Exception) -> Response:
        if not isinstance(error, RequestError):
            raise error
        return self.dialect.errors(error)

    async def _answer(self, request: Request, read: Callable[[object], Asked], chat: bool) -> Response:
        self.dialect.check_address(request.headers, request.url)
        try:
            body = orjson.loads(await request.body())
        except orjson.JSONDecodeError as error:
            raise RequestError("The request body is not valid JSON.") from error
        asked = read(body)
        self.dialect.check(body)
        asked = self.dialect.heeded(asked, body)
        canonical = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        payload = complete(asked, chat, self.seed, canonical, self.dialect, self.reasoning)
        fault = self._choose_fault(canonical)
        await asyncio.sleep(self.latency_seconds)
        if fault is None:
            return Response(self.dialect.padding + orjson.dumps(payload), media_type="application/json")
        response = fault.answer(fault.name, payload)
        response.headers[HEADER] = fault.name
        return response

    def _choose_fault(self, canonical: bytes) -> Fault | None:
        if not self.fault_rate:
            return None
        rng = generator(self.seed, b"fault", canonical, str(self.seen[canonical]).encode())
        self.seen[canonical] += 1
        return choose(self.faults, self.fault_rate, rng)


async def _list_models(_: Request) -> Response:
    model = {"id": MODEL, "object": "model", "created": CREATED_AT, "owned_by": "tamis"}
    return as_json({"object": "list", "data": [model]})


async def _miss(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = f"There is nothing at {request.method} {request.url.path}."
    return as_json(error_body(message, "invalid_request_error"), status)
