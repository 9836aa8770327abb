"""What all pipelines do before they read a completion: take off what chat models wrap around an answer."""

import re

from app.llm.prompt import Completion
from app.screening.filter import Draft
from app.text import repair

_ECHO = re.compile(r"\A\s*\**Output:\**")
_FENCE = re.compile(r"\s*```[^\n`]*\n")
# Only what no task begins with: "Here is a poem. Rewrite it:" is a task and stays.
_REMARK = re.compile(
    r"\s*(?:(?:sure|certainly|of course|absolutely|okay|great)\b[!,.]"
    r"|here (?:are|is) [^\n]{0,200}\b(?:tasks|instructions|examples|list|continuation)\b)[^\n]{0,200}:[ \t]*(?:\n|\Z)",
    re.IGNORECASE,
)
_MARKER = r"(?:Example ?\d*|(?:Input|Output)(?: ?\d+)?|Class label)"
_BOLD_MARKER = re.compile(rf"\*\*({_MARKER}[.:]?)\*\*")
_HEADED_MARKER = re.compile(rf"^#{{1,6}} ({_MARKER}[.:]?)", re.MULTILINE)


def body_of(completion: Completion) -> str:
    """Return the repaired text of ``completion`` without an opening remark and a code fence around all of it."""
    text = _without(_REMARK, repair(completion.text))
    return _without(_REMARK, _unfenced(text))


def read_answer(completion: Completion, instruction: str, given: str) -> Draft:
    """Return an example with all of ``completion`` as its output; ``given`` is the input."""
    output = _ECHO.sub("", body_of(completion)).strip()
    if completion.finish == "length":
        return Draft(instruction, given, output, problem="The answer was cut off at its length limit.")
    return Draft(instruction, given, output, siblings=((given, output),))


def without_markdown(text: str) -> str:
    """Return ``text`` with the bold print and the hashes taken off the markers of an example ("**Output:**")."""
    return _HEADED_MARKER.sub(r"\1", _BOLD_MARKER.sub(r"\1", text))


def _without(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return text[found.end() :] if found else text


def _unfenced(text: str) -> str:
    opening = _FENCE.match(text)
    if opening is None:
        return text
    inner = "\n" + text[opening.end() :]
    # Fences come in pairs: an odd one left inside is the one that closes what was opened first.
    return inner.rpartition("\n```")[0] if inner.count("\n```") % 2 else inner
