"""What the body of an answer holds, in the shapes that servers send. Pure; trusts nothing in it.

A text may be a string or a list of parts. Reasoning has a field of its own (``reasoning_content``, ``reasoning``),
parts of its own, or stands in the text, which ``app.llm.reasoning`` looks at. Some servers answer in events where none
were asked for.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from app.llm.dialect import TOOL
from app.llm.transport import LARGEST_ANSWER

_TEXT_PARTS = frozenset({"text", "output_text"})
_THOUGHT_PARTS = frozenset({"thinking", "thought", "reasoning", "reasoning_text", "reasoning_content", "summary_text"})
_THOUGHTS = ("reasoning_content", "reasoning", "thinking")
# What providers call an end at the limit; OpenAI and most others, Anthropic, Google, Mistral.
_AT_THE_LIMIT = frozenset({"length", "max_tokens", "MAX_TOKENS", "model_length"})
_EVENTS = (b"data:", b"event:", b":")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counts them, None where it doesn't. ``reasoning`` is a part of ``written``."""

    read: int | None = None
    written: int | None = None
    cached: int | None = None
    reasoning: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What a model wrote. ``is_cut``: up to its limit. ``refusal`` is what it said instead of an answer."""

    text: str = ""
    reasoning: str = ""
    is_cut: bool = False
    is_filtered: bool = False
    refusal: str = ""


def json_in(raw: bytes) -> Any:
    """Return the JSON value of a body, or of the events that it was sent in; None where it is none."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        if len(raw) > LARGEST_ANSWER:
            return None
        return _joined_events(raw) if is_events(raw) else _lenient_json(raw)


def is_events(raw: bytes) -> bool:
    """Return whether a body is a stream of server-sent events."""
    return raw.lstrip()[:10].startswith(_EVENTS)


def usage_of(body: Mapping[str, Any]) -> Usage:
    """Return what was counted. What is only in the total was written, too: some count reasoning nowhere else."""
    counts = _object(body.get("usage"))
    read, written, total = (_count(counts.get(f"{name}_tokens")) for name in ("prompt", "completion", "total"))
    reasoning = _count(_object(counts.get("completion_tokens_details")).get("reasoning_tokens"))
    if read is not None and total is not None and total - read > (written or 0):
        hidden = total - read - (written or 0)
        written = total - read
        reasoning = max(reasoning or 0, hidden)
    cached = _count(_object(counts.get("prompt_tokens_details")).get("cached_tokens"))
    return Usage(read, written, cached, reasoning)


def message_in(choice: Mapping[str, Any], *, is_chat: bool) -> Message:
    """Return what one choice of an answer holds."""
    holder = _object(choice.get("message")) if is_chat else choice
    content = holder.get("content" if is_chat else "text")
    refusal = holder.get("refusal")
    finish = choice.get("finish_reason")
    thoughts = [_text_of(holder.get(name), thoughts=True) for name in _THOUGHTS]
    thoughts += [_text_of(content, thoughts=True)] if isinstance(content, list) else []
    return Message(
        _text_of(content) or _arguments(holder),
        next((each for each in thoughts if each.strip()), ""),
        is_cut=isinstance(finish, str) and finish in _AT_THE_LIMIT,
        is_filtered=finish == "content_filter",
        refusal=refusal if isinstance(refusal, str) else "",
    )


def _text_of(content: Any, *, thoughts: bool = False) -> str:
    """Join the parts of a text: those of the answer, or those that are ``thoughts``."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(_part(each, thoughts) for each in content if isinstance(each, Mapping))


def _part(part: Mapping[str, Any], thoughts: bool) -> str:
    text, kind = part.get("text"), part.get("type")
    if not isinstance(kind, str) or kind not in (_THOUGHT_PARTS if thoughts else _TEXT_PARTS):
        return ""
    # What Mistral's models think is a list of parts within the part.
    return text if isinstance(text, str) else _text_of(part.get("thinking")) if thoughts else ""


def _arguments(holder: Mapping[str, Any]) -> str:
    """Return the arguments of the first tool that was called: the answer, where it was asked for as such.

    A model may call a tool that nobody offered, which answers nothing.
    """
    calls = holder.get("tool_calls")
    function = _object(_object(calls[0]).get("function")) if isinstance(calls, list) and calls else {}
    arguments = function.get("arguments") if function.get("name", TOOL) == TOOL else None
    if isinstance(arguments, Mapping | list):
        return json.dumps(arguments, ensure_ascii=False)
    return arguments if isinstance(arguments, str) else ""


def _lenient_json(raw: bytes) -> Any:
    """Read what was paid for in spite of broken characters.

    Half of a pair, as left by a cut at max_tokens; bytes that are no UTF-8; a byte order mark; a bare line feed.
    """
    try:
        return json.loads(raw.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _joined_events(raw: bytes) -> Any:
    """Return the answer whose pieces came one by one: it was paid for, and asking again would bring the same."""
    events = [each for each in map(_lenient_json, _data_of(raw)) if isinstance(each, dict)]
    whole: dict[str, Any] = {}
    joined: dict[str, str] = {}
    finish = None
    for event in events:
        whole |= {key: value for key, value in event.items() if key != "choices" and value is not None}
        choices = event.get("choices")
        choice = _object(choices[0]) if isinstance(choices, list) and choices else {}
        finish = choice.get("finish_reason") or finish
        delta = _object(choice.get("delta")) or _object(choice.get("message")) or choice
        for name in ("content", "text", "refusal", *_THOUGHTS):
            if piece := _text_of(delta.get(name)):
                joined[name] = joined.get(name, "") + piece
    if not events:
        return None
    if not joined:
        return whole if "error" in whole else None
    return whole | {"choices": [{"message": joined, "text": joined.get("text", ""), "finish_reason": finish}]}


def _data_of(raw: bytes) -> Iterator[bytes]:
    for line in raw.splitlines():
        if line.startswith(b"data:"):
            yield line[5:].strip()


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None
