"""Files at the command line: read, or written whole or not at all; what goes wrong is a sentence."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO

from app.errors import Conflict, NotFound


@contextmanager
def open_file(file: Path) -> Iterator[IO[bytes]]:
    """Open a file to be read; ``-`` is standard input. Raises NotFound where that fails, also while it is read."""
    try:
        with nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb") as stream:
            yield stream
    except OSError as error:
        raise NotFound(f"{file} can't be read: {error.strerror}.") from error


def write_file(out: Path, pieces: Iterable[bytes]) -> None:
    """Write beside ``out`` and move it there once it is whole. Raises Conflict where that fails."""
    if out.is_dir():
        raise Conflict(f"{out} can't be written: it is a folder.")
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("wb") as file:
            file.writelines(pieces)
        part.replace(out)
    except OSError as error:
        raise Conflict(f"{out} can't be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            part.unlink()
