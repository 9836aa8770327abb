"""Recognises by its structure alone what a prompt asks for."""

import re
from dataclasses import dataclass

LAST_ITEM = 20
MOST_ITEMS = 50


@dataclass(frozen=True)
class Shown:
    """A demonstration of a task list."""

    instruction: str
    input: str
    output: str


@dataclass(frozen=True)
class Wishes:
    """What new tasks are to be about, and the language they are to be in; empty where nothing is said of it."""

    topic: str = ""
    language: str = ""


NO_WISHES = Wishes()


@dataclass(frozen=True)
class InstructionList:
    """Numbered instructions, the last number open: write more of them."""

    first: int
    last: int
    before: str
    after: str
    shown: tuple[str, ...]
    classification: bool
    wishes: Wishes = NO_WISHES


@dataclass(frozen=True)
class ClassificationQuestion:
    """Tasks with a yes or no behind a question, the last one open."""

    instruction: str


@dataclass(frozen=True)
class InstanceRequest:
    """Tasks with examples, the last one open; with labels first when the demonstrations show class labels."""

    instruction: str
    labels_first: bool


@dataclass(frozen=True)
class TaskList:
    """Numbered blocks of instruction, input and output, the next one open (`opened`) or about to start."""

    first: int
    last: int
    opened: bool
    names: tuple[str, str, str]
    no_input: str
    shown: tuple[Shown, ...]
    wishes: Wishes = NO_WISHES


@dataclass(frozen=True)
class Rewriting:
    """A task that another one is to be made from, `how` being the word before the open "task:"."""

    instruction: str
    how: str
    wishes: Wishes = NO_WISHES


@dataclass(frozen=True)
class TextQuestion:
    """A text whose instruction is left open."""

    text: str
    wishes: Wishes = NO_WISHES


@dataclass(frozen=True)
class Translation:
    """A task with its input, both left open in another language."""

    instruction: str
    input: str
    language: str


@dataclass(frozen=True)
class Judging:
    """Answers to a task that are to be scored: several side by side, or one by points that are added up."""

    instruction: str
    input: str
    answers: tuple[str, ...]
    adds_points: bool


@dataclass(frozen=True)
class Request:
    """An instruction to follow, perhaps with an input."""

    instruction: str
    input: str


Prompt = (
    InstructionList
    | ClassificationQuestion
    | InstanceRequest
    | TaskList
    | Rewriting
    | TextQuestion
    | Translation
    | Judging
    | Request
)

_BLOCK = re.compile(
    r"^(?P<k>[0-9]{1,6})\s*\.\s*(?P<a>[A-Za-z]+):(?P<instruction>.*?)\n(?P=k)\s*\.\s*(?P<b>[A-Za-z]+):(?P<input>.*?)"
    r"\n(?P=k)\s*\.\s*(?P<c>[A-Za-z]+):(?P<output>.*)",
    re.DOTALL | re.MULTILINE,
)
_OPEN_BLOCK = re.compile(r"\s*([0-9]{1,6})\s*\.\s*[A-Za-z]+\s*:")
_TOTAL = re.compile(r"\b([0-9]{1,6})\s+(?:[A-Za-z-]+\s+){0,3}?(?:tasks?|instructions?)\b", re.IGNORECASE)
_ITEM = re.compile(r"(?P<before>(?:[A-Za-z]+[ ])?)(?P<k>[0-9]{1,6})(?P<after>\s?[.):])(?:\s+(?P<text>.*))?")
_TOPIC = re.compile(r"^[-*]?[ ]?Topic: (.+)$", re.MULTILINE)
_LANGUAGE = re.compile(r"^[-*]?[ ]?Language: (.+)$", re.MULTILINE)
_REWRITING = re.compile(r"\AGiven task:\n(?P<task>.+?)\n\n(?P<how>[A-Za-z]+) task:\Z", re.DOTALL)
_TRANSLATION = re.compile(
    r"(?:\A|\n)Instruction: (?P<task>.+?)\nInput: (?P<given>.*?)\n\nIn (?P<language>[^\n:]+):\nInstruction:\Z",
    re.DOTALL,
)
_JUDGED_PART = re.compile(r"^\[(Task|Input|Answer|Answer [0-9]+|Scores|Judgement)\]\n?", re.MULTILINE)
_LABEL = re.compile(r"(?:^|\n)[ ]*(?:#{1,4}[ ]*)?(Instruction|Task|Input|Output|Response|Answer)[ ]*:", re.IGNORECASE)


def read_prompt(text: str, system: str = "") -> Prompt:
    """Return what the prompt asks for; `system` is the text of the system messages, which may set the subject."""
    return (
        _read_judging(text)
        or _read_translation(text)
        or _read_task_list(text)
        or _read_instruction_list(text, system)
        or _read_question(text)
        or _read_instance_request(text)
        or _read_rewriting(text)
        or _read_text_question(text)
        or read_request(text)
    )


