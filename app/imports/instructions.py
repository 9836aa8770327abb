"""The instructions of a file by themselves, for whoever has a file and no project."""

from typing import IO, Any

from app.imports.broken import Unreadable
from app.imports.problems import Problems
from app.imports.records import Records
from app.settings import USUAL_LIMITS, FileLimits
from app.text import repair


def read_instructions(stream: IO[bytes], limits: FileLimits = USUAL_LIMITS) -> list[str]:
    """Return the instructions of JSON or JSONL, packed with gzip or not: texts, or objects with an ``instruction``.

    Raises ImportRefused with a sentence for the records that have none.
    """
    found: list[str] = []
    problems = Problems()
    for record in Records(stream, limits):
        value = record.value
        instruction = value.get("instruction") if isinstance(value, dict) else value
        if isinstance(instruction, str):
            found.append(repair(instruction))
        else:
            problems.add(record.place, _problem(value))
    if problems.count:
        raise problems.refusal("Nothing was read")
    return found


def _problem(value: Any) -> str:
    if isinstance(value, Unreadable):
        return value.sentence
    if isinstance(value, dict):
        return "“instruction” is missing or is not a text."
    return "is neither a text nor an object with an “instruction”."
