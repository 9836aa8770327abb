"""The examples of an import on their way in: read from its file, and made candidates all at once."""

import time
from typing import Any

from sqlalchemy import Boolean, ColumnElement, case, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from app.database import as_json, lock
from app.errors import ImportRefused
from app.imports import files
from app.imports.extras import Choices
from app.imports.findings import Arrived, Findings
from app.imports.first_look import look_at
from app.imports.records import Records
from app.jobs import Task
from app.models.base import now
from app.models.candidates import Candidate, Outcome
from app.models.imports import Arrival
from app.models.jobs import Job
from app.models.projects import Project

_BATCH = 1_000
# A few records may be as large as many.
_LARGEST_BATCH = 4 << 20
# Whoever else wants to write waits for no longer than about this.
_SECONDS_AT_ONCE = 0.2
_FEWEST_SWEPT, _MOST_SWEPT = 20, 20_000
_FIELDS = ("instruction", "input", "output")
_COPIED = ("project_id", "import_id", "position", "line", "metadata_", *_FIELDS)
_JUDGED = ("outcome", "rejected_by", "reason", "evidence", "similarity")


class Intake:
    """Stores what a job reads as arrivals, many at once and never much, up to what its file may unpack to.

    ``stored`` is how many positions of the file were stored before: what is added of these is counted alone.
    """

    def __init__(self, task: Task) -> None:
        with task.database.reading() as session:
            newest = session.scalar(select(func.max(Arrival.position)).where(Arrival.import_id == task.job_id))
        self.stored = 0 if newest is None else newest + 1
        self._task, self._most_mb = task, files.limits_of(task.parameters).unpacked_mb
        self._rows: list[dict[str, Any]] = []
        self._waiting = self._total = 0

    def add(self, row: dict[str, Any]) -> None:
        """Add a row of ``arrivals``. Raises ImportRefused where all of them would take more room than a file may.

        A file of a table names its columns once, and each example is stored with the names of its own.
        """
        size = _bytes_of(row)
        self._total += size
        if self._total > self._most_mb << 20:
            sentence = f"Nothing was imported. What is to be stored of the file has more than {self._most_mb:,} MB"
            advice = "Leave out columns that you don’t need, or import it in parts."
            raise ImportRefused(f"{sentence}, the names of its columns with each record. {advice}", [])
        if row["position"] < self.stored:
            return
        self._rows.append(row | {"project_id": self._task.project_id, "import_id": self._task.job_id})
        self._waiting += size
        if len(self._rows) == _BATCH or self._waiting > _LARGEST_BATCH:
            self.flush()

    def flush(self) -> None:
        """Store what is left."""
        if self._rows:
            with self._task.writing() as session:
                session.execute(insert(Arrival), self._rows)
        self._rows, self._waiting = [], 0


def records_of(task: Task) -> Records:
    """Return the records of a job's file, within its limits. Whoever reads them may be stopped at any place."""
    stream = files.open_file(task.database, task.job_id)
    return Records(stream, files.limits_of(task.parameters), task.glance)


def read_in(task: Task, choices: Choices, outcome: Outcome | None) -> None:
    """Store every example of the file as an arrival with this ``outcome``, and remove the file; or raise ImportRefused.

    Where a part was stored before, the whole file is looked at again and the rest is stored.
    """
    look = look_at(files.open_file(task.database, task.job_id), task.parameters["format"], task.glance)
    if look.refusal and look.keys:
        raise ImportRefused(f"Nothing was imported. {look.refusal}", [])
    findings, intake, position = Findings(look, choices), Intake(task), 0
    for position, record in enumerate(records_of(task), start=1):
        incoming = look.reader.read(record, look.parts)
        arrived = findings.let_in(incoming)
        if arrived is not None and not findings.problems.count:
            intake.add(_row(position - 1, incoming.place.line, arrived, outcome))
        task.progress(position)
    if findings.problems.count:
        raise findings.problems.refusal("Nothing was imported")
    if not position:
        raise ImportRefused("Nothing was imported: the file holds no example.", [])
    intake.flush()
    with task.writing() as session:
        end_reading(session, task, position, findings.result())


