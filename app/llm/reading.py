"""What a reply means: its outcome, a sentence for people, the text and the tokens. Pure; trusts nothing in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.llm.answer_body import Message, is_events, json_in, message_in, usage_of
from app.llm.client import Reply
from app.llm.error_body import NOTHING_SAID, ServerError, error_of
from app.llm.prompt import Completion
from app.llm.reach import REFUSALS
from app.llm.reasoning import Parted, part
from app.llm.transport import LARGEST_ANSWER
from app.models.generation import CallOutcome, EndpointStyle
from app.text import repair, tidy, tidy_name

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
PERHAPS_BILLED = (
    USABLE | FINAL | {CallOutcome.EMPTY, CallOutcome.USED_UP, CallOutcome.UNREADABLE, CallOutcome.TIMED_OUT}
)
# Every further call would fail in the same way, so the run stops and says why. A request that isn't taken may be one
# prompt's fault, unless it is the first.
FATAL = frozenset({CallOutcome.KEY_REJECTED, CallOutcome.NO_CREDIT, CallOutcome.OUT_OF_REACH})
FATAL_AT_FIRST = FATAL | {CallOutcome.BAD_REQUEST}
# Servers count a few tokens that nobody sees, such as the one that ends a text.
_MARGIN = 8
_BLANK_LINES = re.compile(r"\A(?:[ \t]*\r?\n)+")
# Of an error in plain words or a web page so much is looked at.
_MUCH = 16 * 1024
_UNCOUNTED = "The endpoint did not say how many tokens it used. The cost is the most that they can be."


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reply is read by: the interface, where its text ends, the most tokens that were allowed (None: not known),
    and whether reasoning begins without an opening tag.
    """

    style: EndpointStyle
    stop: Sequence[str] = ()
    limit: int | None = None
    is_opened: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """``text`` is None where there is nothing to use; tokens are None where the server didn't count them.

    ``reasoning`` was set aside, ``is_inline`` where it stood in the text, and ``is_headless`` where it began without an
    opening tag there. ``over`` says that the server counts more tokens than it was allowed, empty where it doesn't.
    ``error`` is what it said of a request that it refused.
    """

    outcome: CallOutcome
    sentence: str = ""
    text: str | None = None
    model: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None
    tokens_reasoning: int | None = None
    service_tier: str = ""
    reasoning: str | None = None
    is_inline: bool = False
    is_headless: bool = False
    over: str = ""
    error: ServerError = NOTHING_SAID


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
    529: (CallOutcome.RATE_LIMITED, "The endpoint is overloaded"),
    **dict.fromkeys((408, 409, 425), _ITS_OWN_FAULT),
}


def completion_of(outcome: CallOutcome, text: str | None) -> Completion | None:
    """Return the completion of a finished call, or None where it brought none."""
    if outcome not in USABLE or text is None:
        return None
    return Completion(text, "length" if outcome is CallOutcome.CUT_OFF else "stop")


def read(reply: Reply, asked: Asked) -> Reading:
    """Judge one reply to what was asked."""
    if reply.status is None:
        return _TROUBLES.get(reply.trouble or "", _TROUBLES["unreachable"])
    if reply.status != 200:
        return _refusal(reply.status, error_in(reply.raw))
    body = json_in(reply.raw)
    if isinstance(body, list) and (failure := _failure({"error": body})):
        return failure
    if not isinstance(body, dict):
        return Reading(
            CallOutcome.UNREADABLE, f"The endpoint answered with {_kind(reply.raw)} instead of a completion."
        )
    return _choice(body, asked)


def _kind(raw: bytes) -> str:
    if len(raw) > LARGEST_ANSWER:
        return f"more than {LARGEST_ANSWER // 2**20} megabytes"
    start = raw.lstrip()[:1]
    if not start:
        return "nothing"
    if start == b"<":
        return "a web page"
    return "a stream of events" if is_events(raw) else "something that is no JSON object"


def error_in(raw: bytes) -> ServerError:
    """Return what the bytes of a refusal say: an error in JSON, a web page, or plain words."""
    if (body := json_in(raw)) is not None:
        return error_of(body)
    text = raw[:_MUCH].decode("utf-8-sig", "replace")
    return NOTHING_SAID if "\x00" in text or text.strip() == "null" else error_of(text)


