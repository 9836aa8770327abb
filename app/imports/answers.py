"""A model's answers to tasks, brought in from a file to stand beside the answers of others.

A file comes in as a whole or not at all: it is looked through first, and then taken in by one transaction.
"""

import hashlib
from collections.abc import Container, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.database import lock, new_ids
from app.errors import ImportRefused, InvalidInput
from app.imports import files
from app.imports.broken import Place, Unreadable
from app.imports.problems import Problems
from app.imports.records import Records
from app.imports.repeats import refuse_repeat
from app.jobs import Task, start_job
from app.models.candidates import Candidate, Outcome
from app.models.comparisons import Alternative
from app.models.jobs import Job
from app.models.projects import Project
from app.text import as_it_came, clean_name, comparable, tidy_name

MOST_ANSWERS = 200_000
_LONGEST_NAME = 200
_BATCH = 500
_AT_ONCE = 2_000
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
        """Look the file through, then store each answer beside its example; tasks that are new become examples."""
        model = task.parameters["model"]
        tasks = _look_through(task)
        with task.writing() as session:
            lock(session, Project, task.project_id)
            examples = _examples_asking(session, task.project_id, tasks)
            answers = _answers_in(files.open_file(task.database, task.job_id), Problems())
            added, total = 0, len(tasks)
            while batch := list(islice(answers, _BATCH)):
                added += _store(session, task, model, batch, examples)
            files.remove_file(session, task.job_id)
            result = {"answers": total, "added": added}
            task.finish(session, result, _summary(total, added, model))

    def clear_up(self, session: Session, job: Job) -> None:
        """Remove the file."""
        files.remove_file(session, job.id)


def start_answers_import(
    session: Session, project_id: int, form: AnswersForm, file: IO[bytes], actor_id: int, *, limit_mb: int | None = None
) -> Job:
    """Store a file and queue its import.

    Raises InvalidInput without a model, and for a file larger than ``limit_mb``; AlreadyHere for one that came in
    before.
    """
    parameters = {
        "file": tidy_name(form.file_name, limit=_LONGEST_NAME) or "a file",
        "model": clean_name(form.model, "Model", limit=_LONGEST_NAME, required=True),
    }
    about = f"of {parameters['model']} from {parameters['file']}"
    job = start_job(session, project_id, AnswersImport(), parameters, actor_id, about=about)
    stored = files.store_file(session, job, file, limit_mb=limit_mb)
    job.parameters = parameters | stored.parameters()
    if not form.again:
        refuse_repeat(session, job)
    return job


def _look_through(task: Task) -> Set[bytes]:
    """Return the tasks that the file holds answers to, or raise ImportRefused with what is wrong with it."""
    problems, places = Problems(), dict[bytes, Place]()
    for answer in _answers_in(files.open_file(task.database, task.job_id), problems):
        if (first := places.setdefault(answer.task, answer.place)) != answer.place:
            asks = f"This asks the same as record {first.record:,}. A model has one answer to each task here."
            problems.add(answer.place, asks)
        if len(places) > MOST_ANSWERS:
            raise ImportRefused(f"The file holds more than {MOST_ANSWERS:,} answers. Import it in parts.", [])
        task.progress(len(places))
    if problems.count:
        raise problems.refusal("Nothing was imported")
    if not places:
        raise ImportRefused("Nothing was imported: the file holds no answer.", [])
    return places.keys()


def _answers_in(stream: IO[bytes], problems: Problems) -> Iterator[Answer]:
    """Yield the answers of a JSON list or of JSON lines; what is none is noted."""
    for record in Records(stream):
        try:
            yield _answer(record.place, record.value)
        except InvalidInput as error:
            problems.add(record.place, error.sentence)


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


def _store(
    session: Session, task: Task, model: str, batch: Sequence[Answer], examples: Mapping[bytes, tuple[int, int]]
) -> int:
    """Store the answers of a batch beside ``examples``. Returns how many of its tasks were new."""
    new = [each for each in batch if each.task not in examples]
    added = _added(session, task, new) if new else {}
    beside = [added.get(each.task) or examples[each.task] for each in batch]
    rows = [
        {
            "project_id": task.project_id,
            "candidate_id": candidate_id,
            "candidate_version": version,
            "import_id": task.job_id,
            "model": model,
            "output": each.output,
            "outcome": Outcome.KEPT,
        }
        for each, (candidate_id, version) in zip(batch, beside, strict=True)
    ]
    session.execute(insert(Alternative), rows)
    return len(new)


def _examples_asking(session: Session, project_id: int, tasks: Container[bytes]) -> dict[bytes, tuple[int, int]]:
    """Return the oldest kept example, as id and version, for each of ``tasks`` that there is one for.

    Texts are stored as they came, so every example's has to be looked at.
    """
    found: dict[bytes, tuple[int, int]] = {}
    rows = session.execute(
        select(Candidate.instruction, Candidate.input, Candidate.id, Candidate.version)
        .where(Candidate.project_id == project_id, Candidate.outcome == Outcome.KEPT)
        .order_by(Candidate.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for row in rows:
        task = _task(row.instruction, row.input)
        if task in tasks:
            found.setdefault(task, (row.id, row.version))
    return found


def _task(instruction: str, given: str) -> bytes:
    alike = f"{len(instruction := comparable(instruction).strip())} {instruction}{comparable(given).strip()}"
    return hashlib.blake2b(alike.encode(), digest_size=16).digest()


def _added(session: Session, task: Task, new: Sequence[Answer]) -> dict[bytes, tuple[int, int]]:
    """Add examples for tasks that are new, with the answer that the file calls right, or else with the model's."""
    ids = new_ids(session, Candidate, len(new))
    position = _next_position(session, task.job_id)
    rows = [
        {
            "id": id_,
            "project_id": task.project_id,
            "import_id": task.job_id,
            "position": position + place,
            "line": each.place.line,
            "instruction": each.instruction,
            "input": each.input,
            "output": each.reference or each.output,
            "outcome": Outcome.KEPT,
            "in_pool": True,
        }
        for place, (id_, each) in enumerate(zip(ids, new, strict=True))
    ]
    session.execute(insert(Candidate), rows)
    return {each.task: (id_, 1) for id_, each in zip(ids, new, strict=True)}


def _next_position(session: Session, import_id: int) -> int:
    return session.scalar(select(func.count()).where(Candidate.import_id == import_id)) or 0


def _summary(total: int, added: int, model: str) -> str:
    answers = f"{total:,} answer{'s' if total != 1 else ''} of {model} imported"
    return f"{answers}, {added:,} of them to tasks that were new here." if added else f"{answers}."
