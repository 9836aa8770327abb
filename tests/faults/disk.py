"""A small disk of its own for a database, which can be filled to its last byte."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MEGABYTE = 1 << 20


class NoDisk(Exception):
    """Nobody but root may mount one."""

    def __init__(self) -> None:
        super().__init__("no disk to fill: mounting a file system in memory needs root")


@dataclass(frozen=True)
class Disk:
    """``folder`` is all of it."""

    folder: Path

    def fill(self) -> None:
        """Leave no room for one byte more."""
        with contextlib.suppress(OSError), self._ballast.open("ab", buffering=0) as ballast:
            for size in (_MEGABYTE, 4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        ballast.write(bytes(size))

    def clear(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


@contextlib.contextmanager
def mounted(megabytes: int = 64) -> Iterator[Disk]:
    """Mount a file system in memory and take it away after the block. Raises NoDisk where that isn't allowed."""
    folder = Path(tempfile.mkdtemp(prefix="tamis-disk-"))
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(["mount", *options], check=False, capture_output=True).returncode:
        folder.rmdir()
        raise NoDisk
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()
