"""A model's answers to tasks, brought in from a file to stand beside the answers of others.

A file comes in as a whole or not at all: like examples, answers wait as arrivals and are settled by one transaction.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any, NamedTuple

from sqlalchemy import Boolean, bindparam, func, insert, literal, select, update
from sqlalchemy.orm import Session

from app.database import lock
from app.errors import ImportRefused, InvalidInput
from app.imports import files
from app.imports.arrivals import Intake, add_candidates, end_reading, records_of, sweep
from app.imports.broken import Place, Unreadable
from app.imports.problems import Problems
from app.imports.repeats import refuse_repeat
from app.jobs import Task, start_job
from app.models.base import now
from app.models.candidates import Candidate, Outcome
from app.models.comparisons import Alternative
from app.models.imports import Arrival
from app.models.jobs import Job
from app.models.projects import Project
from app.settings import USUAL_LIMITS, FileLimits
from app.text import as_it_came, clean_name, comparable, tidy_name

_LONGEST_NAME = 200
_AT_ONCE = 2_000
# So many examples of the largest texts are in memory at the same time.
_IN_MEMORY = 20
_ANSWERS = ("response", "output", "prediction", "completion")
_REFERENCES = ("target", "reference")


@dataclass(frozen=True, slots=True)
class AnswersForm:
    """What a person says of a file: its name and whose answers it holds. ``again``: also where it came in before."""

    file_name: str
    model: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """One record of a file: a task with the model's answer, and with the answer that it calls right, where it does."""

    place: Place
    instruction: str
    input: str
    output: str
    reference: str

    @property
    def task(self) -> bytes:
        """A fingerprint of what was asked, the same for texts that look alike."""
        return _task(self.instruction, self.input)


class AnswersImport:
    name = "import_answers"
    label = "Import of answers"

    def carry_out(self, task: Task) -> None:
        """Read the file, find the examples that ask the same, settle it: what is done already is gone over."""
        with task.database.reading() as session:
            is_unread = files.has_file(session, task.job_id)
        if is_unread:
            _read_in(task)
        newest = _find_examples(task)
        with task.writing() as session:
            lock(session, Project, task.project_id)
            for examples in _batches(_examples(session, task.project_id, after=newest)):
                _note(session, task.job_id, examples)
            result = _settle(session, task.job_id, task.parameters["model"])
            task.finish(session, result, _summary(**result, model=task.parameters["model"]))

    def clear_up(self, session: Session, job: Job) -> None:
        """Remove the file."""
        files.remove_file(session, job.id)

    def sweep(self, task: Task) -> None:
        """Remove what was read from it."""
        sweep(task)


def start_answers_import(
    session: Session,
    project_id: int,
    form: AnswersForm,
    file: IO[bytes],
    actor_id: int,
    limits: FileLimits = USUAL_LIMITS,
) -> Job:
    """Store a file and queue its import.

    Raises InvalidInput without a model, and for a file larger than may be sent; AlreadyHere for one that came in
    before.
    """
    parameters = {
        "file": tidy_name(form.file_name, limit=_LONGEST_NAME) or "a file",
        "model": clean_name(form.model, "Model", limit=_LONGEST_NAME, required=True),
    }
    about = f"of {parameters['model']} from {parameters['file']}"
    job = start_job(session, project_id, AnswersImport(), parameters, actor_id, about=about)
    stored = files.store_file(session, job, file, limits)
    job.parameters = parameters | stored.parameters()
    if not form.again:
        refuse_repeat(session, job)
    return job


def _read_in(task: Task) -> None:
    """Store every answer of the file as an arrival, or raise ImportRefused with what is wrong with it."""
    problems, intake, position = Problems(), Intake(task), 0
    for position, record in enumerate(records_of(task), start=1):
        try:
            answer = _answer(record.place, record.value)
        except InvalidInput as error:
            problems.add(record.place, error.sentence)
        else:
            intake.add(_row(position - 1, answer))
        task.progress(position)
    intake.flush()
    with task.database.reading() as session:
        _find_repeats(session, task.job_id, problems)
    if problems.count:
        raise problems.refusal("Nothing was imported")
    if not position:
        raise ImportRefused("Nothing was imported: the file holds no answer.", [])
    with task.writing() as session:
        end_reading(session, task, position, {})


def _find_repeats(session: Session, import_id: int, problems: Problems) -> None:
    firsts = (
        select(Arrival.task, func.min(Arrival.position).label("first"))
        .where(Arrival.import_id == import_id, Arrival.task.is_not(None))
        .group_by(Arrival.task)
        .having(func.count() > 1)
        .subquery()
    )
    rows = session.execute(
        select(Arrival.position, Arrival.line, firsts.c.first)
        .join(firsts, firsts.c.task == Arrival.task)
        .where(Arrival.import_id == import_id, Arrival.task.is_not(None), Arrival.position > firsts.c.first)
        .order_by(Arrival.position)
        .execution_options(yield_per=_AT_ONCE)
    )
    for position, line, first in rows:
        asks = f"This asks the same as record {first + 1:,}. A model has one answer to each task here."
        problems.add(Place(position + 1, line), asks)


