"""The web server of one process: started, announced once it answers, stopped by a signal."""

import asyncio
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import uvicorn
from fastapi import FastAPI

from app.connections import TAKEN_AT_ONCE, Connection, cut_off_waiting, make_room
from app.engine import refuse_second_engine
from app.errors import Conflict
from app.main import create_app
from app.settings import Settings

_GRACE_SECONDS = 3
_GLANCE_SECONDS = 0.5
_TICKS_OF_A_SECOND = 10


class _Server(uvicorn.Server):
    """A server that says when it answers, waits for no client longer than ``patience`` seconds, and tells the
    application when it is about to stop."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, ready: Callable[[], None], patience: float) -> None:
        super().__init__(config)
        self._app, self._ready, self._patience = app, ready, patience

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_OF_A_SECOND == 0:
            cut_off_waiting(self.server_state.connections, asyncio.get_running_loop().time() - self._patience)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.is_stopping = True
        await super().shutdown(sockets)


def serve_app(settings: Settings, host: str, port: int, *, path: str, open_browser: bool = False) -> None:
    """Serve the web application until a signal, and print the link to ``path`` alone on a line once it answers.

    Port 0 takes a free one. Raises Conflict where the port is taken or another process serves the data folder.
    """
    refuse_second_engine(settings)
    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        raise Conflict(f"Port {port} is taken on {host}. Choose another with --port.") from error
    # asyncio does this for listeners it opens itself; without it a kept-open connection waits 40 ms for each answer.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    base = settings.base_url or f"http://{_reachable(host)}:{listener.getsockname()[1]}"

    def announce() -> None:
        print("Tamis is running. Open this link:", flush=True)
        print(f"{base}{path}", flush=True)
        if open_browser:
            threading.Thread(target=webbrowser.open, args=[f"{base}{path}"], daemon=True).start()

    app = create_app(settings.served_on(host))
    config = uvicorn.Config(
        app,
        http=partial(Connection, most=make_room(settings.connections_limit)),  # type: ignore[arg-type] # makes one
        ws="none",
        backlog=TAKEN_AT_ONCE,
        log_level="warning",
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        server_header=False,
    )
    with suppress(KeyboardInterrupt):
        _Server(config, app, announce, settings.patience_seconds).run(sockets=[listener])


def wait_for_signal() -> None:
    """Block until the process is asked to end."""
    asked = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: asked.set())
    # A signal that comes to another thread is seen here only when this one wakes.
    while not asked.wait(_GLANCE_SECONDS):
        pass


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared with, not bound to
