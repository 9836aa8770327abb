"""Connections of the web server: a client that keeps it waiting is cut off, so that others get in.

uvicorn closes a connection that asks for nothing more after an answer. One that never asks, that asks or sends too
slowly, or doesn't read what it asked for, it would keep for ever.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

try:
    import resource
except ImportError:  # Windows, where nothing limits them like this
    resource = None  # type: ignore[assignment]

# The loop takes so many in before any of them can be cut off.
TAKEN_AT_ONCE = 256
# What a process opens beside connections: files of the database, files being received, calls to models.
_OTHER_FILES = 250 + TAKEN_AT_ONCE


class Connection(H11Protocol):
    """A connection over which a client asks, one thing after the other. There are at most ``most`` at the same time.

    ``since`` is when the client last did what it is waited for to do, by the clock of the loop.
    """

    def __init__(self, *arguments: Any, most: int, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.since = self.loop.time()
        self._most = most

    @property
    def keeps_waiting(self) -> bool:
        """Whether it is the client's turn: to ask, to send the rest, or to read."""
        if self.flow.write_paused or self.cycle is None or self.cycle.response_complete:
            return True
        return self.cycle.more_body and not self.flow.read_paused

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a client in. Where there is no room, the one that keeps us waiting longest makes it."""
        super().connection_made(transport)
        if len(self.connections) > self._most:
            waiting = [each for each in connections_in(self.connections) if each.keeps_waiting]
            min(waiting, key=lambda each: each.since).cut_off()

    def data_received(self, data: bytes) -> None:
        """Go on with what came. A piece of a file is what was waited for; a piece of a question is not yet one."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self.since = self.loop.time()

    def on_response_complete(self) -> None:
        """Wait for the next question."""
        self.since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        self.since = self.loop.time()
        super().pause_writing()

    def cut_off(self) -> None:
        """End the connection at once, and whatever is written to it. Its room is free before the loop gets to that."""
        self.connections.discard(self)
        self.transport.abort()


def connections_in(connections: Iterable[Any]) -> list[Connection]:
    """Return those of a server's connections that are ours: all but those that speak another protocol."""
    return [each for each in connections if isinstance(each, Connection)]


def cut_off_waiting(connections: Iterable[Any], since: float) -> None:
    """Cut off whoever has kept us waiting from ``since`` on."""
    for each in connections_in(connections):
        if each.keeps_waiting and each.since < since:
            each.cut_off()


def make_room(most: int) -> int:
    """Let this process have ``most`` connections open, as far as the system allows. Returns how many it may have."""
    if not resource:
        return most
    now, ever = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + _OTHER_FILES
    if now < wanted:
        now = wanted if ever == resource.RLIM_INFINITY else min(wanted, ever)
        resource.setrlimit(resource.RLIMIT_NOFILE, (now, ever))
    return max(1, min(most, now - _OTHER_FILES))
