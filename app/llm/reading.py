"""What a reply means: its outcome, a sentence for people, the text and the tokens. Pure; trusts nothing in it."""

import json
from dataclasses import dataclass, replace
from typing import Any

import orjson

from app.llm.client import Reply
from app.llm.error_body import NOTHING_SAID, ServerError, error_of
from app.llm.prompt import Completion
from app.llm.reach import REFUSALS
from app.llm.transport import LARGEST_ANSWER
from app.models.generation import CallOutcome, EndpointStyle
from app.text import repair

USABLE = frozenset({CallOutcome.ANSWERED, CallOutcome.CUT_OFF})
# Worth another attempt: the next one may fare better. The others would be refused in the same way again.
RETRYABLE = frozenset(
    {
        CallOutcome.EMPTY,
        CallOutcome.UNREADABLE,
        CallOutcome.RATE_LIMITED,
        CallOutcome.SERVER_ERROR,
        CallOutcome.UNREACHABLE,
        CallOutcome.TIMED_OUT,
        CallOutcome.LOST,
    }
)
# Billed, and would be the same again.
FINAL = frozenset({CallOutcome.REFUSED, CallOutcome.FILTERED})
# A model may have written, so that somebody pays for it. The others say that nothing came about.
PERHAPS_BILLED = USABLE | FINAL | {CallOutcome.EMPTY, CallOutcome.UNREADABLE, CallOutcome.TIMED_OUT}
# Every further call would fail in the same way, so the run stops and says why. A request that isn't taken may be one
# prompt's fault, unless it is the first.
FATAL = frozenset({CallOutcome.KEY_REJECTED, CallOutcome.NO_CREDIT, CallOutcome.OUT_OF_REACH})
FATAL_AT_FIRST = FATAL | {CallOutcome.BAD_REQUEST}
_TEXT_PARTS = frozenset({"text", "output_text"})
# Of an error in plain words or a web page so much is looked at.
_MUCH = 16 * 1024
_UNCOUNTED = "The endpoint did not say how many tokens it used. The cost is the most that they can be."


@dataclass(frozen=True, slots=True)
class Reading:
    """``text`` is None where there is nothing to use; tokens are None where the server didn't count them."""

    outcome: CallOutcome
    sentence: str = ""
    text: str | None = None
    model: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None
    service_tier: str = ""


_TROUBLES = {
    "timed_out": Reading(
        CallOutcome.TIMED_OUT, "The endpoint took too long to answer. The cost is the most it can have been."
    ),
    "unreachable": Reading(
        CallOutcome.UNREACHABLE, "Nothing answers at the endpoint's address. Is the server running?"
    ),
    "certificate": Reading(
        CallOutcome.UNREACHABLE,
        "The endpoint’s certificate can’t be trusted: it is out of date, for another name, or from an authority that "
        "this machine doesn’t know.",
    ),
    "not_secure": Reading(
        CallOutcome.UNREACHABLE, "The endpoint doesn’t speak HTTPS. Does its address begin with http:// instead?"
    ),
    "broken": Reading(
        CallOutcome.UNREACHABLE,
        "The connection to the endpoint ended before its answer was whole. The cost is the most it can have been.",
    ),
    **{reach.value: Reading(CallOutcome.OUT_OF_REACH, sentence) for reach, sentence in REFUSALS.items()},
}

_NOT_TAKEN = (CallOutcome.BAD_REQUEST, "The endpoint did not take the request")
_ITS_OWN_FAULT = (CallOutcome.SERVER_ERROR, "The endpoint has a fault of its own")
_STATUSES = {
    **dict.fromkeys((401, 403), (CallOutcome.KEY_REJECTED, "The endpoint rejected the API key")),
    402: (CallOutcome.NO_CREDIT, "The account behind the API key has no credit left"),
    404: (CallOutcome.BAD_REQUEST, "The endpoint knows no such address or model"),
    429: (CallOutcome.RATE_LIMITED, "The endpoint asks to slow down"),
    **dict.fromkeys((408, 409, 425), _ITS_OWN_FAULT),
}


def completion_of(outcome: CallOutcome, text: str | None) -> Completion | None:
    """Return the completion of a finished call, or None where it brought none."""
    if outcome not in USABLE or text is None:
        return None
    return Completion(text, "length" if outcome is CallOutcome.CUT_OFF else "stop")


def read(reply: Reply, style: EndpointStyle) -> Reading:
    """Judge one reply."""
    if reply.status is None:
        return _TROUBLES.get(reply.trouble or "", _TROUBLES["unreachable"])
    if reply.status != 200:
        return _refusal(reply.status, error_in(reply.raw))
    body = _json(reply.raw)
    if isinstance(body, list) and (failure := _failure({"error": body})):
        return failure
    if not isinstance(body, dict):
        return Reading(
            CallOutcome.UNREADABLE, f"The endpoint answered with {_kind(reply.raw)} instead of a completion."
        )
    return _choice(body, style)


