"""What goes wrong with the connection itself. These write to the socket, past the server, and end it."""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.llm.practice.fault import HEADER, Answer, Fault, marked

DRIP_PIECES = 10
DRIP_PAUSE_SECONDS = 0.1
# Longer than the deadline of a call is by default.
LATE_SECONDS = 150.0


class End(Enum):
    """How a connection ends: in order, or with a reset."""

    CLOSE = "close"
    RESET = "reset"


Step = bytes | float | End
Script = Callable[[str, bytes], Iterator[Step]]


class Scripted(Response):
    """Carries out steps on the socket: bytes are sent, figures are seconds to wait. It stops when the client leaves."""

    def __init__(self, steps: Iterator[Step]) -> None:
        super().__init__()
        self._steps = steps

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        transport = _transport_of(receive)
        left = asyncio.ensure_future(_left(receive))
        for step in self._steps:
            if left.done():
                break
            if isinstance(step, bytes):
                transport.write(step)
            elif isinstance(step, End):
                _end(transport, step)
            else:
                await asyncio.wait([left], timeout=step)
        await left


def _transport_of(receive: Receive) -> asyncio.Transport:
    """ASGI hands out no transport, but uvicorn's ``receive`` is a method of the object that holds it."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if not isinstance(transport, asyncio.Transport):
        raise TypeError("This fault needs uvicorn and a real connection.")
    return transport


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _end(transport: asyncio.Transport, end: End) -> None:
    if end is End.CLOSE or transport.is_closing():  # whoever asked may have been killed meanwhile
        transport.close()
        return
    connection: Any = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _wire(script: Script) -> Answer:
    return lambda name, payload: Scripted(script(name, orjson.dumps(marked(name, payload))))


def _head(name: str, *lines: str, status: str = "200 OK") -> bytes:
    common = ("Content-Type: application/json", f"{HEADER}: {name}", "Connection: close")
    return "\r\n".join((f"HTTP/1.1 {status}", *common, *lines, "", "")).encode()


def _whole(name: str, content: bytes) -> bytes:
    return _head(name, f"Content-Length: {len(content)}") + content


def _chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def _before_headers(end: End) -> Script:
    def steps(_name: str, _content: bytes) -> Iterator[Step]:
        yield end

    return steps


def _after_headers(end: End) -> Script:
    def steps(name: str, content: bytes) -> Iterator[Step]:
        yield _head(name, f"Content-Length: {len(content)}")
        yield DRIP_PAUSE_SECONDS
        yield end

    return steps


def _in_the_body(end: End) -> Script:
    def steps(name: str, content: bytes) -> Iterator[Step]:
        whole = _whole(name, content)
        yield whole[: -len(content) // 2]
        yield DRIP_PAUSE_SECONDS
        yield end

    return steps


def _in_a_chunk(name: str, content: bytes) -> Iterator[Step]:
    yield _head(name, "Transfer-Encoding: chunked")
    yield _chunk(content[:20]) + b"ffff\r\n" + content[20:]
    yield End.CLOSE


def _between_chunks(name: str, content: bytes) -> Iterator[Step]:
    yield _head(name, "Transfer-Encoding: chunked") + _chunk(content)
    yield End.CLOSE


def _in_an_error(name: str, _content: bytes) -> Iterator[Step]:
    yield _head(name, "Content-Length: 900", status="500 Oops") + b'{"error": '
    yield End.CLOSE


def _length(by: int) -> Script:
    def steps(name: str, content: bytes) -> Iterator[Step]:
        yield _head(name, f"Content-Length: {len(content) + by}") + content
        yield End.CLOSE

    return steps


def _without_length(name: str, content: bytes) -> Iterator[Step]:
    yield _head(name) + content
    yield End.CLOSE


def _two_lengths(name: str, content: bytes) -> Iterator[Step]:
    yield _head(name, f"Content-Length: {len(content)}", "Content-Length: 5") + content
    yield End.CLOSE


def _twice(name: str, content: bytes) -> Iterator[Step]:
    """Say the same thing twice at once, and keep the connection open for the next question."""
    yield _whole(name, content).replace(b"Connection: close\r\n", b"") * 2


def _early_hints(name: str, content: bytes) -> Iterator[Step]:
    yield b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3 + _whole(name, content)
    yield End.CLOSE


def _only(said: bytes) -> Script:
    def steps(_name: str, _content: bytes) -> Iterator[Step]:
        yield said
        yield End.CLOSE

    return steps


def _drip(name: str, content: bytes) -> Iterator[Step]:
    yield _head(name, f"Content-Length: {len(content)}")
    size = -(-len(content) // DRIP_PIECES)
    for start in range(0, len(content), size):
        yield DRIP_PAUSE_SECONDS
        yield content[start : start + size]
    yield End.CLOSE


def _drip_for_ever(start: Callable[[str], bytes], drop: bytes) -> Script:
    def steps(name: str, _content: bytes) -> Iterator[Step]:
        yield start(name)
        for _ in range(int(LATE_SECONDS / DRIP_PAUSE_SECONDS)):
            yield DRIP_PAUSE_SECONDS
            yield drop
        yield End.CLOSE

    return steps


def _never(_name: str, _content: bytes) -> Iterator[Step]:
    yield LATE_SECONDS
    yield End.CLOSE


def _late(name: str, content: bytes) -> Iterator[Step]:
    yield LATE_SECONDS
    yield _whole(name, content)
    yield End.CLOSE


CONNECTIONS: tuple[Fault, ...] = (
    Fault("closed_without_a_byte", _wire(_before_headers(End.CLOSE))),
    Fault("reset_without_a_byte", _wire(_before_headers(End.RESET))),
    Fault("closed_after_headers", _wire(_after_headers(End.CLOSE))),
    Fault("reset_after_headers", _wire(_after_headers(End.RESET))),
    Fault("closed_in_body", _wire(_in_the_body(End.CLOSE))),
    Fault("reset_in_body", _wire(_in_the_body(End.RESET))),
    Fault("cut_chunk", _wire(_in_a_chunk)),
    Fault("no_last_chunk", _wire(_between_chunks)),
    Fault("cut_error", _wire(_in_an_error)),
    Fault("length_too_long", _wire(_length(50))),
    Fault("length_too_short", _wire(_length(-50))),
    Fault("no_length", _wire(_without_length)),
    Fault("two_lengths", _wire(_two_lengths)),
    Fault("answered_twice", _wire(_twice)),
    Fault("early_hints", _wire(_early_hints)),
    Fault("another_protocol", _wire(_only(b"SSH-2.0-OpenSSH_9.6\r\n"))),
    Fault("endless_headers", _wire(_only(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200_000))),
    Fault("slow_drip", _wire(_drip)),
    Fault("endless_drip", _wire(_drip_for_ever(lambda name: _head(name, "Content-Length: 9999"), b" ")), passes=False),
    Fault("endless_slow_headers", _wire(_drip_for_ever(lambda _: b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x")), passes=False),
    Fault("never_answers", _wire(_never), passes=False),
    Fault("late_answer", _wire(_late), passes=False),
)