def _refusal(status: int, error: ServerError) -> Reading:
    is_broke = status == 429 and "insufficient_quota" in {error.code, error.type}
    outcome, sentence = _STATUSES[402] if is_broke else _meaning(status)
    return Reading(outcome, f"{sentence} (HTTP {status}).{_said(error)}", error=error)


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
    if not stated:
        return None
    error = error_of({"error": stated})
    if error == NOTHING_SAID and not isinstance(stated, dict | str):
        return None
    if error.status is not None or "insufficient_quota" in {error.code, error.type}:
        return _refusal(error.status or 429, error)
    return Reading(CallOutcome.SERVER_ERROR, f"The endpoint reported an error instead of a completion.{_said(error)}")


def _choice(body: dict[str, Any], asked: Asked) -> Reading:
    usage = usage_of(body)
    model, tier = body.get("model"), body.get("service_tier")
    common: dict[str, Any] = {
        "model": tidy_name(model, limit=200) if isinstance(model, str) else "",
        "service_tier": tidy_name(tier, limit=40) if isinstance(tier, str) else "",
        "tokens_in": usage.read,
        "tokens_out": usage.written,
        "tokens_cached": usage.cached,
        "tokens_reasoning": usage.reasoning,
        "over": _over(usage.written or 0, asked.limit),
    }
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    # An error that came with an answer is a remark.
    if failure := _failure(first if isinstance(first, dict) else body):
        return replace(failure, **common)
    if not isinstance(first, dict):
        sentence = f"The endpoint answered without any completion.{_said(error_of(body))}"
        return Reading(CallOutcome.EMPTY, sentence, **common)
    return _message(message_in(first, is_chat=asked.style is EndpointStyle.CHAT), asked, common)


def _over(written: int, limit: int | None) -> str:
    if limit is None or written <= limit + _MARGIN:
        return ""
    return (
        f"The endpoint counts {written:,} tokens of output where {limit:,} were allowed, so no limit of money can hold "
        "with it. Give the model so much room for reasoning, or use a server that keeps to limits."
    )


def _message(message: Message, asked: Asked, common: dict[str, Any]) -> Reading:
    if message.refusal:
        return Reading(CallOutcome.REFUSED, f"The model declined: {tidy(message.refusal, limit=300)}", **common)
    if message.is_filtered:
        return Reading(CallOutcome.FILTERED, "The endpoint's content filter withheld the completion.", **common)
    parted = part(message.text)
    is_all_reasoning = asked.is_opened and message.is_cut and not parted.reasoning
    if is_all_reasoning:
        parted = Parted("", message.text, is_open=True)
    thoughts = "\n\n".join(each for each in (message.reasoning.strip(), parted.reasoning) if each)
    is_inline = bool(parted.reasoning) or parted.is_open or parted.answer != message.text
    common |= {"reasoning": repair(thoughts) or None, "is_inline": is_inline, "is_headless": parted.is_headless}
    # The blank lines behind reasoning belong to it; the indentation of what follows is text.
    text = _BLANK_LINES.sub("", parted.answer) if is_inline else parted.answer
    cut = cut_at(text, asked.stop)
    if not cut.strip():
        return _nothing(message, parted, asked, common)
    if message.is_cut and cut == text:
        return Reading(CallOutcome.CUT_OFF, "The completion was cut off at its largest length.", repair(cut), **common)
    is_counted = common["tokens_in"] is not None and common["tokens_out"] is not None
    return Reading(CallOutcome.ANSWERED, "" if is_counted else _UNCOUNTED, repair(cut), **common)


def _nothing(message: Message, parted: Parted, asked: Asked, common: dict[str, Any]) -> Reading:
    """Judge an answer without a visible word: its room was used up by reasoning, or there is none."""
    if message.is_cut or parted.is_open:
        limit = f" {asked.limit:,}" if asked.limit is not None else ""
        sentence = f"The model used up all{limit} tokens that it was allowed before it wrote a word of its answer."
        return Reading(CallOutcome.USED_UP, sentence, **common)
    what = "nothing but its reasoning" if common["reasoning"] else "an empty completion"
    return Reading(CallOutcome.EMPTY, f"The endpoint answered with {what}.", **common)


def cut_at(text: str, stop: Sequence[str]) -> str:
    """Return ``text`` up to the first of the stop sequences, as a server that knows them cuts it.

    One before anything is written doesn't count: many chat models begin with a blank line.
    """
    begins = len(text) - len(text.lstrip())
    ends = [found for each in stop if each and (found := text.find(each, begins)) >= 0]
    return text[: min(ends)] if ends else text