def read_request(text: str) -> Request:
    """Return the instruction and input of a prompt with or without labels such as "### Input:"."""
    pieces = _LABEL.split(text)
    labelled = {name.lower(): content.strip() for name, content in zip(pieces[1::2], pieces[2::2], strict=True)}
    instruction = labelled.get("instruction") or labelled.get("task") or pieces[0].strip()
    return Request(instruction, labelled.get("input", ""))


def _read_task_list(text: str) -> TaskList | None:
    stripped = text.rstrip()
    blocks = [match for part in stripped.split("###") if (match := _BLOCK.search(part))]
    open_block = _OPEN_BLOCK.fullmatch(stripped.rsplit("\n", 1)[-1])
    if open_block is None and not (blocks and stripped.endswith("###")):
        return None
    first = int(open_block.group(1)) if open_block else int(blocks[-1]["k"]) + 1
    total = _TOTAL.search(text)
    asked = int(total.group(1)) if total else LAST_ITEM
    marker = re.search(r"<[A-Za-z_ ]+>", text)
    names = (blocks[-1]["a"], blocks[-1]["b"], blocks[-1]["c"]) if blocks else ("Instruction", "Input", "Output")
    shown = tuple(Shown(*(block[name].strip() for name in ("instruction", "input", "output"))) for block in blocks)
    last = min(asked if asked >= first else max(first, LAST_ITEM), first + MOST_ITEMS)
    wishes = _wishes_in(text.split("###", 1)[0])
    return TaskList(
        first, last, open_block is not None, names, marker.group() if marker else "<noinput>", shown, wishes
    )


def _read_instruction_list(text: str, system: str) -> InstructionList | None:
    lines = text.rstrip().split("\n")
    matches = [_ITEM.fullmatch(line.strip()) for line in lines]
    last = matches[-1]
    listed = [match for match in matches[:-1] if match is not None and match["text"]]
    if last is None or last["text"] or not listed or int(last["k"]) != int(listed[-1]["k"]) + 1:
        return None
    first = int(last["k"])
    header = system + "\n" + "\n".join(lines[: matches.index(listed[0])])
    return InstructionList(
        first,
        max(LAST_ITEM, first + 7),
        last["before"],
        last["after"],
        tuple(match["text"].strip() for match in listed),
        "classif" in header.lower(),
        _wishes_in(header),
    )


def _read_question(text: str) -> ClassificationQuestion | None:
    lines = [line.strip() for line in text.rstrip().split("\n")]
    answered = [index for index, line in enumerate(lines) if re.search(r"\?\s*(?:Yes|No)\.?$", line, re.IGNORECASE)]
    if not answered or not lines[-1].endswith("?") or answered[-1] >= len(lines) - 2:
        return None
    block = "\n".join(lines[answered[-1] + 1 : -1]).strip()
    return ClassificationQuestion(re.sub(r"^[A-Za-z]+:\s*", "", block))


def _read_instance_request(text: str) -> InstanceRequest | None:
    tasks = [match.end() for match in re.finditer(r"(?:^|\n)Task:", text)]
    if len(tasks) < 2:
        return None
    shown, instruction = text[: tasks[-1]], text[tasks[-1] :].strip()
    labels_first = re.search(r"\nClass label:", shown) is not None
    closed = re.search(r"\n(?:Class label|Output)[ ]*:", instruction) is not None
    if closed or not (labels_first or re.search(r"\nOutput[ ]*:", shown)):
        return None
    return InstanceRequest(instruction, labels_first)


def _read_rewriting(text: str) -> Rewriting | None:
    header, opening, rest = text.rpartition("Given task:\n")
    found = _REWRITING.fullmatch(opening + rest.rstrip())
    return Rewriting(found["task"].strip(), found["how"].lower(), _wishes_in(header)) if found else None


def _read_text_question(text: str) -> TextQuestion | None:
    stripped = text.rstrip()
    parts = re.split(r"(?:^|\n)Text:\n", stripped)
    if len(parts) < 2 or not parts[-1].endswith("\nInstruction:"):
        return None
    return TextQuestion(parts[-1].removesuffix("\nInstruction:").strip(), _wishes_in(parts[0]))


def _read_translation(text: str) -> Translation | None:
    found = _TRANSLATION.search(text.rstrip())
    if found is None:
        return None
    given = found["given"].strip()
    return Translation(found["task"].strip(), "" if given == "<noinput>" else given, found["language"].strip())


def _read_judging(text: str) -> Judging | None:
    pieces = _JUDGED_PART.split(text.rstrip() + "\n")
    names, contents = pieces[1::2], [content.strip() for content in pieces[2::2]]
    if "Task" not in names or names[-1] not in {"Scores", "Judgement"} or contents[-1]:
        return None
    parts = dict(zip(names, contents, strict=True))
    answers = tuple(content for name, content in zip(names, contents, strict=True) if name.startswith("Answer"))
    return Judging(parts["Task"], parts.get("Input", ""), answers, names[-1] == "Judgement") if answers else None


def _wishes_in(header: str) -> Wishes:
    topic, language = _TOPIC.search(header), _LANGUAGE.search(header)
    return Wishes(topic[1].strip() if topic else "", language[1].strip() if language else "")
