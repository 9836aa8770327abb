"""What a dialect is: what a family of models refuses, ignores and writes beside its text.

Stated from what providers publish, apart from what Tamis itself holds of the same families (``app.llm.dialect``), so
that each of the two can be held against the other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.datastructures import URL, Headers
from starlette.responses import Response

from app.llm.practice.error_bodies import as_object
from app.llm.practice.protocol import Asked, Body, RequestError

Condition = Callable[[Body, str], bool]

# What a server may take and not heed, as that changes a request.
_IGNORED: dict[str, dict[str, Any]] = {
    "n": {"choices": 1},
    "stop": {"stops": ()},
    "max_tokens": {"max_tokens": None},
}
# No request does without these.
_REQUIRED = frozenset({"model", "messages", "prompt", "stream"})


def always(_body: Body, _parameter: str) -> bool:
    """Not even at its default."""
    return True


def unless(value: float) -> Condition:
    """Only as this value."""
    return lambda body, parameter: body[parameter] != value


def above(most: int) -> Condition:
    """At most so much."""
    return lambda body, parameter: isinstance(body[parameter], int) and body[parameter] > most


def beside(other: str) -> Condition:
    """Not together with another parameter."""
    return lambda body, _parameter: body.get(other) is not None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A parameter that is refused under a condition, with a sentence.

    ``is_named``: the error has the parameter in a field of its own; else it is in the sentence at most.
    """

    parameter: str
    when: Condition
    sentence: str
    is_named: bool = False
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """``refuses`` are known parameters, ``knows`` all that it takes where it refuses the rest, as ``unknown`` says.

    ``wants``: one of these must be sent. ``ignores``: these are taken and not heeded. ``formats``: the ways to ask for
    JSON that it heeds; the others are refused where ``refuses_formats``, and ignored otherwise. ``errors`` is the
    shape of a refusal. ``thinks_in`` is the field of reasoning: "content" means parts of the content, empty that nobody
    gets to see it. ``thinks``: it reasons unless told otherwise. ``counts_thoughts``: as a part of the completion, not
    in the total alone. ``finishes`` are its own words for why a text ends. ``padding`` comes before its JSON.
    ``paths`` are where it serves besides ``/v1``; ``wants_key``: any key.
    """

    name: str
    refuses: tuple[Refusal, ...] = ()
    knows: frozenset[str] | None = None
    unknown: Refusal = Refusal("", always, "Unrecognized request argument: {}.")
    wants: tuple[str, ...] = ()
    ignores: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset({"json_schema", "json_object", "tools"})
    refuses_formats: bool = True
    errors: Callable[[RequestError], Response] = as_object
    status: int = 400
    thinks_in: str = "reasoning_content"
    thinks: bool = False
    counts_thoughts: bool = True
    finishes: Mapping[str, str | None] | None = None
    padding: bytes = b""
    paths: tuple[str, ...] = ()
    wants_key: bool = False

    def check_address(self, headers: Headers, url: URL) -> None:
        """Raise RequestError where there is no key, or no version in an address that needs one."""
        key = headers.get("api-key") or headers.get("authorization", "").removeprefix("Bearer ").strip()
        if self.wants_key and key in ("", "none"):
            raise RequestError("Access denied: the key is missing.", None, "401", 401)
        if "/deployments/" in url.path and "api-version=" not in url.query:
            raise RequestError("Resource not found", None, "404", 404)

    def check(self, body: Body) -> None:
        """Raise RequestError for the first thing in a request that the family refuses. Null counts as not sent."""
        for refusal in self.refuses:
            if body.get(refusal.parameter) is not None and refusal.when(body, refusal.parameter):
                raise self._error(refusal, refusal.parameter)
        strange = [] if self.knows is None else [name for name in body if name not in self.knows | _REQUIRED]
        if strange:
            raise self._error(self.unknown, strange[0])
        if self.wants and not any(body.get(name) for name in self.wants):
            raise RequestError(f"{self.wants[0]}: Field required.", status=self.status)
        asked = format_in(body)
        if asked and asked not in self.formats and self.refuses_formats:
            field = asked if asked in body else "response_format"
            raise RequestError(f"The {field} {asked} is not available with this model.", field, status=self.status)

    def heeded(self, asked: Asked, body: Body) -> Asked:
        """Return what the family makes of a request that it takes."""
        if (form := format_in(body)) in self.formats:
            tool = str(_at(body, ("tools", 0, "function", "name")) or "")
            asked = replace(asked, form=form, schema=schema_in(body, form), tool=tool)
        for each in self.ignores & _IGNORED.keys():
            asked = replace(asked, **_IGNORED[each])
        return asked

    def _error(self, refusal: Refusal, name: str) -> RequestError:
        param = name if refusal.is_named else None
        return RequestError(refusal.sentence.format(name), param, refusal.code, self.status)


def format_in(body: Body) -> str:
    """Return the way in which JSON is asked for, empty for none."""
    wanted = body.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") in ("json_schema", "json_object"):
        return str(wanted["type"])
    if body.get("tools") and body.get("tool_choice") != "none":
        return "tools"
    return "guided_json" if body.get("guided_json") else ""


def schema_in(body: Body, form: str) -> Body:
    """Return the JSON schema of a request in one of the ways to ask for it; empty where there is none."""
    places: dict[str, tuple[str | int, ...]] = {
        "json_schema": ("response_format", "json_schema", "schema"),
        "json_object": ("response_format", "schema"),  # llama.cpp's own
        "tools": ("tools", 0, "function", "parameters"),
        "guided_json": ("guided_json",),
    }
    found = _at(body, places[form])
    return found if isinstance(found, dict) else {}


def _at(body: Any, place: Sequence[str | int]) -> Any:
    """Return what stands at a place in a request, None where there is no such place."""
    for step in place:
        try:
            body = body[step]
        except (LookupError, TypeError):
            return None
    return body


def ignored(names: Sequence[str]) -> frozenset[str]:
    """Return the names. Raises ValueError for a parameter that can't be ignored."""
    if unknown := set(names) - _IGNORED.keys():
        raise ValueError(f"{', '.join(sorted(unknown))} can't be ignored. These can: {', '.join(_IGNORED)}.")
    return frozenset(names)