def _row(position: int, answer: Answer) -> dict[str, Any]:
    """The arrival that an answer is. Its output as an example is what the file calls right, or else the answer."""
    return {
        "position": position,
        "line": answer.place.line,
        "instruction": answer.instruction,
        "input": answer.input,
        "output": answer.reference or answer.output,
        "answer": answer.output,
        "task": answer.task,
        "outcome": Outcome.KEPT,
    }


def _answer(place: Place, value: Any) -> Answer:
    if isinstance(value, Unreadable):
        raise InvalidInput(value.sentence)
    if not isinstance(value, dict):
        raise InvalidInput("must be an object with “instruction” and “response”.")
    output = _text(value, _ANSWERS)
    if output is None:
        raise InvalidInput("has no answer: one of “response”, “output”, “prediction” or “completion”.")
    instruction = _text(value, ("instruction",))
    if instruction is None or not instruction.strip():
        raise InvalidInput("“instruction” is missing.")
    return Answer(place, instruction, _text(value, ("input",)) or "", output, _text(value, _REFERENCES) or "")


def _text(value: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    """Return the text of the first of ``keys`` that is there, as it came; None where none is."""
    key = next((each for each in keys if value.get(each) is not None), None)
    if key is None:
        return None
    if not isinstance(value[key], str):
        raise InvalidInput(f"“{key}” must be a text.")
    return as_it_came(value[key], f"“{key}”")


def _find_examples(task: Task) -> int:
    """Note beside each answer the oldest kept example that asks the same. Returns the id up to which was looked."""
    newest = 0
    with task.database.reading() as session:
        for examples in _batches(_examples(session, task.project_id, after=0)):
            with task.writing() as writing:
                _note(writing, task.job_id, examples)
            newest = examples[-1].id
            task.glance()
    return newest


class _Example(NamedTuple):
    id: int
    version: int
    task: bytes


def _examples(session: Session, project_id: int, *, after: int) -> Iterator[_Example]:
    """Yield a project's kept examples, the oldest first. Texts are stored as they came, so each has to be looked at."""
    rows = session.execute(
        select(Candidate.id, Candidate.version, Candidate.instruction, Candidate.input)
        .where(Candidate.project_id == project_id, Candidate.outcome == Outcome.KEPT, Candidate.id > after)
        .order_by(Candidate.id)
        .execution_options(yield_per=_IN_MEMORY)
    )
    for row in rows:
        yield _Example(row.id, row.version, _task(row.instruction, row.input))


def _batches(examples: Iterator[_Example]) -> Iterator[list[_Example]]:
    return iter(lambda: list(islice(examples, _AT_ONCE)), [])


def _note(session: Session, import_id: int, examples: Sequence[_Example]) -> None:
    """Note examples beside the answers to their tasks, where there is none noted yet."""
    here = Arrival.import_id == import_id, Arrival.candidate_id.is_(None)
    wanted = Arrival.task.in_([each.task for each in examples])
    found = set(session.scalars(select(Arrival.task).where(*here, wanted)))
    rows = [{"id_": each.id, "version_": each.version, "task_": each.task} for each in examples if each.task in found]
    if rows:
        noted = update(Arrival).where(*here, Arrival.task == bindparam("task_"))
        noted = noted.values(candidate_id=bindparam("id_"), candidate_version=bindparam("version_"))
        session.connection().execute(noted, rows)


def _settle(session: Session, import_id: int, model: str) -> dict[str, int]:
    """Add examples for tasks that are new, and every answer beside its example. Returns how many there are of each."""
    total, beside = session.execute(
        select(func.count(), func.count(Arrival.candidate_id)).where(Arrival.import_id == import_id)
    ).one()
    add_candidates(session, import_id, Arrival.candidate_id.is_(None))
    is_added = (Candidate.import_id == Arrival.import_id) & (Candidate.position == Arrival.position)
    values: dict[Any, Any] = {
        Alternative.project_id: Arrival.project_id,
        Alternative.candidate_id: func.coalesce(Arrival.candidate_id, Candidate.id),
        Alternative.candidate_version: func.coalesce(Arrival.candidate_version, Candidate.version),
        Alternative.import_id: Arrival.import_id,
        Alternative.model: literal(model),
        Alternative.output: Arrival.answer,
        Alternative.outcome: Arrival.outcome,
        Alternative.reason: literal(""),
        Alternative.from_practice: literal(False, Boolean),
        Alternative.created_at: literal(now(), Alternative.created_at.type),
    }
    answers = (
        select(*values.values())
        .select_from(Arrival)
        .outerjoin(Candidate, is_added)
        .where(Arrival.import_id == import_id)
        .order_by(Arrival.position)
    )
    session.execute(insert(Alternative).from_select(list(values), answers, include_defaults=False))
    return {"answers": total, "added": total - beside}


def _task(instruction: str, given: str) -> bytes:
    alike = f"{len(instruction := comparable(instruction).strip())} {instruction}{comparable(given).strip()}"
    return hashlib.blake2b(alike.encode(), digest_size=16).digest()


def _summary(answers: int, added: int, model: str) -> str:
    imported = f"{answers:,} answer{'s' if answers != 1 else ''} of {model} imported"
    return f"{imported}, {added:,} of them to tasks that were new here." if added else f"{imported}."