def _kind(raw: bytes) -> str:
    if len(raw) > LARGEST_ANSWER:
        return f"more than {LARGEST_ANSWER // 2**20} megabytes"
    start = raw.lstrip()[:10]
    if not start:
        return "nothing"
    if start.startswith(b"<"):
        return "a web page"
    return "a stream of events" if start.startswith((b"data:", b"event:", b":")) else "something that is no JSON object"


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _lenient_json(raw) if len(raw) <= LARGEST_ANSWER else None


def _lenient_json(raw: bytes) -> Any:
    """Read what was paid for in spite of broken characters.

    Half of a pair, as left by a cut at max_tokens; bytes that are no UTF-8; a byte order mark; a bare line feed.
    """
    try:
        return json.loads(raw.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def error_in(raw: bytes) -> ServerError:
    """Return what the bytes of a refusal say: an error in JSON, a web page, or plain words."""
    if (body := _json(raw)) is not None:
        return error_of(body)
    text = raw[:_MUCH].decode("utf-8-sig", "replace")
    return NOTHING_SAID if "\x00" in text or text.strip() == "null" else error_of(text)


def _refusal(status: int, error: ServerError) -> Reading:
    is_broke = status == 429 and "insufficient_quota" in {error.code, error.type}
    outcome, sentence = _STATUSES[402] if is_broke else _meaning(status)
    return Reading(outcome, f"{sentence} (HTTP {status}).{_said(error)}")


def _meaning(status: int) -> tuple[CallOutcome, str]:
    if status in _STATUSES:
        return _STATUSES[status]
    if 300 <= status < 400:
        return CallOutcome.BAD_REQUEST, "The endpoint points elsewhere; use the address that it moved to"
    return _ITS_OWN_FAULT if status >= 500 else _NOT_TAKEN


def _said(error: ServerError) -> str:
    return f" It says: {error.message}" if error.message else ""


def _failure(body: dict[str, Any]) -> Reading | None:
    """Return what an error within an HTTP 200 means, as gateways report it that have said 200 already."""
    stated = body.get("error")
    error = error_of({"error": stated})
    if not stated or (error == NOTHING_SAID and not isinstance(stated, dict | str)):
        return None
    if error.status is not None or "insufficient_quota" in {error.code, error.type}:
        return _refusal(error.status or 429, error)
    return Reading(CallOutcome.SERVER_ERROR, f"The endpoint reported an error instead of a completion.{_said(error)}")


def _choice(body: dict[str, Any], style: EndpointStyle) -> Reading:
    usage = body.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    details = counts.get("prompt_tokens_details")
    model, tier = body.get("model"), body.get("service_tier")
    common: dict[str, Any] = {
        "model": repair(model, limit=200) if isinstance(model, str) else "",
        "service_tier": repair(tier, limit=40) if isinstance(tier, str) else "",
        "tokens_in": _count(counts.get("prompt_tokens")),
        "tokens_out": _count(counts.get("completion_tokens")),
        "tokens_cached": _count(details.get("cached_tokens")) if isinstance(details, dict) else None,
    }
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    # An error that came with an answer is a remark.
    if failure := _failure(first if isinstance(first, dict) else body):
        return replace(failure, **common)
    if not isinstance(first, dict):
        sentence = f"The endpoint answered without any completion.{_said(error_of(body))}"
        return Reading(CallOutcome.EMPTY, sentence, **common)
    return _content(first, style, common)


def _content(choice: dict[str, Any], style: EndpointStyle, common: dict[str, Any]) -> Reading:
    message = choice.get("message") if style is EndpointStyle.CHAT else choice
    holder = message if isinstance(message, dict) else {}
    refusal = holder.get("refusal")
    if isinstance(refusal, str) and refusal:
        return Reading(CallOutcome.REFUSED, f"The model declined: {repair(refusal, limit=300)}", **common)
    if choice.get("finish_reason") == "content_filter":
        return Reading(CallOutcome.FILTERED, "The endpoint's content filter withheld the completion.", **common)
    content = _joined(holder.get("content" if style is EndpointStyle.CHAT else "text"))
    if not isinstance(content, str) or not content.strip():
        return Reading(CallOutcome.EMPTY, "The endpoint answered with an empty completion.", **common)
    if choice.get("finish_reason") == "length":
        return Reading(
            CallOutcome.CUT_OFF, "The completion was cut off at its largest length.", repair(content), **common
        )
    is_counted = common["tokens_in"] is not None and common["tokens_out"] is not None
    return Reading(CallOutcome.ANSWERED, "" if is_counted else _UNCOUNTED, repair(content), **common)


def _joined(content: Any) -> Any:
    """Some servers write a text as a list of its parts; parts of another kind, as thoughts, are not the text."""
    if not isinstance(content, list):
        return content
    parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") in _TEXT_PARTS]
    return "".join(part for part in parts if isinstance(part, str))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None
