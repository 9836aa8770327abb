"""Seed tasks: the human-written instructions that everything grows from."""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.database import lock, new_ids
from app.errors import Conflict, ImportRefused, InvalidInput, NotFound, Problems
from app.models.base import now
from app.models.events import record
from app.models.projects import Project, SeedInstance, SeedTask
from app.settings import USUAL_LIMITS, FileLimits, resource
from app.text import NAME_LIMIT, clean, clean_name, tidy, tidy_name

_MOST_INSTANCES = 20
# People write them, and they are read while somebody waits.
_LARGEST_MB = 8
_MOST_TASKS = 10_000
_MOST_LINES = 10 * _MOST_TASKS
_LONGEST_LINE, _MOST_BESIDE_TEXTS = 4_000_000, 10_000
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"')
T = TypeVar("T")
_KEYS = frozenset({"id", "name", "instruction", "instances", "is_classification", "domain"})


class SeedForm:
    """A seed task that passed the gate: its texts are clean, it has at least one instance with an output."""

    def __init__(
        self, *, name: str, instruction: str, instances: Sequence[tuple[str, str]], is_classification: bool
    ) -> None:
        self.name = clean_name(name, "Name", required=True)
        self.instruction = clean(instruction, "Instruction", required=True)
        self.is_classification = is_classification
        self.instances = [(clean(i, "Input"), clean(o, "Output", required=True)) for i, o in instances]
        if not 1 <= len(self.instances) <= _MOST_INSTANCES:
            raise InvalidInput(f"A seed task needs 1 to {_MOST_INSTANCES} examples.", field="Output")


def shipped_seed_tasks() -> bytes:
    """Return the seed tasks that come with Tamis, as the JSONL file they are kept in."""
    return resource("seed_tasks.jsonl").read_bytes()


def seed_tasks_of(
    session: Session, project_id: int, *, retired: bool = False, after: int = 0, limit: int = 50, search: str = ""
) -> Sequence[SeedTask]:
    """Return a page of a project's seed tasks in the order in which they were added."""
    query = select(SeedTask).where(SeedTask.project_id == project_id, SeedTask.id > after)
    query = query.where(SeedTask.retired_at.is_not(None) if retired else SeedTask.retired_at.is_(None))
    if search := tidy(search):
        query = query.where(SeedTask.instruction.icontains(search, autoescape=True))
    return session.scalars(query.order_by(SeedTask.id).limit(limit)).all()


def count_seed_tasks(session: Session, project_id: int) -> tuple[int, int, int]:
    """Return how many seed tasks are in use, how many of those are classification, and how many are retired."""
    in_use = SeedTask.retired_at.is_(None)
    row = session.execute(
        select(
            func.count().filter(in_use),
            func.count().filter(in_use, SeedTask.is_classification),
            func.count().filter(SeedTask.retired_at.is_not(None)),
        ).where(SeedTask.project_id == project_id)
    ).one()
    return int(row[0]), int(row[1]), int(row[2])


def seed_task_in(session: Session, project_id: int, seed_task_id: int) -> SeedTask:
    """Return one seed task of a project, or raise NotFound."""
    seed = session.get(SeedTask, seed_task_id)
    if seed is None or seed.project_id != project_id:
        raise NotFound("There is no such seed task in this project.")
    return seed


def add_seed_task(session: Session, project_id: int, form: SeedForm, actor_id: int | None) -> SeedTask:
    """Store a seed task. Raises Conflict where its name or its instruction is there already."""
    lock(session, Project, project_id)
    _refuse_copy(session, project_id, form)
    seed = SeedTask(**_row(project_id, form), instances=_instances(project_id, form))
    session.add(seed)
    _flush(session, form.name)
    record(
        session,
        "seed_task.added",
        project_id=project_id,
        actor_id=actor_id,
        subject_id=seed.id,
        after={"name": seed.name, "instruction": seed.instruction},
    )
    return seed


