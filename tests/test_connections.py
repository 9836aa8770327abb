"""Clients that keep the web server waiting are cut off, and others get in meanwhile."""

import asyncio
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest
import uvicorn

from app.connections import Connection, make_room
from app.serving import _Server

PATIENCE, MOST = 0.6, 20
ASKS = b"GET / HTTP/1.1\r\nhost: a\r\n"
SENDS = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n"


class Site:
    """An application that reads what it is sent and answers: shortly, at length, or after a while."""

    state = SimpleNamespace()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        while (await receive()).get("more_body"):
            pass
        if scope["path"] == "/slow":
            await asyncio.sleep(3 * PATIENCE)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(512 if scope["path"] == "/long" else 0):
            await send({"type": "http.response.body", "body": bytes(1 << 17), "more_body": True})
        await send({"type": "http.response.body", "body": b"here"})


@pytest.fixture
def port():
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    config = uvicorn.Config(Site(), http=partial(Connection, most=MOST), log_level="warning")
    server = _Server(config, Site(), lambda: None, PATIENCE)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()


@contextmanager
def connected(port, sent=b""):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(sent)
        yield client


def seconds_until_cut_off(client, *, dripping=b""):
    """How long it takes until the server ends the connection; a byte of ``dripping`` is sent meanwhile, every 0.1 s."""
    began = time.monotonic()
    client.settimeout(0.1 if dripping else 10)
    while time.monotonic() - began < 10:
        try:
            if dripping:
                client.send(dripping)
            if not client.recv(1 << 16):
                break
        except TimeoutError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            break
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("sent", "dripping"),
    [(b"", b""), (ASKS, b""), (ASKS + b"a: ", b"a"), (SENDS + b"a", b"")],
    ids=["silent", "half a question", "a question letter by letter", "half a body"],
)
def test_a_client_that_keeps_the_server_waiting_is_cut_off(port, sent, dripping):
    with connected(port, sent) as client:
        assert PATIENCE <= seconds_until_cut_off(client, dripping=dripping) < PATIENCE + 2.5


def test_so_is_one_that_begins_another_question(port):
    with connected(port, ASKS + b"\r\n") as client:
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 200")
        client.sendall(ASKS)
        assert PATIENCE <= seconds_until_cut_off(client) < PATIENCE + 2.5


def test_and_one_that_does_not_read_its_answer(port):
    with connected(port, b"GET /long HTTP/1.1\r\nhost: a\r\n\r\n") as client:
        time.sleep(PATIENCE + 2)
        client.settimeout(10)
        read = 0
        while piece := client.recv(1 << 20):
            read += len(piece)
        assert read < 512 << 17


def test_a_file_that_comes_slowly_and_an_answer_that_takes_long_are_waited_for(port):
    with connected(port, SENDS) as sender, connected(port, b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n") as asker:
        for _ in range(20):
            sender.sendall(b"a" * 5_000)
            time.sleep(2.5 * PATIENCE / 20)
        assert b"here" in sender.recv(1 << 16) + sender.recv(1 << 16)
        assert b"here" in asker.recv(1 << 16) + asker.recv(1 << 16)


def test_where_there_is_no_room_whoever_waits_longest_makes_it(port):
    slow = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(2)]
    for each in slow:
        each.sendall(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n")
    silent = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(MOST - 2)]
    time.sleep(0.2)
    assert httpx2.get(f"http://127.0.0.1:{port}/").text == "here"
    silent[0].settimeout(0.3)
    assert silent[0].recv(1) == b""
    silent[1].settimeout(0.1)
    with pytest.raises(TimeoutError):
        silent[1].recv(1)
    assert all(b"here" in each.recv(1 << 16) + each.recv(1 << 16) for each in slow)
    for each in slow + silent:
        each.close()


def test_room_is_made_as_far_as_the_system_lets_us(monkeypatch):
    given = []
    limits = {"now": (1_024, 4_096), "set": lambda _kind, both: given.append(both)}
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: limits["now"])
    monkeypatch.setattr(resource, "setrlimit", limits["set"])
    assert (make_room(2_000), given.pop()) == (2_000, (2_506, 4_096))
    assert (make_room(9_000), given.pop()) == (3_590, (4_096, 4_096))
    limits["now"] = (9_000, resource.RLIM_INFINITY)
    assert (make_room(2_000), given) == (2_000, [])
    assert (make_room(9_000), given.pop()) == (9_000, (9_506, resource.RLIM_INFINITY))


def test_more_connections_than_the_system_allows_hang_nobody_and_fill_no_log(tmp_path):
    """1,100 idle ones with 1,024 files: the server that was tried hung, and wrote a line for each second."""
    command = f"ulimit -n 1024; exec {Path(sys.executable).with_name('tamis')} serve --port 0"
    settings = {"TAMIS_DATA_DIR": str(tmp_path), "TAMIS_PATIENCE_SECONDS": "60"}
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4_096), hard))
    with subprocess.Popen(
        ["/bin/sh", "-c", command], env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        idle = []
        try:
            assert server.stdout is not None
            url = next(line.strip() for line in server.stdout if line.startswith("http"))
            place = httpx2.URL(url)
            idle += [socket.create_connection((place.host, place.port), timeout=10) for _ in range(1_100)]
            began = time.monotonic()
            assert httpx2.get(place.join("/healthz")).status_code == 200
            assert time.monotonic() - began < 2
        finally:
            server.send_signal(signal.SIGTERM)
            told = server.communicate(timeout=20)[1]
            for each in idle:
                each.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert told == ""
