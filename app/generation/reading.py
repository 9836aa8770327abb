"""What all pipelines do before they read a completion: take off what chat models wrap around an answer."""

import re

from app.llm.prompt import Completion
from app.screening.filter import Draft
from app.text import repair, with_line_feeds

# Prompts end in "Output:", after which a model writes a space.
_ECHO = re.compile(r"\A(?:\s*\**Output:\**(?:[ \t]+(?=\S))?| (?=\S))")
_BYTE_ORDER_MARK = "\ufeff"
_BLANK_LINES = re.compile(r"\s*\n")
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
    """Return ``completion`` to be taken apart: line feeds only, without an opening remark and a fence around it all."""
    return _unwrapped(with_line_feeds(repair(completion.text)))


def read_answer(completion: Completion, instruction: str, given: str) -> Draft:
    """Return an example with all of ``completion`` as its output, as it came; ``given`` is the input.

    What goes is what chat models wrap around an answer, and the blank lines and spaces at its ends; the indentation of
    its first line is text.
    """
    output = _without(_BLANK_LINES, _ECHO.sub("", _unwrapped(repair(completion.text)))).rstrip()
    if completion.finish == "length":
        return Draft(instruction, given, output, problem="The answer was cut off at its length limit.")
    return Draft(instruction, given, output, siblings=((given, output),))


def without_markdown(text: str) -> str:
    """Return ``text`` with the bold print and the hashes taken off the markers of an example ("**Output:**")."""
    return _HEADED_MARKER.sub(r"\1", _BOLD_MARKER.sub(r"\1", text))


def _unwrapped(text: str) -> str:
    return _without(_REMARK, _unfenced(_without(_REMARK, text.removeprefix(_BYTE_ORDER_MARK))))


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
