"""How a request travels: to an address that may be reached, back whole within its deadline and a bounded size.

``httpx2`` would resolve a name by itself, follow the environment's proxies, and bound each wait but not the sum. So the
connections are made here. A proxy is never used: it would choose the address, and the check would mean nothing.
"""

import queue
import socket
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from ssl import SSLContext
from typing import Any

import httpcore2
import httpx2

from app.llm.reach import Reach, may_reach, reach_of

LARGEST_ANSWER = 8 * 1024 * 1024
_CONNECT_SECONDS = 10.0
_IDLE_SECONDS = 5.0
# Once a body is unpacked and whole, these no longer hold.
_UNTRUE_HEADERS = {"content-encoding", "content-length", "transfer-encoding"}

Resolve = Callable[[str, int], Sequence[str]]


class OutOfReachError(httpx2.ConnectError):
    """None of a host's addresses may be reached. ``reach`` says how far the nearest to being allowed lies."""

    def __init__(self, reach: Reach) -> None:
        super().__init__(reach.value)
        self.reach = reach


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host in the system's order. Raises OSError or UnicodeError where it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Transport(httpx2.BaseTransport):
    """Sends requests and returns whole responses.

    The ``read`` timeout of a request is the deadline for all of it, in seconds. An error keeps what had come of its
    body when the deadline passes or the connection breaks; anything else that isn't whole raises.
    """

    def __init__(self, *, reaches_private: bool, resolve: Resolve = look_up) -> None:
        self._connections = _Connections(_Network(reaches_private, resolve))

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request. Raises OutOfReachError, or httpx2's errors."""
        sent = _as_sent(request)
        with (
            _told_as_httpx(),
            self._connections.taken(sent.url.origin) as connection,
            closing(connection.handle_request(sent)) as answer,
        ):
            raw = _collect(_pieces(answer))
            if _goes_on(answer):
                answer.extensions["network_stream"].close()
        headers = httpx2.Headers(answer.headers)
        content = _unpack(raw, headers)
        kept = [(name, value) for name, value in headers.multi_items() if name.lower() not in _UNTRUE_HEADERS]
        return httpx2.Response(answer.status, headers=kept, content=content)

    def close(self) -> None:
        self._connections.close()


class _Connections:
    """Connections that are used again. ``httpcore2`` has a pool, with a lock that all senders wait for in a queue.

    Here a thread takes a connection out, and nobody else knows of it until it is put back.
    """

    def __init__(self, network: httpcore2.NetworkBackend) -> None:
        self._network, self._ssl_context = network, httpx2.create_ssl_context()
        self._idle: defaultdict[str, deque[httpcore2.HTTPConnection]] = defaultdict(deque)

    @contextmanager
    def taken(self, origin: httpcore2.Origin) -> Iterator[httpcore2.HTTPConnection]:
        """Yield a connection to ``origin`` that nobody else uses."""
        idle = self._idle[str(origin)]
        connection = self._taken_out(idle) or httpcore2.HTTPConnection(
            origin, self._ssl_context, _IDLE_SECONDS, network_backend=self._network
        )
        try:
            yield connection
        finally:
            if connection.is_available():
                idle.append(connection)
            else:
                connection.close()

    def _taken_out(self, idle: deque[httpcore2.HTTPConnection]) -> httpcore2.HTTPConnection | None:
        """Return the one that was used last, which is the likeliest to be good still, and close what is not."""
        with suppress(IndexError):
            oldest = idle.popleft()
            if not oldest.has_expired():
                idle.appendleft(oldest)
            else:
                oldest.close()
            while (newest := idle.pop()).has_expired():
                newest.close()
            return newest
        return None

    def close(self) -> None:
        for idle in self._idle.values():
            while idle:
                idle.pop().close()


def _as_sent(request: httpx2.Request) -> httpcore2.Request:
    """Return the request with moments of ``time.monotonic`` in place of seconds: ``_Stream`` goes by them."""
    seconds = request.extensions["timeout"]["read"]
    begun = time.monotonic()
    ends = begun + seconds
    url = request.url
    return httpcore2.Request(
        request.method,
        httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions={
            "timeout": {
                "pool": seconds,
                "connect": min(ends, begun + _CONNECT_SECONDS),
                "write": ends,
                "read": ends,
            }
        },
    )


def _pieces(answer: httpcore2.Response) -> Iterator[bytes]:
    try:
        yield from answer.iter_stream()
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError):
        if answer.status == 200:
            raise