def end_reading(session: Session, task: Task, total: int, result: dict[str, Any]) -> None:
    """Write down that the file was read to its end, and remove it. Whoever was killed over it was killed before."""
    files.remove_file(session, task.job_id)
    job = session.get_one(Job, task.job_id)
    job.total, job.result, job.carriers_lost = total, result, 0


def settle(session: Session, task: Task) -> dict[str, Any]:
    """Make every arrival a candidate, in the order of the file. Returns counts: ``kept``, and ``rejected`` by filter.

    One transaction, so that nobody sees a part: 50,000 take about a second, for which SQLite lets nobody else write.
    """
    lock(session, Project, task.project_id)
    counts = _counts(session, task.job_id)
    add_candidates(session, task.job_id)
    return counts


def add_candidates(session: Session, import_id: int, *conditions: ColumnElement[bool]) -> None:
    """Add a candidate for each arrival for which ``conditions`` hold."""
    is_kept = case((Arrival.outcome == Outcome.KEPT, True), else_=False)
    added = {
        "round": literal(0),
        "instance": literal(0),
        "version": literal(1),
        "in_pool": is_kept,
        "from_practice": literal(False, Boolean),
        "created_at": literal(now(), Candidate.created_at.type),
    }
    names = (*_COPIED, *_JUDGED)
    arrivals = (
        select(*(getattr(Arrival, name) for name in names), *added.values())
        .where(Arrival.import_id == import_id, *conditions)
        .order_by(Arrival.position)
    )
    columns = [getattr(Candidate, name) for name in (*names, *added)]
    session.execute(insert(Candidate).from_select(columns, arrivals, include_defaults=False))


def sweep(task: Task) -> None:
    """Remove the arrivals of imports that have ended, however they did, a few at once: others want to write, too.

    What a process that was killed has left goes with the next import.
    """
    many = _FEWEST_SWEPT
    while True:
        task.give_way()
        began = time.monotonic()
        with task.database.writing() as session:
            ended = _ended_import(session)
            if ended is None:
                return
            ids = session.scalars(select(Arrival.id).where(Arrival.import_id == ended).limit(many)).all()
            session.execute(delete(Arrival).where(Arrival.id.in_(ids)))
        many = many * 2 if time.monotonic() - began < _SECONDS_AT_ONCE / 2 else many // 2
        many = min(max(many, _FEWEST_SWEPT), _MOST_SWEPT)


def _ended_import(session: Session) -> int | None:
    """Return an import that has ended and left arrivals. Few have any, so each is asked, and not every job."""
    import_id: int | None = 0
    while import_id is not None:
        import_id = session.scalar(select(func.min(Arrival.import_id)).where(Arrival.import_id > import_id))
        if import_id is not None and session.scalar(select(Job.ended_at).where(Job.id == import_id)) is not None:
            break
    return import_id


def _row(position: int, line: int, arrived: Arrived, outcome: Outcome | None) -> dict[str, Any]:
    return {
        "position": position,
        "line": line,
        "instruction": arrived.example.instruction,
        "input": arrived.example.input,
        "output": arrived.example.output,
        "metadata_": arrived.metadata,
        "outcome": outcome,
    }


def _bytes_of(row: dict[str, Any]) -> int:
    texts = sum(len(value.encode()) for value in row.values() if isinstance(value, str))
    return texts + (len(as_json(row["metadata_"]).encode()) if row.get("metadata_") else 0)


def _counts(session: Session, import_id: int) -> dict[str, Any]:
    by_filter = select(Arrival.rejected_by, func.count()).where(Arrival.import_id == import_id)
    rows = session.execute(
        by_filter.group_by(Arrival.rejected_by).order_by(func.count().desc(), Arrival.rejected_by)
    ).all()
    kept = sum(count for name, count in rows if name is None)
    return {"kept": kept, "rejected": {name: count for name, count in rows if name is not None}}