def edit_seed_task(session: Session, seed: SeedTask, form: SeedForm, actor_id: int) -> None:
    """Replace a seed task's texts."""
    lock(session, Project, seed.project_id)
    _refuse_copy(session, seed.project_id, form, itself=seed.id)
    before = {"name": seed.name, "instruction": seed.instruction}
    seed.name, seed.instruction, seed.is_classification = form.name, form.instruction, form.is_classification
    seed.instances = []
    _flush(session, form.name)
    seed.instances = _instances(seed.project_id, form)
    _flush(session, form.name)
    record(
        session,
        "seed_task.edited",
        project_id=seed.project_id,
        actor_id=actor_id,
        subject_id=seed.id,
        before=before,
        after={"name": seed.name, "instruction": seed.instruction},
    )


def retire_seed_task(session: Session, seed: SeedTask, actor_id: int, *, retired: bool = True) -> None:
    """Retire a seed task, or take it back into use. Doing it twice changes nothing."""
    if (seed.retired_at is not None) == retired:
        return
    lock(session, Project, seed.project_id)
    seed.retired_at = now() if retired else None
    kind = "seed_task.retired" if retired else "seed_task.restored"
    record(session, kind, project_id=seed.project_id, actor_id=actor_id, subject_id=seed.id)


def seed_limits(limits: FileLimits) -> FileLimits:
    """Return what a file of seed tasks may hold where others have ``limits``. A record is an input with an output."""
    largest = min(limits.sent_mb or _LARGEST_MB, _LARGEST_MB)
    return FileLimits(largest, largest, min(limits.records, _MOST_TASKS))


@dataclass(frozen=True, slots=True)
class SeedFile:
    """The seed tasks of a file, by the lines that they stand in, and what is wrong with it."""

    forms: list[tuple[int, SeedForm]]
    problems: Problems


def import_jsonl(session: Session, project_id: int, raw: bytes, actor_id: int | None) -> int:
    """Read a file and add its seed tasks, see the two below."""
    return import_file(session, project_id, read_jsonl(raw), actor_id)


def read_jsonl(raw: bytes, limits: FileLimits = USUAL_LIMITS) -> SeedFile:
    """Read a JSONL file in the published shape, outside of any transaction: it may take a second.

    Shape of a line: ``{"id", "name", "instruction", "instances": [{"input", "output"}], "is_classification"}``.
    Names are labels: where the file gives one to different tasks, as the published one does, later ones are numbered.
    Raises ImportRefused for a file beyond the ``seed_limits`` of ``limits``.
    """
    limits = seed_limits(limits)
    if len(raw) > (limits.sent_mb or 0) << 20:
        raise ImportRefused(f"The file is larger than {limits.sent_mb} MB. Import it in parts.", [])
    file, count = SeedFile([], Problems()), 0
    # Split at line feeds only: U+2028 and its like are ordinary characters inside a JSON string.
    for number, line in enumerate(io.BytesIO(raw.removeprefix(b"\xef\xbb\xbf")), start=1):
        if line.strip():
            try:
                file.forms.append((number, form := _read_line(line)))
                count += len(form.instances)
            except InvalidInput as error:
                file.problems.add(number, error.sentence)
        if count + file.problems.count > limits.records or number > _MOST_LINES:
            raise ImportRefused(f"The file holds more than {limits.records:,} records. Import it in parts.", [])
    _number_names(form for _, form in file.forms)
    return file


def import_file(session: Session, project_id: int, file: SeedFile, actor_id: int | None) -> int:
    """Add every seed task of a file that was read, or none. Returns how many.

    Raises ImportRefused with a sentence per line and field, duplicates (in the file and in the project) named.
    """
    lock(session, Project, project_id)
    _find_duplicates(file.forms, _taken(session, project_id), file.problems)
    if file.problems.count:
        raise file.problems.refusal("Nothing was imported")
    forms = [form for _, form in file.forms]
    if not forms:
        raise ImportRefused("Nothing was imported: the file holds no seed task.", [])
    by_id = list(zip(new_ids(session, SeedTask, len(forms)), forms, strict=True))
    session.execute(insert(SeedTask), [{"id": id_} | _row(project_id, form) for id_, form in by_id])
    pairs = [{"seed_task_id": id_} | pair for id_, form in by_id for pair in _pairs(project_id, form)]
    session.execute(insert(SeedInstance), pairs)
    record(session, "seed_tasks.imported", project_id=project_id, actor_id=actor_id, after={"seed_tasks": len(forms)})
    return len(forms)


