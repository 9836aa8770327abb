"""What a reply means: its outcome, a sentence for people, the text and the tokens. Pure; trusts nothing in it."""

import json
from dataclasses import dataclass
from typing import Any

import orjson

from app.llm.client import Reply
from app.llm.prompt import Completion
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
# Every further call would fail in the same way, so the run stops and says why. A request that isn't taken may be one
# prompt's fault, unless it is the first.
FATAL = frozenset({CallOutcome.KEY_REJECTED})
FATAL_AT_FIRST = FATAL | {CallOutcome.BAD_REQUEST}
_UNCOUNTED = "The endpoint did not say how many tokens it used, so the cost is an estimate."


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


def completion_of(outcome: CallOutcome, text: str | None) -> Completion | None:
    """Return the completion of a finished call, or None where it brought none."""
    if outcome not in USABLE or text is None:
        return None
    return Completion(text, "length" if outcome is CallOutcome.CUT_OFF else "stop")


def read(reply: Reply, style: EndpointStyle) -> Reading:
    """Judge one reply."""
    if reply.trouble == "timed_out":
        return Reading(CallOutcome.TIMED_OUT, "The endpoint took too long to answer.")
    if reply.status is None:
        return Reading(CallOutcome.UNREACHABLE, "Nothing answers at the endpoint's address. Is the server running?")
    if reply.status != 200:
        return _refusal(reply)
    body = _json(reply.raw)
    if not isinstance(body, dict):
        what = "a web page" if reply.raw.lstrip()[:1] == b"<" else "something that is not JSON"
        return Reading(CallOutcome.UNREADABLE, f"The endpoint answered with {what} instead of a completion.")
    return _choice(body, style)


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _lenient_json(raw)


def _lenient_json(raw: bytes) -> Any:
    """Half of a character pair, as left by a cut at max_tokens, is no reason to lose an answer that was paid for."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _refusal(reply: Reply) -> Reading:
    said = _said(reply.raw)
    status = reply.status or 0
    if status in {401, 403}:
        return Reading(CallOutcome.KEY_REJECTED, f"The endpoint rejected the API key (HTTP {status}).{said}")
    if status == 429:
        return Reading(CallOutcome.RATE_LIMITED, f"The endpoint asks to slow down (HTTP 429).{said}")
    if status == 404:
        return Reading(CallOutcome.BAD_REQUEST, f"The endpoint knows no such address or model (HTTP 404).{said}")
    if 300 <= status < 400:
        return Reading(CallOutcome.BAD_REQUEST, f"The endpoint points elsewhere (HTTP {status}); use that address.")
    if status >= 500 or status in {408, 409, 425}:
        return Reading(CallOutcome.SERVER_ERROR, f"The endpoint has a fault of its own (HTTP {status}).{said}")
    return Reading(CallOutcome.BAD_REQUEST, f"The endpoint did not take the request (HTTP {status}).{said}")


def _said(raw: bytes) -> str:
    body = _json(raw)
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return f" It says: {repair(message, limit=300)}" if isinstance(message, str) and message else ""


def _choice(body: dict[str, Any], style: EndpointStyle) -> Reading:
    usage = body.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    details = counts.get("prompt_tokens_details")
    model = body.get("model")
    common: dict[str, Any] = {
        "model": repair(model, limit=200) if isinstance(model, str) else "",
        "tokens_in": _count(counts.get("prompt_tokens")),
        "tokens_out": _count(counts.get("completion_tokens")),
        "tokens_cached": _count(details.get("cached_tokens")) if isinstance(details, dict) else None,
    }
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(first, dict):
        return Reading(CallOutcome.EMPTY, "The endpoint answered without any completion.", **common)
    return _content(first, style, common)


def _content(choice: dict[str, Any], style: EndpointStyle, common: dict[str, Any]) -> Reading:
    message = choice.get("message") if style is EndpointStyle.CHAT else choice
    holder = message if isinstance(message, dict) else {}
    refusal = holder.get("refusal")
    if isinstance(refusal, str) and refusal:
        return Reading(CallOutcome.REFUSED, f"The model declined: {repair(refusal, limit=300)}", **common)
    if choice.get("finish_reason") == "content_filter":
        return Reading(CallOutcome.FILTERED, "The endpoint's content filter withheld the completion.", **common)
    content = holder.get("content" if style is EndpointStyle.CHAT else "text")
    if not isinstance(content, str) or not content.strip():
        return Reading(CallOutcome.EMPTY, "The endpoint answered with an empty completion.", **common)
    if choice.get("finish_reason") == "length":
        return Reading(
            CallOutcome.CUT_OFF, "The completion was cut off at its largest length.", repair(content), **common
        )
    is_counted = common["tokens_in"] is not None and common["tokens_out"] is not None
    return Reading(CallOutcome.ANSWERED, "" if is_counted else _UNCOUNTED, repair(content), **common)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None
