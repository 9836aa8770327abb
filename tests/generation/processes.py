"""Processes of the command line that a test starts, reads, interrupts and kills; each by its own pid."""

import os
import queue
import signal
import threading
import time
from pathlib import Path

from tests.starting import Command


class Process:
    """One ``tamis`` process over a data folder and a database. What it prints is collected in ``lines``.

    ``more`` are settings beside those, by the names of their variables.
    """

    def __init__(self, folder: Path, url: str, *arguments: str, **more: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TAMIS_", "OPENAI_"))}
        settings = {"TAMIS_DATA_DIR": str(folder), "TAMIS_DATABASE_URL": url, "PYTHONUNBUFFERED": "1"}
        settings["TAMIS_PRIVATE_ENDPOINTS"] = "yes"  # the practice model is on this machine
        settings |= more
        read, write = os.pipe()
        self._process = Command(*arguments, env=kept | settings, cwd=Path.cwd(), streams=(0, write, write))
        os.close(write)
        self._printed = os.fdopen(read, encoding="utf-8")
        self.lines: list[str] = []
        self._new: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait_for(self, words: str, seconds: float = 30) -> str:
        """Wait for a line with ``words`` in it."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            try:
                line = self._new.get(timeout=0.05)
            except queue.Empty:
                assert self._process.poll() is None, f"it ended and said: {self.lines}"
                continue
            if words in line:
                return line
        raise AssertionError(f"no line with {words!r} in {self.lines}")

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def interrupt(self) -> None:
        self.send_signal(signal.SIGINT)

    def send_signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self.end()

    def end(self, seconds: float = 30) -> int:
        """Wait for its end and return its exit code."""
        code = self._process.wait(seconds)
        self._reader.join()
        return code

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self.end()

    def _read(self) -> None:
        with self._printed as printed:
            for line in printed:
                self.lines.append(line.rstrip("\n"))
                self._new.put(line.rstrip("\n"))
