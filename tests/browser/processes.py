"""The ``tamis`` command in processes of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

HOST = "127.0.0.1"
_STOP_SECONDS = 15
_MAIN = (sys.executable, "-c", "from app.cli import main; main()")


def launch(arguments: Sequence[str], home: Path, more: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start ``tamis`` with these arguments, with no setting but those in ``more``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TAMIS_", "OPENAI_"))}
    with (home / "log").open("a") as log:
        return subprocess.Popen(
            [*_MAIN, *arguments], stdout=subprocess.PIPE, stderr=log, text=True, env=kept | dict(more or {})
        )


def printed(process: subprocess.Popen[str], pattern: str) -> str:
    """Return what matches ``pattern`` in the first printed line that has it."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(pattern, line):
            return found.group()
    raise AssertionError(f"it ended with {process.wait()} before it printed {pattern}")


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])
