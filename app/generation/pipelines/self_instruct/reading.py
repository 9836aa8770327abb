"""Reads the completions of Self-Instruct's three steps.

Completions in the published shape are read as by the reference code (github.com/yizhongw/self-instruct:
``bootstrap_instructions.py``, ``prepare_for_finetuning.py``), whose filters live in ``app.screening`` here. What it
drops without a word becomes a draft with a problem. Where it would garble text, this differs, each time with a comment.
"""

import re
from dataclasses import dataclass

from app.generation.pipeline import Proposal
from app.generation.pipelines.self_instruct.forms import instructions_in, kind_in, pairs_in
from app.generation.reading import body_of, without_markdown
from app.generation.structured import json_of
from app.generation.wording import one_line
from app.llm.prompt import Completion
from app.screening.filter import Draft
from app.text import repair

_ITEM = re.compile(r"\n(?:\*\*)?\d+\s?\.(?:\*\*)?(?=\s|\Z)")
# What models go on with in place of the list that was begun: other numbers, or none.
_OTHER_NUMBER = re.compile(r"\n(?:\*\*)?\(?\d+\s?(?:\)(?:\*\*)?(?=\s|\Z)|[．）、](?:\*\*)?)")
_BULLET = re.compile(r"\n[-*•]\s+")
_BOLD = re.compile(r"\A(\*\*|__)(?=\S)(.+?)\1")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_YES = re.compile(r"\W*yes\b", re.IGNORECASE)
_ECHOED_TASK = re.compile(r"\s*Task:[^\n]*(?:\n|\Z)")
_NEXT_TASK = re.compile(r"^Task:", re.MULTILINE)
# The reference also splits at the bare word, which tears "For Example, ..." apart.
_EXAMPLE = re.compile(r"Example\s?\d+[.:]?|^Example[.:]?[ \t]*$|^example\s?\d+[.:]?[ \t]*$", re.MULTILINE)
_INPUT = re.compile(r"[Ii]nput\s*(?:\d+\s*)?:")
_OUTPUT = re.compile(r"Output\s*(?:\d+\s*)?:")
# In small letters the word may as well be part of a text, so only where nothing else is there, at the start of a line.
_SMALL_OUTPUT = re.compile(r"^output\s*(?:\d+\s*)?:", re.MULTILINE)
_INPUT_OR_OUTPUT = re.compile(r"(?:Input|Output)\s*(?:\d+\s*)?:")
_LABEL = re.compile(r"Class label\s*(?:\d+\s*)?:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Instance:
    """One instance as read, or the text that could not be read as one in ``output`` and why in ``problem``."""

    input: str
    output: str
    problem: str | None = None


def read_instructions(completion: Completion, *, is_json: bool = False) -> list[Proposal]:
    """Return one proposal per item of the numbered list that ``completion`` goes on with, at least one.

    As in the reference a completion cut for length is set aside whole, and what follows a blank line is no
    longer the list (there it is never asked for). The first letter is made a capital; the reference also
    makes all others small, which spoils names. Models that write JSON unasked are read, too.
    """
    if (listed := json_of(completion, is_asked=is_json)) is not None:
        return _proposals([_instruction(text) for text in instructions_in(listed)], completion)
    if completion.finish == "length":
        problem = "The completion was cut off at its length limit, and Self-Instruct sets such a list aside whole."
        return [Proposal(0, Draft(repair(completion.text), problem=problem))]
    text = "\n" + body_of(completion).lstrip()
    items = [_instruction(each) for each in _split(text)]
    # An empty item is the number that the prompt left open, repeated, or one left open by a stop: nothing is lost.
    return _proposals([item for item in items if item], completion)


def says_yes(completion: Completion) -> bool:
    """Return whether the answer to the classification question starts with yes; all else counts as no."""
    said = kind_in(json_of(completion, is_asked=True))
    return _YES.match(completion.text) is not None if said is None else said


def read_instances(
    instruction: str, completion: Completion, *, is_classification: bool, limit: int, is_json: bool = False
) -> list[Draft]:
    """Return the drafts of ``instruction`` that ``completion`` holds, at least one.

    Readable instances come first and are each other's siblings; those beyond ``limit`` have a problem (the
    reference draws that many at random). Then come the unreadable ones, their text in ``output``.
    """
    found = _listed(completion, is_json)
    if found is None:
        found = (_output_first if is_classification else _input_first)(
            _own_part(without_markdown(body_of(completion))), was_cut=completion.finish == "length"
        )
    readable = [one for one in found if one.problem is None]
    broken = [one for one in found if one.problem is not None]
    siblings = tuple((one.input, one.output) for one in readable)
    return [
        Draft(instruction, one.input, one.output, place, siblings, one.problem or _beyond(limit, place))
        for place, one in enumerate(readable + broken)
    ]


def _split(text: str) -> list[str]:
    """Return the items of a list, whichever it is. One that begins at 1 in the middle of an item is part of that."""
    number = _OTHER_NUMBER.search(text)
    if _ITEM.search(text) or (number is None and not _BULLET.match(text)):
        return _ITEM.split(text)
    if number is None:
        return _BULLET.split(text) if len(_BULLET.findall(text)) > 1 else [text]
    is_inner = number.start() > 0 and re.sub(r"\D", "", number[0]) == "1"
    return [text] if is_inner else _OTHER_NUMBER.split(text)


def _proposals(found: list[str], completion: Completion) -> list[Proposal]:
    if not found:
        return [Proposal(0, Draft(repair(completion.text), problem="The completion holds no instruction."))]
    return [Proposal(position, Draft(item)) for position, item in enumerate(found)]


def _listed(completion: Completion, is_json: bool) -> list[_Instance] | None:
    """Return the instances of a list in JSON, None where the completion is no such list."""
    value = json_of(completion, is_asked=is_json)
    if not isinstance(value, dict | list):
        return None
    pairs = pairs_in(value)
    if not any(output for _, output in pairs):
        return None
    return [_Instance(given, output, None if output else "There is no output in it.") for given, output in pairs]


def _instruction(item: str) -> str:
    text = _BOLD.sub(r"\2", one_line(_BLANK_LINE.split(item.strip(), maxsplit=1)[0]))
    return repair(text[:1].upper() + text[1:])


def _beyond(limit: int, place: int) -> str | None:
    if place < limit:
        return None
    return f"At most {limit} examples of an instruction are taken; this is number {place + 1}."


def _own_part(text: str) -> str:
    """Return what belongs to the task that was asked about, for servers that don't honour the stop at "Task:"."""
    echo = _ECHOED_TASK.match(text)
    return _NEXT_TASK.split(text[echo.end() :] if echo else text, maxsplit=1)[0]


def _input_first(text: str, *, was_cut: bool) -> list[_Instance]:
    before, *rest = _EXAMPLE.split(text)
    segments = [segment.strip() for segment in (before, *rest) if segment.strip()]
    if not segments:
        return [_Instance("", "", "The completion is empty: it holds no example.")]
    cut = [_cut(segments.pop())] if was_cut else []
    found = [one for segment in segments for one in _pairs(segment)]
    if segments and before.strip() and not _find_output(before):
        found[0] = _Instance("", before.strip(), "This text has neither “Example” nor “Output:” before it.")
    return found + cut


def _pairs(segment: str) -> list[_Instance]:
    """Return the pair at the start of ``segment`` and, as the reference reads only one, what is left after it."""
    marker = _find_output(segment)
    opening = _INPUT.match(segment)
    if marker is None:
        return [_Instance("", segment, "The example has an input and no “Output:”." if opening else None)]
    input_text = segment[opening.end() if opening else 0 : marker.start()].strip()
    following = _INPUT_OR_OUTPUT.search(segment, marker.end())
    end = following.start() if following else len(segment)
    pair = _Instance(input_text, segment[marker.end() : end].strip())
    if following is None:
        return [pair]
    problem = "Only the first input and output of an example are read, and this came after them."
    return [pair, _Instance("", segment[end:].strip(), problem)]


def _find_output(text: str) -> re.Match[str] | None:
    return _OUTPUT.search(text) or _SMALL_OUTPUT.search(text)


def _output_first(text: str, *, was_cut: bool) -> list[_Instance]:
    before, *segments = _LABEL.split(text)
    cut = [_cut(segments.pop().strip())] if was_cut and segments else []
    unlabelled = [_Instance("", before.strip(), "This text has no “Class label:” before it.")] if before.strip() else []
    found = [_labelled(segment.strip()) for segment in segments] + unlabelled + cut
    return found or [_Instance("", "", "The completion is empty: it holds no “Class label:”.")]


def _labelled(segment: str) -> _Instance:
    label, _, rest = segment.partition("\n")
    # The reference keeps an "Input:" here though it takes it off elsewhere; its own layout never has one.
    opening = _INPUT.match(rest.strip())
    input_text = rest.strip()[opening.end() if opening else 0 :].strip()
    return _Instance(input_text, label.strip(), None if label.strip() else "There is no label after “Class label:”.")


def _cut(segment: str) -> _Instance:
    return _Instance("", segment, "The completion was cut off at its length limit inside this example.")
