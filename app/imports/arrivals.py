"""The examples of an import on their way in: read from its file, and made candidates all at once."""

from dataclasses import astuple, dataclass, field
from typing import Any

from sqlalchemy import Boolean, case, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from app.database import Database, lock
from app.errors import ImportRefused, InvalidInput, Problems
from app.examples import Example
from app.imports import files
from app.imports.reader import Incoming, Reader
from app.jobs import Task
from app.models.base import now
from app.models.candidates import Candidate, Outcome
from app.models.imports import Arrival
from app.models.jobs import Job
from app.models.projects import Project
from app.text import clean, drop_controls

MOST_EXAMPLES = 1_000_000
_MOST_IGNORED = 20
_BATCH = 1_000
_FIELDS = ("instruction", "input", "output")
_COPIED = ("project_id", "import_id", "position", "line", "metadata_", *_FIELDS)
_JUDGED = ("outcome", "rejected_by", "reason", "evidence", "similarity")


@dataclass(slots=True)
class _Findings:
    """What is said of a file beyond its examples: its problems, which keys were ignored, and how many examples lost a
    control character.
    """

    problems: Problems = field(default_factory=Problems)
    ignored: set[str] = field(default_factory=set)
    mended: int = 0


def read_in(task: Task, reader: Reader, outcome: Outcome | None) -> None:
    """Store every example of the file as an arrival with this ``outcome``, and remove the file; or raise ImportRefused.

    Where a part was stored before, the whole file is looked at again and the rest is stored.
    """
    findings = _Findings()
    stored = position = _count(task.database, task.job_id)
    batch: list[dict[str, Any]] = []
    for position, incoming in enumerate(reader.read(files.open_file(task.database, task.job_id)), start=1):
        example = _let_in(incoming, findings)
        if example is not None and not findings.problems.count and position > stored:
            batch.append(_row(task, position - 1, incoming, example, outcome))
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
        job.result = {"ignored": sorted(findings.ignored), "mended": findings.mended}


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


def _let_in(incoming: Incoming, findings: _Findings) -> Example | None:
    """Return the example with its texts clean; None where there are problems, which are noted."""
    if len(findings.ignored) < _MOST_IGNORED:
        findings.ignored |= incoming.ignored
    for sentence in incoming.problems:
        findings.problems.add(incoming.line, sentence)
    if incoming.example is None:
        return None
    came = astuple(incoming.example)
    mended = tuple(map(drop_controls, came))
    findings.mended += mended != came
    try:
        return Example(*map(_clean, mended, _FIELDS))
    except InvalidInput as error:
        findings.problems.add(incoming.line, error.sentence)
        return None


def _clean(text: str, field_: str) -> str:
    return clean(text, f"“{field_}”", required=field_ == "instruction")


def _row(task: Task, position: int, incoming: Incoming, example: Example, outcome: Outcome | None) -> dict[str, Any]:
    return {
        "project_id": task.project_id,
        "import_id": task.job_id,
        "position": position,
        "line": incoming.line,
        "metadata_": incoming.metadata,
        "instruction": example.instruction,
        "input": example.input,
        "output": example.output,
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
