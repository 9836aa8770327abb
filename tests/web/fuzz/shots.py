"""One request, made of parts that can be spoilt and left out one by one, and sent without a network."""

import asyncio
import contextlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus, unquote

from anyio.from_thread import BlockingPortal
from fastapi import FastAPI

_BOUNDARY = "ten-thousand-reasons"
_PATIENCE = 30.0
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", f"multipart/form-data; boundary={_BOUNDARY}"


@dataclass(frozen=True)
class File:
    """A file in a form."""

    name: str
    content: bytes


Value = str | File


@dataclass(frozen=True)
class Shot:
    """``path`` holds the query, too. ``content_type`` is what the request calls its body, which is made of ``fields``
    after ``layout``: one of the two that browsers have. ``cut`` is how much of the body is left out at its end."""

    role: str
    method: str
    path: str
    fields: tuple[tuple[str, Value], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    layout: str = URLENCODED
    content_type: str | None = URLENCODED
    cut: int = 0

    @property
    def body(self) -> bytes:
        """What is sent."""
        if not self.fields:
            return b""
        whole = _multipart(self.fields) if self.layout == MULTIPART else urlencoded(self.fields)
        return whole[: len(whole) - self.cut] if self.cut else whole

    def simpler(self) -> list["Shot"]:
        """The same with one part less, the largest steps first."""
        fewer = [replace(self, fields=self.fields[: len(self.fields) // 2])] if len(self.fields) > 1 else []
        fewer += [replace(self, cut=0)] if self.cut else []
        fewer += [replace(self, headers=_without(self.headers, place)) for place in range(len(self.headers))]
        fewer += [replace(self, fields=_without(self.fields, place)) for place in range(len(self.fields))]
        if "?" in self.path:
            fewer += [replace(self, path=path) for path in _shorter(self.path)]
        for place, (name, value) in enumerate(self.fields):
            if isinstance(value, str) and len(value) > 1:
                shorter = (name, value[: len(value) // 2])
                fewer.append(replace(self, fields=(*self.fields[:place], shorter, *self.fields[place + 1 :])))
        return fewer

    def __str__(self) -> str:
        told = [f"{self.role}: {self.method} {_in_short(self.path)}"]
        told += [f"{name}: {_in_short(value)}" for name, value in self.headers]
        told += [f"content-type: {self.content_type}", _in_short(self.body)] if self.fields else []
        return "\n  ".join(told)


@dataclass(frozen=True)
class Answer:
    """What came back; ``seconds`` of work in this process, and as the clock says."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    seconds: float
    waited: float

    def header(self, name: str) -> str:
        """The first header of this name, empty where there is none."""
        return next((value.decode("latin-1") for each, value in self.headers if each == name.encode()), "")

    def all(self, name: str) -> list[str]:
        """Every header of this name."""
        return [value.decode("latin-1") for each, value in self.headers if each == name.encode()]


class Gun:
    """Sends to an application. A stream is hung up on after its first piece."""

    def __init__(self, app: FastAPI, portal: BlockingPortal) -> None:
        self.app, self._portal, self._sent = app, portal, 0

    def send(self, shot: Shot, cookie: str = "") -> Answer:
        """Return the answer to a request; 599 where there was none."""
        self._sent += 1
        return self._portal.call(self._send, shot, cookie)

    async def _send(self, shot: Shot, cookie: str) -> Answer:
        began, worked = time.monotonic(), time.process_time()
        heard: list[dict[str, Any]] = []
        with contextlib.suppress(Exception):  # the page of a fault was sent by then, and the log tells of it
            await asyncio.wait_for(self.app(_scope(shot, cookie, self._sent), *_ends(shot.body, heard)), _PATIENCE)
        heads = [each for each in heard if each["type"] == "http.response.start"]
        head = heads[0] if heads else {"status": 599, "headers": []}
        body = b"".join(each.get("body", b"") for each in heard)
        took = time.process_time() - worked, time.monotonic() - began
        return Answer(head["status"], tuple(head["headers"]), body, *took)


def _ends(body: bytes, heard: list[dict[str, Any]]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """What gives a request's body, then hangs up once the first piece of an answer is heard, and what hears it."""
    left, has_heard = [body], asyncio.Event()

    async def receive() -> dict[str, Any]:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        await has_heard.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        heard.append(message)
        is_over = message["type"] == "http.response.body" and not message.get("more_body")
        if message.get("body") or is_over:  # a server says so, too, once an answer is complete
            has_heard.set()

    return receive, send


def _scope(shot: Shot, cookie: str, number: int) -> dict[str, Any]:
    """A request as uvicorn hands it on. Ten in a row come from one address, so that not all of them are too many."""
    path, _, query = shot.path.partition("?")
    headers = [("host", "testserver"), *((name, value) for name, value in shot.headers)]
    headers += [("cookie", cookie)] if cookie else []
    headers += [("content-type", shot.content_type)] if shot.fields and shot.content_type is not None else []
    headers += [("content-length", str(len(shot.body)))] if shot.body else []
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": shot.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii", "ignore"),
        "query_string": query.encode("utf-8", "surrogatepass"),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("utf-8", "surrogatepass")) for name, value in headers],
        "client": (f"10.0.{number // 10 // 250}.{number // 10 % 250}", 50_000),
        "server": ("testserver", 80),
    }


def urlencoded(fields: Sequence[tuple[str, Value]]) -> bytes:
    """Return fields as browsers write them in a body or a query; of a file, its name."""
    pairs = ((name, value.name if isinstance(value, File) else value) for name, value in fields)
    encoded = (f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
    return "&".join(encoded).encode()


def _quoted(text: str) -> str:
    return quote_plus(text.encode("utf-8", "surrogatepass"))


def _multipart(fields: Sequence[tuple[str, Value]]) -> bytes:
    parts = []
    for name, value in fields:
        named = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").encode("utf-8", "surrogatepass")
        head = b'--%b\r\ncontent-disposition: form-data; name="%b"' % (_BOUNDARY.encode(), named)
        if isinstance(value, File):
            head += b'; filename="%b"\r\ncontent-type: application/octet-stream' % value.name.encode()
        content = value.content if isinstance(value, File) else value.encode("utf-8", "surrogatepass")
        parts.append(head + b"\r\n\r\n" + content + b"\r\n")
    return b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode()


def _shorter(path: str) -> list[str]:
    """An address without its query, without parts of it, and with half of it."""
    path, _, query = path.partition("?")
    pairs = query.split("&")
    fewer = ["&".join(_without(tuple(pairs), place)) for place in range(min(len(pairs), 20))]
    fewer += [query[: len(query) // 2]] if len(query) > 9 else []
    return [path, *(f"{path}?{each}" for each in fewer if each)]


def _in_short(text: str | bytes) -> str:
    """Text as it is written in Python; of one piece over and over, how often."""
    return re.sub(r"(.{1,12}?)\1{40,}", lambda found: f"«{found[1]} {len(found[0]):,} long»", ascii(text)[1:-1])


def _without(parts: tuple[Any, ...], place: int) -> tuple[Any, ...]:
    return parts[:place] + parts[place + 1 :]
