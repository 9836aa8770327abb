"""The shapes in which servers say that they refuse a request."""

import re

from starlette.responses import HTMLResponse, PlainTextResponse, Response

from app.llm.practice.fault import as_json
from app.llm.practice.faults.statuses import PAGE
from app.llm.practice.protocol import RequestError, error_body


def as_object(error: RequestError) -> Response:
    """OpenAI's shape, which most servers share."""
    return as_json(error_body(error.message, "invalid_request_error", error.param, error.code), error.status)


def as_list(error: RequestError) -> Response:
    """Google's: a list, and no field for the parameter."""
    body = {"code": error.status, "message": error.message, "status": "INVALID_ARGUMENT"}
    return as_json([{"error": body}], error.status)


def as_sentence(error: RequestError) -> Response:
    """The error is the sentence itself, beside a code in words."""
    return as_json({"code": "invalid-argument", "error": error.message}, error.status)


def as_detail(error: RequestError) -> Response:
    """FastAPI's own."""
    return as_json({"detail": error.message}, error.status)


def as_details(error: RequestError) -> Response:
    """FastAPI's for a field that doesn't fit: the place apart from the sentence, which doesn't name it."""
    entry = {"type": "extra_forbidden", "loc": ["body", error.param], "msg": error.message}
    return as_json({"detail": [entry]}, error.status)


def as_text(error: RequestError) -> Response:
    """No JSON at all."""
    return PlainTextResponse(error.message, error.status)


def as_page(error: RequestError) -> Response:
    """What a proxy in front makes of it."""
    return HTMLResponse(PAGE.format(error.message), error.status)


_SHAPES = (as_object, as_list, as_sentence, as_detail, as_details, as_text, as_page)


def each_in_turn(error: RequestError) -> Response:
    """Every shape, drawn by the parameter, and every other name in camel case."""
    name = error.param or ""
    turn = sum(name.encode())
    sentence = f"{camel(name) if turn % 2 else name} is not taken here." if name else error.message
    return _SHAPES[turn % len(_SHAPES)](RequestError(sentence, error.param, status=error.status))


def camel(name: str) -> str:
    """Return a name such as presence_penalty as presencePenalty."""
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)
