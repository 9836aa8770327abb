"""A server that answers what a test tells it to, byte by byte, and keeps what it was asked."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import orjson

Script = Callable[[socket.socket], None]


@dataclass
class Scripted:
    """``url`` is the base URL for the SDK; ``requests`` holds heads and bodies in the order in which they came."""

    url: str
    requests: list[tuple[str, bytes]] = field(default_factory=list)


@contextlib.contextmanager
def scripted(script: Script, *, reads: bool = True) -> Iterator[Scripted]:
    """Serve ``script`` on a free port: it is run once per connection, after the request was read where it ``reads``."""
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as threads:
        server = Scripted(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        accepting = threading.Thread(target=_accept, args=(listener, script, server, reads))
        accepting.start()
        threads.callback(accepting.join)
        threads.callback(listener.shutdown, socket.SHUT_RDWR)
        yield server


def saying(status: str, body: bytes, *headers: str) -> Script:
    """Answer with one whole response."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return lambda connection: connection.sendall("\r\n".join([*head, "", ""]).encode() + body)


def saying_json(status: str, body: object, *headers: str) -> Script:
    """Answer with one JSON response."""
    return saying(status, orjson.dumps(body), "Content-Type: application/json", *headers)


def reset(connection: socket.socket) -> None:
    """End the connection with a reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _accept(listener: socket.socket, script: Script, server: Scripted, reads: bool) -> None:
    with contextlib.suppress(OSError):  # raised where the listener is shut down
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):  # the client has had enough
                server.requests.append(_read_request(connection) if reads else ("", b""))
                script(connection)


def _read_request(connection: socket.socket) -> tuple[str, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _receive(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += _receive(connection)
    return head.decode(), body


def _receive(connection: socket.socket) -> bytes:
    if not (received := connection.recv(65_536)):
        raise ConnectionError("the client left before it had asked")
    return received