def _goes_on(answer: httpcore2.Response) -> bool:
    """Whether more came than the answer: on the same connection it would be taken for that to the next request."""
    try:
        left, _ = answer.stream._connection._h11_state.trailing_data  # type: ignore[union-attr]  # noqa: SLF001
    except AttributeError:  # there is no other way to ask; where this one is gone no connection is used again
        return True
    return bool(left)


def _collect(pieces: Iterable[bytes]) -> bytes:
    """Join pieces; those of an answer that is too large only until that shows."""
    parts: list[bytes] = []
    size = 0
    for piece in pieces:
        parts.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER:
            break
    return b"".join(parts)


def _unpack(raw: bytes, headers: httpx2.Headers) -> bytes:
    """Undo the content encoding. What isn't encoded as it says stays as it came."""
    encoding = headers.get("content-encoding", "")
    if not encoding or "," in encoding:  # packed twice: nobody does that who means well
        return raw
    packed = httpx2.Response(200, headers=headers, stream=httpx2.ByteStream(raw))
    try:
        return _collect(packed.iter_bytes())
    except httpx2.DecodingError:
        return raw


@contextmanager
def _told_as_httpx() -> Iterator[None]:
    """The SDK knows the errors of httpx2, not those of what lies beneath."""
    try:
        yield
    except httpcore2.ConnectTimeout as error:
        raise httpx2.ConnectTimeout(str(error)) from error
    except httpcore2.TimeoutException as error:
        raise httpx2.ReadTimeout(str(error)) from error
    except (httpcore2.ConnectError, httpcore2.UnsupportedProtocol, httpcore2.LocalProtocolError) as error:
        raise httpx2.ConnectError(str(error)) from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise httpx2.RemoteProtocolError(str(error)) from error


class _Network(httpcore2.NetworkBackend):
    """Looks a name up once, checks every address, and connects to one that was checked."""

    def __init__(self, reaches_private: bool, resolve: Resolve) -> None:
        self._reaches_private = reaches_private
        self._resolve = resolve
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        ends = timeout or 0.0
        addresses = self._allowed(_in_time(self._resolve, host, port, ends))
        for place, address in enumerate(addresses):
            # One that swallows everything leaves the others their share of the time.
            share = _left(ends, httpcore2.ConnectTimeout) / (len(addresses) - place)
            try:
                return _Stream(self._sockets.connect_tcp(address, port, share, local_address, socket_options))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if place == len(addresses) - 1:
                    raise
        raise httpcore2.ConnectError("the name has no address")

    def _allowed(self, addresses: Sequence[str]) -> list[str]:
        reaches = {address: reach_of(address) for address in addresses}
        allowed = [each for each, reach in reaches.items() if may_reach(reach, private=self._reaches_private)]
        if reaches and not allowed:
            raise OutOfReachError(Reach.PRIVATE if Reach.PRIVATE in reaches.values() else Reach.NEVER)
        return allowed


def _in_time(resolve: Resolve, host: str, port: int, ends: float) -> Sequence[str]:
    """The system's resolver has no deadline, so it is left behind in a thread where it takes too long."""
    found: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def look() -> None:
        try:
            found.put(resolve(host, port))
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=look, name="look-up", daemon=True).start()
    try:
        addresses = found.get(timeout=_left(ends, httpcore2.ConnectTimeout))
    except queue.Empty as error:
        raise httpcore2.ConnectTimeout("the name server took too long") from error
    if isinstance(addresses, Exception):
        raise httpcore2.ConnectError(str(addresses)) from addresses
    return addresses


class _Stream(httpcore2.NetworkStream):
    """A connection whose timeouts are moments: however slowly bytes drip, all of them come before it or none count."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it. The stream beneath would begin the time anew with each part that the other side takes."""
        connection: socket.socket = self._stream.get_extra_info("socket")
        unsent = memoryview(buffer)
        try:
            while unsent:
                connection.settimeout(_left(timeout, httpcore2.WriteTimeout))
                unsent = unsent[connection.send(unsent) :]
        except TimeoutError as error:
            raise httpcore2.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.WriteError(str(error)) from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(ends: float | None, too_late: type[httpcore2.TimeoutException]) -> float:
    """Return the seconds until a moment, or raise where it has passed."""
    left = (ends or 0.0) - time.monotonic()
    if left <= 0:
        raise too_late("the deadline has passed")
    return left
