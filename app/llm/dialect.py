"""What a model takes: which parameters, under which names, and where its reasoning and its JSON go. Pure.

Providers differ, and change their rules. So nothing here goes by the name of a model: a preset fills in what is known
of a provider, a person may change it, and what a server refuses is learned (``app.llm.learning``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from app.llm.prompt import Prompt, Sampling

# What an endpoint may be without, in the words of the OpenAI API. "stop" is then done by ``reading``.
OPTIONAL = ("temperature", "top_p", "frequency_penalty", "presence_penalty", "stop")
# What the API takes where nothing is sent.
_DEFAULTS: Mapping[str, Any] = {
    "temperature": 1,
    "top_p": 1,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "stop": [],
}
MOST_ROOM = 32_768
# The one tool that is ever offered: its arguments are the answer.
TOOL = "answer"
_BOUNDS = frozenset({"maxLength", "minItems", "maxItems", "minimum", "maximum"})

LengthName = Literal["max_tokens", "max_completion_tokens"]
KeyHeader = Literal["bearer", "api-key"]
Structure = Literal["schema", "tool", "object", "words"]
# From the strictest way of asking for JSON to the mildest: where one is refused, the next is tried.
STRUCTURES: tuple[Structure, ...] = get_args(Structure)
LENGTH_NAMES: tuple[LengthName, ...] = get_args(LengthName)


class Dialect(BaseModel):
    """What a model takes.

    ``length_name`` is the parameter that limits a completion, ``left_out`` those of ``OPTIONAL`` that are never sent.
    ``one_of_two``: temperature and top-p are not taken together, and temperature goes. ``own_defaults``: the server has
    defaults of its own, so temperature and top-p are sent even where they are what the OpenAI API takes by itself.
    ``effort`` is the reasoning effort that is asked for, empty for none. ``room`` is how many tokens for reasoning are
    added to each limit. ``is_opened``: reasoning begins without an opening tag, as the server wrote that into the
    prompt. ``structure`` says how JSON is asked for, and ``knows_json`` that such an answer was seen. ``key_header`` is
    where the key goes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    length_name: LengthName = "max_tokens"
    left_out: frozenset[str] = frozenset()
    one_of_two: bool = False
    own_defaults: bool = False
    effort: str = Field("", max_length=40)
    room: int = Field(0, ge=0, le=MOST_ROOM)
    is_opened: bool = False
    structure: Structure = "schema"
    knows_json: bool = False
    key_header: KeyHeader = "bearer"

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored: what differs from the plain dialect."""
        stored = self.model_dump(exclude_defaults=True)
        return stored | ({"left_out": sorted(self.left_out)} if self.left_out else {})


PLAIN = Dialect()


@dataclass(frozen=True, slots=True)
class Worded:
    """What a request carries beside the prompt, and the names of what was wanted and had to be left out."""

    parameters: dict[str, Any]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preset:
    """A provider as it is offered. ``name`` is stored and typed, ``label`` shown; ``model`` is one for example.

    ``key_note`` says where a key is had, ``price_note`` what is to be known of prices.
    """

    name: str
    label: str
    base_url: str = ""
    model: str = ""
    dialect: Dialect = PLAIN
    key_note: str = ""
    price_note: str = ""


def dialect_in(stored: Mapping[str, Any]) -> Dialect:
    """Return the dialect that ``as_json`` made ``stored`` of."""
    return Dialect.model_validate(stored or {})


def limit_in(parameters: Mapping[str, Any]) -> int | None:
    """Return the most tokens that a request with these parameters allows, None where it says none."""
    return next((int(parameters[name]) for name in LENGTH_NAMES if name in parameters), None)


def milder_than(structure: Structure) -> Structure | None:
    """Return the next milder way of asking for JSON, None behind the last."""
    later = STRUCTURES[STRUCTURES.index(structure) + 1 :]
    return later[0] if later else None


def word(dialect: Dialect, prompt: Prompt, *, is_chat: bool = True) -> Worded:
    """Say what ``prompt`` wants in a dialect. Nothing is sent that is at its default anyway."""
    wanted = _wanted(prompt.sampling, dialect)
    left_out = [name for name in wanted if name in dialect.left_out]
    if dialect.one_of_two and {"temperature", "top_p"} <= wanted.keys() - dialect.left_out:
        left_out.append("top_p")
    sent: dict[str, Any] = {dialect.length_name: prompt.sampling.max_tokens + dialect.room}
    sent |= {name: value for name, value in wanted.items() if name not in left_out}
    if is_chat and dialect.effort:
        sent["reasoning_effort"] = dialect.effort
    if prompt.schema is not None:
        # Hosted models refuse bounds in a schema; small ones on servers of one's own run on without them.
        schema = prompt.schema if dialect.own_defaults else _without_bounds(prompt.schema)
        sent |= _structured(dialect.structure if is_chat else "words", schema)
    return Worded(sent, tuple(left_out))


def _wanted(sampling: Sampling, dialect: Dialect) -> dict[str, Any]:
    values = {name: getattr(sampling, name) for name in OPTIONAL} | {"stop": list(sampling.stop)}
    kept = {"temperature", "top_p"} if dialect.own_defaults else frozenset()
    return {name: value for name, value in values.items() if value != _DEFAULTS[name] or name in kept}


def _without_bounds(schema: Any) -> Any:
    if isinstance(schema, Mapping):
        return {key: _without_bounds(value) for key, value in schema.items() if key not in _BOUNDS}
    return schema


def _structured(structure: Structure, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that ask for JSON of this schema; none where the words of the prompt have to do."""
    match structure:
        case "schema":
            described = {"name": "answer", "strict": True, "schema": schema}
            return {"response_format": {"type": "json_schema", "json_schema": described}}
        case "tool":
            function = {"name": TOOL, "description": "Give the answer.", "parameters": schema}
            return {
                "tools": [{"type": "function", "function": function}],
                "tool_choice": {"type": "function", "function": {"name": TOOL}},
            }
        case "object":
            return {"response_format": {"type": "json_object"}}
        case "words":
            return {}
