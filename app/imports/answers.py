"""A model's answers to tasks, brought in from a file to stand beside the answers of others.

A file comes in as a whole or not at all: it is looked through first, and then taken in by one transaction.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.database import lock, new_ids
from app.errors import ImportRefused, InvalidInput, Problems
from app.imports import files
from app.imports.records import Unreadable, read_values
from app.imports.repeats import refuse_repeat
from app.jobs import Task, start_job
from app.models.candidates import Candidate, Outcome
from app.models.comparisons import Alternative
from app.models.jobs import Job
from app.models.projects import Project
from app.text import clean, drop_controls, repair

MOST_ANSWERS = 200_000
_LONGEST_NAME = 200
_BATCH = 500
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

    line: int
    instruction: str
    input: str
    output: str
    reference: str

    @property
    def task(self) -> tuple[str, str]:
        """What was asked."""
        return self.instruction, self.input


class AnswersImport:
    name = "import_answers"
    label = "Import of answers"

    def carry_out(self, task: Task) -> None:
        """Look the file through, then store each answer beside its example; tasks that are new become examples."""
        model = task.parameters["model"]
        total = _look_through(task)
        with task.writing() as session:
            lock(session, Project, task.project_id)
            answers = _answers_in(files.open_file(task.database, task.job_id), Problems())
            added = 0
            while batch := list(islice(answers, _BATCH)):
                added += _store(session, task, model, batch)
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
        "file": repair(form.file_name, limit=_LONGEST_NAME) or "a file",
        "model": clean(form.model, "Model", limit=_LONGEST_NAME, required=True, lines=False),
    }
    about = f"of {parameters['model']} from {parameters['file']}"
    job = start_job(session, project_id, AnswersImport(), parameters, actor_id, about=about)
    stored = files.store_file(session, job, file, limit_mb=limit_mb)
    job.parameters = parameters | stored.parameters()
    if not form.again:
        refuse_repeat(session, job)
    return job


def _look_through(task: Task) -> int:
    """Return how many answers the file holds, or raise ImportRefused with what is wrong with it."""
    problems, lines = Problems(), dict[tuple[str, str], int]()
    for answer in _answers_in(files.open_file(task.database, task.job_id), problems):
        if (first := lines.setdefault(answer.task, answer.line)) != answer.line:
            problems.add(answer.line, f"asks the same as line {first:,}. A model has one answer to each task here.")
        if len(lines) > MOST_ANSWERS:
            raise ImportRefused(f"The file holds more than {MOST_ANSWERS:,} answers. Import it in parts.", [])
        task.progress(len(lines))
    if problems.count:
        raise problems.refusal("Nothing was imported")
    if not lines:
        raise ImportRefused("Nothing was imported: the file holds no answer.", [])
    return len(lines)


def _answers_in(stream: IO[bytes], problems: Problems) -> Iterator[Answer]:
    """Yield the answers of a JSON list or of JSON lines; what is none is noted."""
    for line, value in read_values(stream):
        try:
            yield _answer(line, value)
        except InvalidInput as error:
            problems.add(line, error.sentence)


def _answer(line: int, value: Any) -> Answer:
    if isinstance(value, Unreadable):
        raise InvalidInput(value.sentence)
    if not isinstance(value, dict):
        raise InvalidInput("must be an object with “instruction” and “response”.")
    output = _text(value, _ANSWERS)
    if output is None:
        raise InvalidInput("has no answer: one of “response”, “output”, “prediction” or “completion”.")
    instruction = _text(value, ("instruction",))
    if not instruction:
        raise InvalidInput("“instruction” is missing.")
    return Answer(line, instruction, _text(value, ("input",)) or "", output, _text(value, _REFERENCES) or "")


def _text(value: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    """Return the text of the first of ``keys`` that is there, clean, as examples are; None where none is."""
    key = next((each for each in keys if value.get(each) is not None), None)
    if key is None:
        return None
    if not isinstance(value[key], str):
        raise InvalidInput(f"“{key}” must be a text.")
    return clean(drop_controls(value[key]), f"“{key}”")


def _store(session: Session, task: Task, model: str, batch: Sequence[Answer]) -> int:
    """Store the answers of a batch. Returns how many of its tasks were new."""
    found = _found(session, task.project_id, batch)
    new = [each for each in batch if each.task not in found]
    found |= _added(session, task, new)
    rows = [
        {
            "project_id": task.project_id,
            "candidate_id": found[each.task][0],
            "candidate_version": found[each.task][1],
            "import_id": task.job_id,
            "model": model,
            "output": each.output,
            "outcome": Outcome.KEPT,
        }
        for each in batch
    ]
    session.execute(insert(Alternative), rows)
    return len(new)


def _found(session: Session, project_id: int, batch: Sequence[Answer]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return the oldest kept example, as id and version, for each task of a batch that there is one for."""
    rows = session.execute(
        select(Candidate.instruction, Candidate.input, Candidate.id, Candidate.version)
        .where(
            Candidate.project_id == project_id,
            Candidate.outcome == Outcome.KEPT,
            Candidate.instruction.in_({each.instruction for each in batch}),
        )
        .order_by(Candidate.id.desc())
    )
    return {(row.instruction, row.input): (row.id, row.version) for row in rows}


def _added(session: Session, task: Task, new: Sequence[Answer]) -> dict[tuple[str, str], tuple[int, int]]:
    """Add examples for tasks that are new, with the answer that the file calls right, or else with the model's."""
    if not new:
        return {}
    ids = new_ids(session, Candidate, len(new))
    position = _next_position(session, task.job_id)
    rows = [
        {
            "id": id_,
            "project_id": task.project_id,
            "import_id": task.job_id,
            "position": position + place,
            "line": each.line,
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
