"""HTTP 200 with a completion that isn't as it should be."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import orjson
from starlette.responses import Response

from app.llm.practice.fault import Answer, Fault, as_json, marked, spoiled
from app.llm.practice.protocol import Body

_SORRY = "I'm sorry, but I can't help with that."
_ALWAYS_THE_SAME = "1. Name a fruit that is yellow.\n2. Name a tree that keeps its leaves in winter.\n"
_WEATHER = {"id": "call-1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}


def _top(**fields: object) -> Answer:
    """Return an answer with these fields in place of the right ones, and without a text."""
    return lambda name, payload: as_json(spoiled(name, {**payload, **fields}))


def _beside(change: Callable[[Body], Body]) -> Answer:
    """Return an answer whose text is right, with something beside it that isn't."""
    return lambda name, payload: as_json(marked(name, change(dict(payload))))


def _usage(value: object) -> Answer:
    return _beside(lambda payload: {**payload, "usage": value})


def _without(field: str) -> Answer:
    return _beside(lambda payload: {key: value for key, value in payload.items() if key != field})


def _counts(tokens_in: object, tokens_out: object) -> Answer:
    return _usage({"prompt_tokens": tokens_in, "completion_tokens": tokens_out})


def _content(content: object, *, finish: str | None = None, **message: object) -> Answer:
    """Return an answer with ``content`` in place of each text."""

    def answer(name: str, payload: Body) -> Response:
        for choice in payload["choices"]:
            _write(choice, content, message)
            choice["finish_reason"] = finish or choice["finish_reason"]
        return as_json(spoiled(name, payload))

    return answer


def _write(choice: dict[str, Any], content: object, message: dict[str, object]) -> None:
    if "message" in choice:
        choice["message"] |= {"content": content, **message}
    else:
        # This interface has no field for a refusal: it comes as a text.
        choice["text"] = message.get("refusal", content)


def _text(change: Callable[[str], object], *, finish: str | None = None) -> Answer:
    """Return an answer whose texts are changed but arrive."""

    def answer(name: str, payload: Body) -> Response:
        for choice in payload["choices"]:
            text = choice["message"]["content"] if "message" in choice else choice["text"]
            _write(choice, change(text), {})
            choice["finish_reason"] = finish or choice["finish_reason"]
        return as_json(marked(name, payload))

    return answer


def _broken_bytes(put: bytes) -> Answer:
    """Return an answer with bytes in each text that JSON, or UTF-8, has no place for."""

    def answer(name: str, payload: Body) -> Response:
        right = _text(lambda text: f"@@{text}")(name, payload)
        return Response(bytes(right.body).replace(b"@@", put), media_type="application/json")

    return answer


def _several(name: str, payload: Body) -> Response:
    extra = deepcopy(payload["choices"][0])
    _write(extra, "A choice that nobody asked for.", {})
    return as_json(marked(name, {**payload, "choices": [*payload["choices"], extra | {"index": 1}]}))


def _same_again(name: str, payload: Body) -> Response:
    right = orjson.loads(_content(_ALWAYS_THE_SAME)(name, payload).body)
    return as_json({**right, "id": "chatcmpl-same-again"})


def _failed_choice(name: str, payload: Body) -> Response:
    error = {"error": {"code": 502, "message": "The upstream model failed."}, "finish_reason": "error"}
    return as_json(spoiled(name, {**payload, "choices": [error]}))


def _in_parts(text: str) -> object:
    return [{"type": "thinking", "thinking": "Hm."}, *({"type": "text", "text": half} for half in (text[:9], text[9:]))]


SHAPES: tuple[Fault, ...] = (
    Fault("null_choices", _top(choices=None)),
    Fault("empty_choices", _top(choices=[])),
    Fault("choices_as_object", _top(choices={"0": {"text": "Hello"}})),
    Fault("missing_choices", lambda name, payload: as_json({"model": payload["model"], "practice": {"fault": name}})),
    Fault("null_choice", _top(choices=[None])),
    Fault("bare_choice", _top(choices=[{}])),
    Fault("null_message", _top(choices=[{"message": None, "text": None, "finish_reason": "stop"}])),
    Fault("failed_choice", _failed_choice),
    Fault("several_choices", _several),
    Fault("same_again", _same_again),
)

CONTENTS: tuple[Fault, ...] = (
    Fault("null_content", _content(None)),
    Fault("empty_content", _content("")),
    Fault("blank_content", _content(" \n\t ")),
    Fault("number_content", _content(5)),
    Fault("object_content", _content({"text": "Hello"})),
    Fault("content_parts", _text(_in_parts)),
    Fault("content_parts_without_text", _content([{"type": "image_url", "image_url": {"url": "http://x"}}, 5, None])),
    Fault("content_filter", _content("", finish="content_filter")),
    Fault("refusal", _content(None, finish="stop", refusal=_SORRY)),
    Fault("tool_calls", _content(None, finish="tool_calls", tool_calls=[_WEATHER])),
    Fault("cut_off", _text(lambda text: text[: max(1, len(text) // 2)], finish="length")),
    Fault("cut_off_before_it_began", _content("", finish="length")),
    Fault("unknown_finish", _text(lambda text: text, finish="eos")),
    Fault("nul_in_text", _text(lambda text: f"\x00{text}")),
    Fault("lone_surrogate", _broken_bytes(b"\\ud83d")),
    Fault("invalid_utf8", _broken_bytes(b"\xff\xfe")),
    Fault("bare_line_feed", _broken_bytes(b"\n")),
)

COUNTS: tuple[Fault, ...] = (
    Fault("missing_usage", _without("usage")),
    Fault("null_usage", _usage(None)),
    Fault("usage_as_list", _usage([11, 7])),
    Fault("negative_usage", _counts(-11, -7)),
    Fault("usage_as_text", _counts("11", "7")),
    Fault("fractional_usage", _counts(11.5, 7.5)),
    Fault("huge_usage", _counts(2**62, 2**62)),
    Fault("missing_model", _without("model")),
    Fault("number_as_model", _beside(lambda payload: {**payload, "model": 4})),
    Fault("other_model", _beside(lambda payload: {**payload, "model": "another-model"})),
)
