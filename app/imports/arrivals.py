"""The examples of an import on their way in: read from its file, and made candidates all at once."""

from typing import Any

from sqlalchemy import Boolean, case, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from app.database import Database, lock
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

MOST_EXAMPLES = 1_000_000
_BATCH = 1_000
_FIELDS = ("instruction", "input", "output")
_COPIED = ("project_id", "import_id", "position", "line", "metadata_", *_FIELDS)
_JUDGED = ("outcome", "rejected_by", "reason", "evidence", "similarity")


def read_in(task: Task, choices: Choices, outcome: Outcome | None) -> None:
    """Store every example of the file as an arrival with this ``outcome``, and remove the file; or raise ImportRefused.

    Where a part was stored before, the whole file is looked at again and the rest is stored.
    """
    look = look_at(files.open_file(task.database, task.job_id), task.parameters["format"])
    if look.refusal and look.keys:
        raise ImportRefused(f"Nothing was imported. {look.refusal}", [])
    findings = Findings(look, choices)
    stored = position = _count(task.database, task.job_id)
    batch: list[dict[str, Any]] = []
    for position, record in enumerate(Records(files.open_file(task.database, task.job_id)), start=1):
        incoming = look.reader.read(record, look.parts)
        arrived = findings.let_in(incoming)
        if arrived is not None and not findings.problems.count and position > stored:
            batch.append(_row(task, position - 1, incoming.place.line, arrived, outcome))
        if len(batch) == _BATCH:
            _store(task, batch)
        if position == MOST_EXAMPLES + 1:
            raise ImportRefused(f"The file holds more than {MOST_EXAMPLES:,} examples. Import it in parts.", [])
        task.progress(position)
    if findings.problems.count:
        raise findings.problems.refusal("Nothing was imported")
    if not position:
        raise ImportRefused("Nothing was imported: the file holds no example.", [])
    _store(task, batch)
    with task.writing() as session:
        files.remove_file(session, task.job_id)
        job = session.get_one(Job, task.job_id)
        job.total = position
        job.result = findings.result()


def settle(session: Session, task: Task) -> dict[str, Any]:
    """Make every arrival a candidate, in the order of the file. Returns counts: ``kept``, and ``rejected`` by filter.

    One transaction, so that nobody sees a part: 50,000 take about a second, for which SQLite lets nobody else write.
    """
    lock(session, Project, task.project_id)
    counts = _counts(session, task.job_id)
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
        .where(Arrival.import_id == task.job_id)
        .order_by(Arrival.position)
    )
    columns = [getattr(Candidate, name) for name in (*names, *added)]
    session.execute(insert(Candidate).from_select(columns, arrivals, include_defaults=False))
    remove_arrivals(session, task.job_id)
    return counts


def remove_arrivals(session: Session, import_id: int) -> None:
    """Remove what was read and not settled."""
    session.execute(delete(Arrival).where(Arrival.import_id == import_id))


def _row(task: Task, position: int, line: int, arrived: Arrived, outcome: Outcome | None) -> dict[str, Any]:
    return {
        "project_id": task.project_id,
        "import_id": task.job_id,
        "position": position,
        "line": line,
        "instruction": arrived.example.instruction,
        "input": arrived.example.input,
        "output": arrived.example.output,
        "metadata_": arrived.metadata,
        "outcome": outcome,
    }


def _store(task: Task, batch: list[dict[str, Any]]) -> None:
    if batch:
        with task.writing() as session:
            session.execute(insert(Arrival), batch)
        batch.clear()


def _count(database: Database, import_id: int) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(Arrival.import_id == import_id)) or 0


def _counts(session: Session, import_id: int) -> dict[str, Any]:
    by_filter = select(Arrival.rejected_by, func.count()).where(Arrival.import_id == import_id)
    rows = session.execute(
        by_filter.group_by(Arrival.rejected_by).order_by(func.count().desc(), Arrival.rejected_by)
    ).all()
    kept = sum(count for name, count in rows if name is None)
    return {"kept": kept, "rejected": {name: count for name, count in rows if name is not None}}
