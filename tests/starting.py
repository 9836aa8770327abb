"""The ``tamis`` command in processes that need not import the application anew.

Importing it takes a second of a processor, and the tests start a hundred commands. So a nursery, one per test process,
imports it once and forks: what it forks has an id, surroundings, a folder, streams and an end of its own, as a command
that is typed has. TAMIS_TEST_PREPARE names a module whose ``prepare`` is called there first. Tests about the start
itself run the installed script.

Run as a module, it is the nursery: it forks for what arrives on the socket whose number it is given.
"""

import atexit
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

ROOT = Path(__file__).parents[1]


class Command:
    """One ``tamis`` process, with the ways of subprocess.Popen. ``streams``: numbers of its files 0, 1 and 2."""

    def __init__(self, *words: str, env: Mapping[str, str], cwd: Path, streams: tuple[int, int, int]) -> None:
        self._line, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(_nursery(), [b"."], [*streams, theirs.fileno()])
        self._line.sendall(json.dumps([["tamis", *words], dict(env), str(cwd)]).encode() + b"\n")
        self.pid = int(_read_line(self._line))
        self._code: int | None = None

    def poll(self) -> int | None:
        """The exit code, None while it runs; minus the signal's number where one ended it."""
        if self._code is None and select.select([self._line], [], [], 0)[0]:
            self.wait()
        return self._code

    def wait(self, seconds: float | None = None) -> int:
        """Wait for the exit code. Raises TimeoutExpired where there is none after ``seconds``."""
        if self._code is None:
            if not select.select([self._line], [], [], seconds)[0]:
                raise subprocess.TimeoutExpired("tamis", seconds or 0)
            self._code = int(_read_line(self._line))
            self._line.close()
        return self._code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def run_command(
    *words: str, env: Mapping[str, str], cwd: Path, typed: str = "", seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run ``tamis`` to its end with ``typed``, a short text, on its standard input."""
    read, write = os.pipe()
    with os.fdopen(write, "w", encoding="utf-8") as keyboard:
        keyboard.write(typed)
    with os.fdopen(read, "rb") as stdin, TemporaryFile("w+") as stdout, TemporaryFile("w+") as stderr:
        command = Command(*words, env=env, cwd=cwd, streams=(stdin.fileno(), stdout.fileno(), stderr.fileno()))
        try:
            code = command.wait(seconds)
        finally:
            command.kill()
        told = [each.seek(0) or each.read() for each in (stdout, stderr)]
        return subprocess.CompletedProcess(words, code, *told)


@cache
def _nursery() -> socket.socket:
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", __name__, str(theirs.fileno())]
        process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    atexit.register(process.wait)
    atexit.register(ours.close)  # goes first, and its end is the nursery's
    return ours


def _read_line(line: socket.socket) -> bytes:
    read = bytearray()
    while not read.endswith(b"\n"):
        received = line.recv(1)
        if not received:
            raise EOFError("the nursery ended")
        read += received
    return bytes(read)


def _fork_for_each(control: socket.socket) -> None:
    """Fork for each request. Returns in what was forked, with everything as it asked for."""
    while True:
        received, numbers, *_ = socket.recv_fds(control, 1, 4)
        if not received:
            os._exit(0)
        if os.fork() == 0:
            control.close()
            _be_born(*numbers)
            return
        for number in numbers:
            os.close(number)


def _be_born(stdin: int, stdout: int, stderr: int, number: int) -> None:
    """Fork once more: the parent tells the id and the exit code, the child becomes what is asked for."""
    line = socket.socket(fileno=number)
    words, env, cwd = json.loads(_read_line(line))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if pid := os.fork():
        for each in (stdin, stdout, stderr):
            os.close(each)
        line.sendall(b"%d\n" % pid)
        _, status = os.waitpid(pid, 0)
        line.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
        os._exit(0)
    line.close()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for ours, theirs in enumerate((stdin, stdout, stderr)):
        os.dup2(theirs, ours)
        os.close(theirs)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = words
    sys.stdout.reconfigure(write_through="PYTHONUNBUFFERED" in env)


def said(result):
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def refused(result):
    """The sentence of a refusal: alone on standard error, without a traceback."""
    assert (result.returncode, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr
    return result.stderr.removesuffix("\n")


if __name__ == "__main__":
    from app.cli import main

    gc.freeze()  # or each child would look through all of it before it ends
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever stops the tests closes the socket, too
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _fork_for_each(socket.socket(fileno=int(sys.argv[1])))
    if preparing := os.environ.pop("TAMIS_TEST_PREPARE", None):
        importlib.import_module(preparing).prepare()
    sys.exit(main())