def _number_names(forms: Iterable[SeedForm]) -> None:
    forms = list(forms)
    given = {form.name for form in forms}
    seen: set[str] = set()
    next_numbers: dict[str, int] = {}
    for form in forms:
        label, number = form.name, next_numbers.get(form.name, 2)
        while form.name in seen:
            ending = f"_{number}"
            numbered = label[: NAME_LIMIT - len(ending)] + ending
            form.name = label if numbered in given else numbered
            number += 1
        next_numbers[label] = number
        seen.add(form.name)


def _read_line(line: bytes) -> SeedForm:
    if len(line) > _LONGEST_LINE or len(_TEXT.sub(b"", line)) > _MOST_BESIDE_TEXTS:
        raise InvalidInput("is longer than a seed task is, or holds other things.")
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("is not JSON. Each line must be one JSON object.") from error
    if not isinstance(data, dict):
        raise InvalidInput("must be a JSON object.")
    if unknown := sorted(set(data) - _KEYS):
        raise InvalidInput(f"has an unknown key “{tidy_name(unknown[0])}”.")
    return SeedForm(
        name=_text(data, "name"),
        instruction=_text(data, "instruction"),
        instances=[_instance(each) for each in _typed(data, "instances", list, "a list")],
        is_classification=_typed(data, "is_classification", bool, "true or false"),
    )


def _typed(data: dict[str, Any], key: str, kind: type[T], words: str) -> T:
    value = data.get(key)
    if not isinstance(value, kind):
        raise InvalidInput(f"“{key}” must be {words}.", field=key)
    return value


def _text(data: dict[str, Any], key: str) -> str:
    return _typed(data, key, str, "a text")


def _instance(value: Any) -> tuple[str, str]:
    if not isinstance(value, dict):
        raise InvalidInput("“instances” must hold objects with “input” and “output”.", field="instances")
    return _text(value, "input"), _text(value, "output")


def _taken(session: Session, project_id: int) -> tuple[dict[str, str], dict[str, str]]:
    rows = session.execute(select(SeedTask.name, SeedTask.instruction).where(SeedTask.project_id == project_id)).all()
    return {name: "the project" for name, _ in rows}, {text.casefold(): "the project" for _, text in rows}


def _find_duplicates(
    forms: Iterable[tuple[int, SeedForm]], taken: tuple[dict[str, str], dict[str, str]], problems: Problems
) -> None:
    names, instructions = taken
    for number, form in forms:
        if (where := names.get(form.name)) is not None:
            problems.add(number, f"the name “{form.name}” is in {where} already.")
        if (where := instructions.get(form.instruction.casefold())) is not None:
            problems.add(number, f"the instruction of “{form.name}” is in {where} already.")
        names.setdefault(form.name, f"line {number}")
        instructions.setdefault(form.instruction.casefold(), f"line {number}")


def _row(project_id: int, form: SeedForm) -> dict[str, Any]:
    names = ("name", "instruction", "is_classification")
    return {"project_id": project_id} | {name: getattr(form, name) for name in names}


def _pairs(project_id: int, form: SeedForm) -> Iterator[dict[str, Any]]:
    for position, (given, output) in enumerate(form.instances):
        yield {"project_id": project_id, "position": position, "input": given, "output": output}


def _instances(project_id: int, form: SeedForm) -> list[SeedInstance]:
    return [SeedInstance(**pair) for pair in _pairs(project_id, form)]


def _refuse_copy(session: Session, project_id: int, form: SeedForm, itself: int | None = None) -> None:
    rows = session.execute(
        select(SeedTask.name, SeedTask.instruction).where(
            SeedTask.project_id == project_id, SeedTask.id != (itself or 0)
        )
    )
    # Compared here: SQLite's lower() knows no letter outside English.
    folded = form.instruction.casefold()
    for name, instruction in rows:
        if instruction.casefold() == folded:
            raise Conflict(f"The seed task “{name}” has this very instruction already.", field="Instruction")


def _flush(session: Session, name: str) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(f"There is a seed task named “{name}” already. Choose another name.", field="Name") from error
