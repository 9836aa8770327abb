"""What can go wrong on the way: every fault has a name and an answer of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from random import Random

import orjson
from starlette.responses import HTMLResponse, Response, StreamingResponse

from app.llm.practice.protocol import Body, error_body

HEADER = "x-practice-fault"
RETRY_AFTER_SECONDS = 1
DRIP_PIECES = 10
DRIP_PAUSE_SECONDS = 0.1
PAGE = "<!doctype html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


@dataclass(frozen=True)
class Fault:
    """A named fault; `answer` gets the name and the right payload, which it may change, and returns the response."""

    name: str
    answer: Callable[[str, Body], Response]


def as_json(payload: Body, status: int = 200) -> Response:
    """Return a JSON response."""
    return Response(orjson.dumps(payload), status, media_type="application/json")


def _error(name: str, status: int, message: str, kind: str) -> Response:
    return as_json({**error_body(message, kind, code=name), "practice": {"choices": [], "fault": name}}, status)


def _rate_limit(name: str, _: Body) -> Response:
    return _error(name, 429, "Too many requests at once. Please slow down.", "rate_limit_exceeded")


def _rate_limit_with_delay(name: str, payload: Body) -> Response:
    response = _rate_limit(name, payload)
    response.headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    return response


def _server_error(name: str, _: Body) -> Response:
    return _error(name, 500, "The server had an error while it processed the request.", "server_error")


def _bad_gateway(_name: str, _: Body) -> Response:
    return HTMLResponse(PAGE.format("502 Bad Gateway"), 502)


def _html_page(_name: str, _: Body) -> Response:
    return HTMLResponse(PAGE.format("Please sign in to this network"))


def _wrong_json(_name: str, _: Body) -> Response:
    return as_json({"status": "ok"})


def _null_choices(name: str, payload: Body) -> Response:
    return as_json({**payload, "choices": None, "practice": {"choices": [], "fault": name}})


def _empty_choices(name: str, payload: Body) -> Response:
    return as_json({**payload, "choices": [], "practice": {"choices": [], "fault": name}})


def _without_text(name: str, payload: Body, content: str | None, **changes: object) -> Response:
    for choice in payload["choices"]:
        if "message" in choice:
            refusal = {"refusal": changes["refusal"]} if "refusal" in changes else {}
            choice["message"] |= {"content": content, **refusal}
        else:
            choice["text"] = changes.get("refusal", content)
        choice["finish_reason"] = changes.get("finish_reason", choice["finish_reason"])
    return as_json({**payload, "practice": {"choices": [], "fault": name}})


def _null_content(name: str, payload: Body) -> Response:
    return _without_text(name, payload, None)


def _content_filter(name: str, payload: Body) -> Response:
    return _without_text(name, payload, "", finish_reason="content_filter")


def _refusal(name: str, payload: Body) -> Response:
    return _without_text(name, payload, None, finish_reason="stop", refusal="I'm sorry, but I can't help with that.")


def _missing_usage(name: str, payload: Body) -> Response:
    rest = {key: value for key, value in payload.items() if key != "usage"}
    return as_json({**rest, "practice": {**payload["practice"], "fault": name}})


def _slow_drip(name: str, payload: Body) -> Response:
    content = orjson.dumps({**payload, "practice": {**payload["practice"], "fault": name}})
    return StreamingResponse(_drip(content), media_type="application/json")


async def _drip(content: bytes) -> AsyncIterator[bytes]:
    size = -(-len(content) // DRIP_PIECES)
    for start in range(0, len(content), size):
        await asyncio.sleep(DRIP_PAUSE_SECONDS)
        yield content[start : start + size]


FAULTS: tuple[Fault, ...] = (
    Fault("rate_limit_with_delay", _rate_limit_with_delay),
    Fault("rate_limit", _rate_limit),
    Fault("server_error", _server_error),
    Fault("bad_gateway", _bad_gateway),
    Fault("html_page", _html_page),
    Fault("wrong_json", _wrong_json),
    Fault("null_choices", _null_choices),
    Fault("empty_choices", _empty_choices),
    Fault("null_content", _null_content),
    Fault("missing_usage", _missing_usage),
    Fault("content_filter", _content_filter),
    Fault("refusal", _refusal),
    Fault("slow_drip", _slow_drip),
)


def choose(rate: float, rng: Random) -> Fault | None:
    """Return a fault with the given probability, each as likely as the others."""
    return rng.choice(FAULTS) if rng.random() < rate else None
