"""Tamis as it is served: the real command in a process of its own, asked over HTTP, on each database at hand."""

import contextlib
import http.client
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from app.web.visit import COOKIE
from tests.databases import NoPostgres, serve_postgres

ROOT = Path(__file__).resolve().parents[1]
_TAMIS = Path(sys.executable).with_name("tamis")
_START_SECONDS = 60
_SETTINGS = {"TAMIS_EMBEDDED_ENGINE": "false", "TAMIS_PRIVATE_ENDPOINTS": "yes"}


@contextlib.contextmanager
def databases() -> Iterator[dict[str, str]]:
    """An empty database of each kind, by its name; Postgres is left out, loudly, where there is none."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tamis-benchmark-"))
        urls = {"SQLite": f"sqlite:///{folder}/tamis.db"}
        try:
            server = stack.enter_context(serve_postgres())
        except NoPostgres as reason:
            print(f"Postgres is left out: {reason}", file=sys.stderr)
        else:
            url = server.create()
            stack.callback(server.drop, url)
            urls["Postgres"] = url.render_as_string(hide_password=False)
        yield urls


@dataclass(frozen=True)
class Answer:
    """``milliseconds`` from sending the request to the last byte of the answer; ``size`` as it came, compressed."""

    status: int
    milliseconds: float
    size: int
    headers: dict[str, str]


class Browser:
    """One kept-open connection of a signed-in person, which accepts compressed answers as browsers do."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Cookie": f"{COOKIE}={token}", "Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, form: dict[str, Any], **headers: str) -> Answer:
        return self._ask("POST", path, urlencode(form), headers | {"Content-Type": "application/x-www-form-urlencoded"})

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        begun = time.perf_counter()
        self._connection.request(method, path, body, self._headers | headers)
        response = self._connection.getresponse()
        size = 0
        while piece := response.read(256 * 1024):
            size += len(piece)
        took = 1_000 * (time.perf_counter() - begun)
        if response.status >= 400:
            raise RuntimeError(f"{method} {path} answered {response.status}")
        return Answer(response.status, took, size, dict(response.getheaders()))


class Server:
    """A running ``tamis serve``."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process, self.port = process, port

    @property
    def memory(self) -> float:
        """Resident memory in MB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.findall(r"^VmRSS:\s+(\d+)", status, re.MULTILINE)[0]) / 1024

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    @contextlib.contextmanager
    def watched(self) -> Iterator[list[float]]:
        """Yield a list that holds, after the block, by how many MB memory had grown at its highest."""
        before, highest, over = self.memory, [0.0], threading.Event()

        def watch() -> None:
            while not over.wait(0.005):
                highest[0] = max(highest[0], self.memory - before)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield highest
        finally:
            over.set()
            thread.join()
            highest[0] = max(highest[0], self.memory - before)


@dataclass(frozen=True)
class Model:
    """A running practice model."""

    url: str
    pid: int

    @property
    def cpu(self) -> float:
        """Seconds of the processor that it took so far."""
        return cpu_of(self.pid)


@contextlib.contextmanager
def practice_model(latency_ms: int) -> Iterator[Model]:
    """The practice model on a free port, each of whose answers takes ``latency_ms``."""
    process = subprocess.Popen(
        [_TAMIS, "practice-model", "--port", "0", "--latency-ms", f"{latency_ms}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Model(f"http://127.0.0.1:{_port_of(process)}/v1", process.pid)
    finally:
        process.terminate()
        process.wait(_START_SECONDS)


@contextlib.contextmanager
def serve(url: str) -> Iterator[Server]:
    """Serve the database at ``url`` on a free port, without the engine of runs."""
    with (
        tempfile.TemporaryDirectory(prefix="tamis-benchmark-") as folder,
        _running("serve", "--port", "0", url=url, folder=folder) as process,
    ):
        yield Server(process, _port_of(process))


@contextlib.contextmanager
def work(url: str, folder: str) -> Iterator[None]:
    """Carry out the runs of the database at ``url`` in a worker, with the key of API keys in ``folder``."""
    with _running("worker", url=url, folder=folder):
        yield


@contextlib.contextmanager
def _running(*words: str, url: str, folder: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [_TAMIS, *words, "--data-dir", folder],
        env=os.environ
        | {"TAMIS_DATABASE_URL": url, "TAMIS_EMBEDDED_ENGINE": "false", "TAMIS_PRIVATE_ENDPOINTS": "yes"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(_START_SECONDS)


def cpu_of(pid: int) -> float:
    """Return the seconds of the processor that a process took so far."""
    of_user, of_system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(of_user) + int(of_system)) / os.sysconf("SC_CLK_TCK")


def _port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise RuntimeError("the server ended before it answered")
