"""The file of an import, kept in the database until it is read: so a worker on any machine can read it."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.database import Database
from app.errors import InvalidInput
from app.imports.fingerprint import Fingerprint
from app.models.imports import ImportChunk
from app.models.jobs import Job
from app.settings import FileLimits

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """What was stored: its SHA-256 in hexadecimal digits, that of what is packed in it, and its size in bytes."""

    sha256: str
    unpacked_sha256: str | None
    size: int
    limits: FileLimits

    def parameters(self) -> dict[str, Any]:
        """Return what a job stores of its file. The limits that it came in by hold wherever it is read."""
        unpacked = {} if self.unpacked_sha256 is None else {"unpacked_sha256": self.unpacked_sha256}
        return {"sha256": self.sha256, "bytes": self.size, "limits": self.limits._asdict()} | unpacked


def limits_of(parameters: Mapping[str, Any]) -> FileLimits:
    """Return by which limits the file of a job came in, from the job's parameters."""
    return FileLimits(**parameters.get("limits", {}))


def store_file(session: Session, job: Job, file: IO[bytes], limits: FileLimits) -> Stored:
    """Store the file of an import, a piece at a time. Raises InvalidInput where it is larger than may be sent."""
    limit_mb = limits.sent_mb
    fingerprint, position = Fingerprint(), 0
    # An empty file is one empty piece: while there is one, the file has not been read.
    while (piece := file.read(_CHUNK)) or not position:
        fingerprint.update(piece)
        if limit_mb is not None and fingerprint.size > limit_mb << 20:
            raise InvalidInput(
                f"The file is larger than {limit_mb} MB. Pack it with gzip, or use the command tamis import.",
                field="file",
            )
        chunk = {"project_id": job.project_id, "import_id": job.id, "position": position, "content": piece}
        session.execute(insert(ImportChunk), chunk)
        position += 1
    return Stored(fingerprint.sha256, fingerprint.unpacked, fingerprint.size, limits)


def open_file(database: Database, import_id: int) -> IO[bytes]:
    """Open the file of an import to be read once, from its beginning. No transaction stays open meanwhile."""
    return io.BufferedReader(_Chunks(database, import_id), _CHUNK)


def has_file(session: Session, import_id: int) -> bool:
    """Return whether the file of an import is still stored: it has not been read to its end."""
    return session.scalar(select(ImportChunk.id).where(ImportChunk.import_id == import_id).limit(1)) is not None


def remove_file(session: Session, import_id: int) -> None:
    """Remove the file of an import."""
    session.execute(delete(ImportChunk).where(ImportChunk.import_id == import_id))


class _Chunks(io.RawIOBase):
    """The pieces of a file, one after the other."""

    def __init__(self, database: Database, import_id: int) -> None:
        self._database, self._import_id = database, import_id
        self._next, self._left = 0, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._left = self._left or self._fetch()
        taken = self._left[: len(buffer)]
        self._left = self._left[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def _fetch(self) -> bytes:
        place = (ImportChunk.import_id == self._import_id, ImportChunk.position == self._next)
        self._next += 1
        with self._database.reading() as session:
            return session.scalar(select(ImportChunk.content).where(*place)) or b""
