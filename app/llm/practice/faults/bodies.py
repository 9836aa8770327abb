"""HTTP 200 with something that is no completion, or one that is packed or labelled wrongly."""

import gzip
import zlib
from collections.abc import Callable
from functools import lru_cache

import orjson
from starlette.responses import HTMLResponse, Response

from app.llm.practice.fault import Answer, Fault, as_json, marked
from app.llm.practice.faults.statuses import PAGE
from app.llm.practice.protocol import Body, error_body

_JSON = "application/json"
_DEPTH = 100_000
# Packed 1 to 1,000; unpacked it is more than a client should want to hold.
_BOMB_BYTES = 64 * 1024 * 1024


def _say(content: bytes, media_type: str = _JSON) -> Answer:
    return lambda _name, _payload: Response(content, media_type=media_type)


def _say_json(payload: object) -> Answer:
    return lambda _name, _payload: as_json(payload)


def _rewrite(change: Callable[[bytes], bytes], media_type: str | None = _JSON, **headers: str) -> Answer:
    """Return an answer whose bytes are those of the right one, changed."""

    def answer(name: str, payload: Body) -> Response:
        named = {header.replace("_", "-"): value for header, value in headers.items()}
        return Response(change(_written(name, payload)), media_type=media_type, headers=named)

    return answer


def _written(name: str, payload: Body) -> bytes:
    return orjson.dumps(marked(name, payload))


def _unchanged(content: bytes) -> bytes:
    return content


def _as_events(content: bytes) -> bytes:
    return b"data: " + content + b"\n\ndata: [DONE]\n\n"


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    return gzip.compress(b'{"choices": [' + b" " * _BOMB_BYTES + b"]}", 1)


NO_COMPLETIONS: tuple[Fault, ...] = (
    Fault("html_page", lambda _name, _payload: HTMLResponse(PAGE.format("Please sign in to this network"))),
    Fault("empty_body", _say(b"")),
    Fault("plain_text", _say(b"upstream connect error", "text/plain")),
    Fault("wrong_json", _say_json({"status": "ok"})),
    Fault("broken_json", _say(b'{"choices": [{"message": {"content": "Hel')),
    Fault("json_list", _say(b"[]")),
    Fault("json_text", _say(b'"busy"')),
    Fault("json_number", _say(b"5")),
    Fault("json_null", _say(b"null")),
    Fault("deep_nesting", _say(b"[" * _DEPTH + b"]" * _DEPTH)),
    Fault("deep_objects", _say(b'{"choices":' * _DEPTH + b"1" + b"}" * _DEPTH)),
    Fault("error_in_answer", _say_json(error_body("The upstream model failed.", "upstream_error"))),
    Fault("error_text_in_answer", _say_json({"error": "The upstream model failed."})),
    Fault("limit_in_answer", _say_json({"error": {"code": 429, "message": "Slow down upstream."}})),
    Fault("event_stream", _rewrite(_as_events, "text/event-stream")),
)

PACKINGS: tuple[Fault, ...] = (
    Fault("gzip", _rewrite(lambda content: gzip.compress(content, 1), content_encoding="gzip")),
    Fault("deflate", _rewrite(zlib.compress, content_encoding="deflate")),
    Fault("cut_gzip", _rewrite(lambda content: gzip.compress(content)[:-40], content_encoding="gzip")),
    Fault("false_gzip", _rewrite(_unchanged, content_encoding="gzip")),
    Fault(
        "twice_packed", _rewrite(lambda content: gzip.compress(gzip.compress(content)), content_encoding="gzip, gzip")
    ),
    Fault("unknown_encoding", _rewrite(_unchanged, content_encoding="x-practice")),
    Fault("gzip_bomb", lambda _name, _payload: Response(_bomb(), headers={"content-encoding": "gzip"})),
    Fault("wrong_content_type", _rewrite(_unchanged, "text/html")),
    Fault("no_content_type", _rewrite(_unchanged, None)),
    Fault("byte_order_mark", _rewrite(lambda content: b"\xef\xbb\xbf" + content)),
    Fault("leading_blank_lines", _rewrite(lambda content: b"\n" * 200 + content)),
)
