"""Which calls really went out: a note of each, made in a file of this machine right before it is sent.

Rows of calls are written before there is room to send them, so that no sender waits for the database. Where a process
dies, its notes tell those that went out, and may have been billed, from those that still waited. They tell it only
where it is certain: as long as the machine is up, which may lose the end of a file when it goes down; once the process
is gone, as one that merely stands still may send yet; and where every note succeeded. Else nothing is known.
"""

import os
import struct
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NOTE = struct.Struct("<q")
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)


class SentNotes:
    """What one carrier sends, noted in a file of ``folder``; without a folder nothing is noted.

    The file is locked while this process lives.
    """

    def __init__(self, folder: Path | None, carrier: str) -> None:
        self._path, self._file = _path(folder, carrier), -1
        self._is_whole = False
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self._path, _FLAGS, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._is_whole = True
            self._write(_boot())
        except OSError:
            if self._file >= 0:
                self._give_up(self._path)

    def add(self, call_id: int) -> None:
        """Note that a call is about to be sent. Where that fails, this file tells nothing any more."""
        if self._is_whole:
            self._write(_NOTE.pack(call_id))

    def close(self) -> None:
        """End the notes: nothing more is sent. They stay until they are forgotten."""
        if self._file >= 0:
            os.close(self._file)
        self._file, self._is_whole = -1, False

    def _write(self, note: bytes) -> None:
        try:
            is_whole = os.write(self._file, note) == len(note)
        except OSError:
            is_whole = False
        if not is_whole and self._path is not None:
            self._give_up(self._path)

    def _give_up(self, path: Path) -> None:
        """Half of the notes would be worse than none. Where even this fails, the call isn't sent."""
        self._is_whole = False
        path.unlink(missing_ok=True)


def sent_by(folder: Path | None, carrier: str) -> frozenset[int] | None:
    """Return the ids of the calls that a carrier sent before its process died, None where that can't be told."""
    path = _path(folder, carrier)
    try:
        file = os.open(path, os.O_RDONLY) if path else -1
    except OSError:
        return None
    if file < 0:
        return None
    with os.fdopen(file, "rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            written = opened.read()
        except OSError:  # its process lives
            return None
    boot, notes = written[: len(_boot())], written[len(_boot()) :]
    if boot != _boot() or len(notes) % _NOTE.size:
        return None
    return frozenset(call_id for (call_id,) in _NOTE.iter_unpack(notes))


def forget(folder: Path | None, carrier: str) -> None:
    """Remove a carrier's notes, whose calls are settled."""
    if path := _path(folder, carrier):
        path.unlink(missing_ok=True)


def _path(folder: Path | None, carrier: str) -> Path | None:
    """Return the file of a carrier's notes, None where there can't be one."""
    name = carrier.rpartition("/")[2]
    return folder / name if folder and name and fcntl and _boot() else None


def _boot() -> bytes:
    """Return what this system calls the time since it was started, empty where it has no name for it."""
    try:
        return _BOOT.read_bytes()
    except OSError:
        return b""
