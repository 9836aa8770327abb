"""The call itself. The only module that imports openai.

The SDK words the request; ``transport`` carries it; what comes back is bytes, judged in ``reading``. The SDK's retries
are off: it would post again without telling the ledger.
"""

import math
import ssl
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import httpx2
import openai

from app.llm.dialect import PLAIN, Dialect, word
from app.llm.prices import FLEX
from app.llm.prompt import Prompt
from app.llm.transport import OutOfReachError, Transport
from app.models.generation import EndpointStyle
from app.text import tidy_name

_PATHS = {EndpointStyle.CHAT: "/chat/completions", EndpointStyle.COMPLETIONS: "/completions"}

# Stands where a server repeated the key. What is shorter may be a word of the answer.
_KEY, _SHORTEST_KEY = b"[the API key]", 8

_making_a_client = threading.Lock()


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes: an endpoint with its API key opened. Never logged: ``repr`` leaves the key out.

    ``reaches_private``: the address may be on this machine or in a private network. ``is_flex``: the slow and cheap
    service is asked for. ``dialect`` is what the model takes.
    """

    base_url: str
    model: str
    style: EndpointStyle
    api_key: str
    reaches_private: bool = False
    is_flex: bool = False
    dialect: Dialect = PLAIN

    def __repr__(self) -> str:
        return f"Target({self.base_url!r}, {self.model!r}, {self.style.value!r})"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. ``status`` is None where nothing did, and ``trouble`` then says why.

    "timed_out"; "unreachable": no connection came about; "certificate": the server's can't be trusted; "not_secure": it
    doesn't speak HTTPS; "broken": the connection ended before the answer was whole; or how far an address lies that a
    call may not go to: "private", "never".
    """

    status: int | None
    raw: bytes = b""
    retry_after: float | None = None
    trouble: str | None = None


def send(target: Target, prompt: Prompt, *, deadline: float) -> Reply:
    """Post one prompt and return what came back within ``deadline`` seconds. Raises nothing for what a server does."""
    try:
        response = _post(target, prompt, deadline)
        return Reply(response.status_code, _without_key(response.content, target))
    except openai.APIStatusError as error:
        retry_after = _retry_after(error.response.headers.get("retry-after"))
        return Reply(error.response.status_code, _without_key(error.response.content, target), retry_after)
    except (openai.APIConnectionError, httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        return Reply(None, trouble=_trouble(error.__cause__ or error))


def list_models(target: Target, *, deadline: float) -> list[str]:
    """Return the names of the models that the endpoint says it has; empty where it doesn't say."""
    try:
        found = _client_of(target).models.list(timeout=deadline, extra_headers=_headers(target)).data
        return [name for model in found if isinstance(model.id, str) and (name := tidy_name(model.id, limit=200))]
    except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, ValueError, TypeError, AttributeError):
        return []
    except RecursionError:  # JSON within JSON within JSON
        return []


def request_of(target: Target, prompt: Prompt) -> dict[str, Any]:
    """Return the body of the request for ``prompt``. Only chat knows of a slow and cheap service."""
    is_chat = target.style is EndpointStyle.CHAT
    body: dict[str, Any] = {"model": target.model, **word(target.dialect, prompt, is_chat=is_chat).parameters}
    if is_chat:
        body |= {"service_tier": FLEX} if target.is_flex else {}
        return body | {"messages": [{"role": "user", "content": prompt.text}]}
    return body | {"prompt": prompt.text}


def _post(target: Target, prompt: Prompt, deadline: float) -> httpx2.Response:
    """The SDK's way for addresses of one's own: as its methods do, but without looking at each field of the body."""
    client, body = _client_of(target), request_of(target, prompt)
    options: Any = {"timeout": deadline, "headers": _headers(target)}
    return client.post(_PATHS[target.style], body=body, cast_to=httpx2.Response, options=options)


def _headers(target: Target) -> dict[str, Any]:
    """Return where the key goes, if not where the SDK puts it."""
    if target.dialect.key_header == "bearer" or not target.api_key:
        return {}
    return {"Authorization": openai.Omit(), "api-key": target.api_key}


def _without_key(raw: bytes, target: Target) -> bytes:
    """Some servers repeat the key that they refuse; whoever may look at calls may not know it."""
    return raw.replace(target.api_key.encode(), _KEY) if len(target.api_key) >= _SHORTEST_KEY else raw


def _trouble(cause: BaseException) -> str:
    match cause:
        case OutOfReachError():
            return cause.reach.value
        case httpx2.ConnectTimeout():
            return "unreachable"
        case httpx2.TimeoutException():
            return "timed_out"
        case httpx2.RemoteProtocolError():
            return "broken"
        case _:
            return _trouble_of_tls(cause) or "unreachable"


def _trouble_of_tls(cause: BaseException) -> str:
    """Return what was wrong when the connection was to be made safe; empty where it was something else."""
    beneath: BaseException | None = cause
    while beneath is not None and not isinstance(beneath, ssl.SSLError):
        beneath = beneath.__cause__ or beneath.__context__
    if beneath is None:
        return ""
    return "certificate" if isinstance(beneath, ssl.SSLCertVerificationError) else "not_secure"


def _retry_after(value: str | None) -> float | None:
    """Return the seconds to wait, written as such or as the moment when to come back."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_until(date: str) -> float:
    try:
        moment = parsedate_to_datetime(date)
        return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return math.nan


def _client_of(target: Target) -> openai.OpenAI:
    """One client per server and key, so that connections are used again."""
    # The cache calls a function once per thread that misses at the same time, and the senders of a run all do.
    with _making_a_client:
        return _new_client(target.base_url, target.api_key, target.reaches_private)


@lru_cache(maxsize=64)
def _new_client(base_url: str, api_key: str, reaches_private: bool) -> openai.OpenAI:
    transport = Transport(reaches_private=reaches_private)
    address = urlsplit(base_url)
    return openai.OpenAI(
        base_url=urlunsplit(address._replace(query="")),
        default_query=dict(parse_qsl(address.query)),
        api_key=api_key or "none",
        max_retries=0,
        http_client=openai.DefaultHttpxClient(transport=transport, trust_env=False, follow_redirects=False),
    )
