"""What callers may ask and what they get, in the words of the Chat Completions and Completions interfaces."""

from dataclasses import dataclass, field
from typing import Any

MODEL = "tamis-practice"
MOST_CHOICES = 16
MOST_STOPS = 4

Body = dict[str, Any]


class RequestError(Exception):
    """A request that can't be answered; the message is a sentence for the caller, `param` the field at fault."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.message, self.param, self.code, self.status = message, param, code, status


@dataclass(frozen=True)
class Asked:
    """A valid request; `max_tokens` is None when the caller sets no bound, `effort` empty when it asks for none.

    `form` is the way in which the server is told to hold to JSON, empty for none, and `schema` that of the JSON, empty
    where the words of the prompt have to tell. `tool` is the name of the one to be called.
    """

    prompt: str
    system: str
    choices: int
    stops: tuple[str, ...]
    max_tokens: int | None
    effort: str = ""
    form: str = ""
    schema: Body = field(default_factory=dict)
    tool: str = ""


def error_body(message: str, kind: str, param: str | None = None, code: str | None = None) -> Body:
    """Return the JSON of an error."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def read_chat(body: object) -> Asked:
    """Return what a chat request asks; raises RequestError."""
    fields = _read_fields(body)
    messages = fields.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RequestError("The field messages must be a list with at least one message.", "messages")
    texts = [_read_message(message, index) for index, message in enumerate(messages)]
    prompts = [text for role, text in texts if role == "user"]
    if not prompts:
        raise RequestError('The field messages must hold a message whose role is "user".', "messages")
    system = "\n".join(text for role, text in texts if role in ("system", "developer"))
    return _read_options(fields, prompts[-1], system)


def read_completion(body: object) -> Asked:
    """Return what a completion request asks; raises RequestError."""
    fields = _read_fields(body)
    prompt = fields.get("prompt")
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    if not isinstance(prompt, str):
        raise RequestError("The field prompt must be a string, or a list with exactly one string.", "prompt")
    return _read_options(fields, prompt, "")


def _read_fields(body: object) -> Body:
    if not isinstance(body, dict):
        raise RequestError("The request body must be a JSON object.")
    if body.get("stream"):
        raise RequestError("The practice model does not stream. Send the request with stream set to false.", "stream")
    model = body.get("model", MODEL)
    if not isinstance(model, str) or not model:
        raise RequestError("The field model must be the name of a model.", "model")
    return body


def _read_message(message: object, index: int) -> tuple[str, str]:
    where = f"messages[{index}]"
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        raise RequestError(f"The field {where} must be an object with a role.", where)
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
        if len(parts) == len(content) and all(isinstance(part, str) for part in parts):
            content = "\n".join(str(part) for part in parts)
    if content is None and message["role"] == "assistant":
        content = ""
    if not isinstance(content, str):
        raise RequestError(f"The content of {where} must be a string or a list of text parts.", f"{where}.content")
    return message["role"], content


def _read_options(fields: Body, prompt: str, system: str) -> Asked:
    choices = _read_integer(fields, "n", 1)
    if choices is not None and choices > MOST_CHOICES:
        raise RequestError(f"The field n must lie between 1 and {MOST_CHOICES}.", "n")
    bounds = [_read_integer(fields, name, 1) for name in ("max_completion_tokens", "max_tokens")]
    _check_number(fields, "temperature", 2)
    _check_number(fields, "top_p", 1)
    effort = str(fields.get("reasoning_effort") or "")
    return Asked(prompt, system, choices or 1, _read_stops(fields.get("stop")), bounds[0] or bounds[1], effort)


def _read_integer(fields: Body, name: str, least: int) -> int | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise RequestError(f"The field {name} must be a whole number of at least {least}.", name)
    return value


def _check_number(fields: Body, name: str, most: int) -> None:
    value = fields.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise RequestError(f"The field {name} must be a number between 0 and {most}.", name)


def _read_stops(value: object) -> tuple[str, ...]:
    stops = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(stops, list) or len(stops) > MOST_STOPS or not all(isinstance(s, str) and s for s in stops):
        raise RequestError(f"The field stop must be a string or a list of at most {MOST_STOPS} strings.", "stop")
    return tuple(stops)
