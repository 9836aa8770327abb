"""What a server says of its error, in whichever shape it comes. Pure; trusts nothing in it.

Shapes that were seen: ``{"error": {"message", "type", "param", "code"}}``, the same within a list, ``{"code", "error":
"sentence"}``, ``{"message", "type", "code"}``, ``{"detail": "sentence"}``, ``{"detail": [{"loc", "msg", "type"}]}``,
``{"errors": [...]}``, JSON within a string of JSON, plain text, a web page.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from app.text import tidy, tidy_name

_LONGEST, _LONGEST_NAME = 300, 80
_DEEPEST = 5
# In this order: what holds an error whole, then what holds a sentence.
_HOLDERS = ("error", "errors", "message", "detail")
_SENTENCES = ("message", "msg", "error_description", "detail", "error", "error_msg", "Message", "description", "title")
_PARAMS, _CODES, _TYPES = ("param", "parameter", "field"), ("code", "error_code"), ("type", "error_type", "status")
_STATUSES = ("code", "status", "statusCode", "status_code", "type")
_TITLE = re.compile(r"<(title|h1)\b[^>]*>(.{0,500}?)</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]{0,500}>")
_EVENT = re.compile(r"\A\s*(?:event:[^\n]*\n\s*)?data:\s*")


@dataclass(frozen=True, slots=True)
class ServerError:
    """A sentence on one line, the parameter that it is about, and the server's names for it; empty where it says none.

    ``status`` is the HTTP status that gateways write into a body which they send with another one.
    """

    message: str = ""
    param: str = ""
    code: str = ""
    type: str = ""
    status: int | None = None


NOTHING_SAID = ServerError()


def error_of(body: Any) -> ServerError:
    """Return what the body of a refusal says: what its JSON came to, or its text where it is none."""
    return _of(body, 0)


def _of(body: Any, depth: int) -> ServerError:
    if depth > _DEEPEST:
        return NOTHING_SAID
    match body:
        case str():
            return _of_text(body, depth)
        case Mapping():
            return _of_object(body, depth)
        case list():
            return _of_list(body, depth)
        case _:
            return NOTHING_SAID


def _of_text(text: str, depth: int) -> ServerError:
    inner = _EVENT.sub("", text.strip(), count=1)
    if inner.startswith(("{", "[")):
        try:
            return _of(orjson.loads(inner), depth + 1)
        except orjson.JSONDecodeError:
            return ServerError(_sentence(inner))
    if inner.startswith("<"):
        found = _TITLE.search(inner)
        return ServerError(_sentence(html.unescape(_TAG.sub(" ", found[2])))) if found else NOTHING_SAID
    return ServerError(_sentence(inner))


def _of_list(errors: list[Any], depth: int) -> ServerError:
    """The first one counts; where several parameters are at fault, all of their sentences are said."""
    found = [each for each in (_of(error, depth + 1) for error in errors[:5]) if each != NOTHING_SAID]
    if not found:
        return NOTHING_SAID
    return replace(found[0], message=_sentence(" ".join(each.message for each in found if each.message)))


def _of_object(error: Mapping[Any, Any], depth: int) -> ServerError:
    param = _name(error, _PARAMS) or _place(error.get("loc"))
    said = ServerError(_own_sentence(error), param, _name(error, _CODES), _name(error, _TYPES), _status(error))
    if param and said.message and "loc" in error:
        said = replace(said, message=_sentence(f"{param}: {said.message}"))
    held = next((error[key] for key in _HOLDERS if isinstance(error.get(key), Mapping | list) and error[key]), None)
    inner = _of(_passed_on(error) or held, depth + 1)
    return ServerError(
        inner.message or said.message,
        inner.param or said.param,
        inner.code or said.code,
        inner.type or said.type,
        said.status or inner.status,
    )


def _own_sentence(error: Mapping[Any, Any]) -> str:
    return next((_of_text(error[key], 1).message for key in _SENTENCES if _is_said(error.get(key))), "")


def _passed_on(error: Mapping[Any, Any]) -> Any:
    """Gateways say "Provider returned error" and put what it returned beside it, as text; so do double encodings."""
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
    texts = (raw, error.get("error"), error.get("message"))
    return next((each for each in texts if isinstance(each, str) and each.lstrip().startswith(("{", "["))), None)


def _is_said(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _sentence(text: str) -> str:
    return tidy(" ".join(text[: 10 * _LONGEST].split()), limit=_LONGEST)


def _name(error: Mapping[Any, Any], keys: tuple[str, ...]) -> str:
    """Return the first name under one of these keys; numbers are names, too."""
    found = (error.get(key) for key in keys)
    named = (each for each in found if (isinstance(each, int) and not isinstance(each, bool)) or _is_said(each))
    return tidy_name(str(next(named, "")), limit=_LONGEST_NAME)


def _place(loc: Any) -> str:
    """Return the last name of a path such as ``["body", "temperature"]``."""
    names = [each for each in loc if isinstance(each, str) and each != "body"] if isinstance(loc, list) else []
    return tidy_name(names[-1], limit=_LONGEST_NAME) if names else ""


def _status(error: Mapping[Any, Any]) -> int | None:
    numbers = (error.get(key) for key in _STATUSES)
    return next((each for each in numbers if isinstance(each, int) and 400 <= each < 600), None)
