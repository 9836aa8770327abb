"""Stands between Tamis and a model server, passes everything on and writes down each request that was answered."""

import json
from dataclasses import asdict
from pathlib import Path

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.faults.books import Request as Noted
from tests.faults.books import hash_of

# A small model writes for minutes where it was given much room.
_PATIENCE = 600.0


def witness(address: str, log: Path) -> Starlette:
    """Return an application that passes on to the server at ``address``, and has a line in ``log`` for each request."""
    client = httpx2.AsyncClient(base_url=address, timeout=_PATIENCE, trust_env=False)

    async def pass_on(request: Request) -> Response:
        body = await request.body()
        answer = await client.request(
            request.method, request.url.path, content=body, headers={"content-type": "application/json"}
        )
        if request.method == "POST":
            _note(log, json.loads(body), answer)
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))

    return Starlette(routes=[Route("/v1/{path:path}", pass_on, methods=["GET", "POST"])])


def _note(log: Path, asked: dict, answer: httpx2.Response) -> None:
    usage = answer.json().get("usage", {}) if answer.status_code == 200 else {}
    prompt = asked["messages"][-1]["content"]
    line = Noted(hash_of(prompt), bool(usage), usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0), None)
    with log.open("a") as written:
        written.write(json.dumps(asdict(line)) + "\n")
