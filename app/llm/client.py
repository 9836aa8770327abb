"""The call itself. The only module that imports openai.

The SDK sends; what comes back is read as bytes and judged in ``reading``. The SDK's retries are off: it would post
again without telling the ledger. Its ``timeout`` bounds each wait but not the whole, so the deadline is held here.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx2
import openai

from app.llm.prompt import Prompt, Sampling
from app.models.generation import EndpointStyle

_LARGEST_ANSWER = 32 * 1024 * 1024
_CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes: an endpoint with its API key opened. Never logged: ``repr`` leaves the key out."""

    base_url: str
    model: str
    style: EndpointStyle
    api_key: str

    def __repr__(self) -> str:
        return f"Target({self.base_url!r}, {self.model!r}, {self.style.value!r})"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. ``status`` is None where nothing did; ``trouble`` then is "unreachable" or "timed_out"."""

    status: int | None
    raw: bytes = b""
    retry_after: float | None = None
    trouble: str | None = None


def send(target: Target, prompt: Prompt, *, deadline: float) -> Reply:
    """Post one prompt and return what came back within ``deadline`` seconds. Raises nothing for what a server does."""
    timeout = openai.Timeout(deadline, connect=min(_CONNECT_SECONDS, deadline))
    try:
        client = _client(target.base_url, target.api_key)
        with _posted(client, target, prompt, timeout) as response:
            return Reply(response.status_code, _read(response.iter_bytes()))
    except openai.APIStatusError as error:
        retry_after = _retry_after(error.response.headers.get("retry-after"))
        return Reply(error.response.status_code, error.response.content, retry_after)
    except (openai.APITimeoutError, httpx2.TimeoutException, TimeoutError):
        return Reply(None, trouble="timed_out")
    except (openai.APIConnectionError, httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, UnicodeError):
        return Reply(None, trouble="unreachable")


def list_models(target: Target, *, deadline: float) -> list[str]:
    """Return the names of the models that the endpoint says it has; empty where it doesn't say."""
    try:
        client = _client(target.base_url, target.api_key)
        return [model.id for model in client.models.list(timeout=deadline).data if isinstance(model.id, str)]
    except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, ValueError, TypeError, AttributeError):
        return []


def request_of(style: EndpointStyle, model: str, prompt: Prompt) -> dict[str, Any]:
    """Return the body of the request for ``prompt``."""
    body: dict[str, Any] = {"model": model, **_sampling(prompt.sampling)}
    if style is EndpointStyle.CHAT:
        return body | {"messages": [{"role": "user", "content": prompt.text}]}
    return body | {"prompt": prompt.text}


def _sampling(sampling: Sampling) -> dict[str, Any]:
    chosen: dict[str, Any] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
    }
    return chosen | ({"stop": list(sampling.stop)} if sampling.stop else {})


@contextmanager
def _posted(client: openai.OpenAI, target: Target, prompt: Prompt, timeout: openai.Timeout) -> Iterator[Any]:
    body = request_of(target.style, target.model, prompt)
    if target.style is EndpointStyle.CHAT:
        with client.chat.completions.with_streaming_response.create(**body, timeout=timeout) as response:
            yield response
    else:
        with client.completions.with_streaming_response.create(**body, timeout=timeout) as response:
            yield response


def _read(chunks: Iterator[bytes]) -> bytes:
    """Collect the body; one that swells when it is unpacked is cut off at the size limit."""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > _LARGEST_ANSWER:
            break
    return b"".join(parts)


class _Bounded(httpx2.SyncByteStream):
    """A body within the deadline and the size limit, beneath the SDK, which reads the body of an error by itself.

    A server that drips is cut off at the deadline, one that floods at the limit; an error keeps what had come.
    """

    def __init__(self, response: httpx2.Response, stream: httpx2.SyncByteStream) -> None:
        self._stream = stream
        self._timeout = response.request.extensions["timeout"]
        self._ends = response.request.extensions["ends"]
        self._is_error = response.status_code != 200

    def __iter__(self) -> Iterator[bytes]:
        # Each wait for a piece may take what is left, not the whole deadline once more.
        self._timeout["read"] = max(0.01, self._ends - time.monotonic())
        size = 0
        for piece in self._stream:
            yield piece
            size += len(piece)
            late = time.monotonic() > self._ends
            if late and not self._is_error:
                raise TimeoutError
            if late or size > _LARGEST_ANSWER:
                return

    def close(self) -> None:
        self._stream.close()


def _start_clock(request: httpx2.Request) -> None:
    request.extensions["ends"] = time.monotonic() + request.extensions["timeout"]["read"]


def _bound(response: httpx2.Response) -> None:
    if isinstance(response.stream, httpx2.SyncByteStream):
        response.stream = _Bounded(response, response.stream)


def _retry_after(value: str | None) -> float | None:
    try:
        seconds = float(value) if value is not None else math.nan
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


@lru_cache(maxsize=64)
def _client(base_url: str, api_key: str) -> openai.OpenAI:
    """One client per server and key, so that connections are used again."""
    limits = httpx2.Limits(max_connections=512, max_keepalive_connections=128)
    return openai.OpenAI(
        base_url=base_url,
        api_key=api_key or "none",
        max_retries=0,
        http_client=openai.DefaultHttpxClient(
            follow_redirects=False,
            limits=limits,
            event_hooks={"request": [_start_clock], "response": [_bound]},
        ),
    )
