"""Writes instances, verdicts and answers for one given instruction."""

import re
from dataclasses import replace
from random import Random

from app.llm.practice import mistakes
from app.llm.practice.grammar import Task, read_task
from app.llm.practice.proposals import Proposal, propose_instance, spoil_instance, unfitting_input
from app.llm.practice.reader import ClassificationQuestion, InstanceRequest, Request
from app.llm.practice.text import Text

UNKNOWN = "This practice model only knows the tasks of its own grammar, so it has no real answer to this instruction."
_CLASSIFYING = re.compile(
    r"\b(?:classif\w*|categor\w*|whether|true or false|yes or no|detect|determine if|decide if|spam|sentiment|tag)\b"
    r"|^(?:is|are|do|does|would)\b"
    # A choice between named labels: "positive, negative or neutral."
    r"|\bor '?(?:[\w-]+ )?[\w-]+'?[.?]",
    re.IGNORECASE,
)
_NEEDS_INPUT = re.compile(r"\b(given|following|this|these|below|the (?:text|sentence|paragraph|list))\b", re.IGNORECASE)
_GENERIC_INPUTS = (
    "The market opens at eight, and most people come for bread and flowers.",
    "Last winter the lake froze for the first time in ten years.",
    "Our team met twice, agreed on a plan and left one question open.",
    "A good neighbour lends a ladder and asks for nothing.",
)
_GENERIC_OUTPUTS = (
    "It depends on the situation, but a short and clear answer is usually best.",
    "There are several ways to do this, and the simplest one is to start small.",
    "The main point is easy to see once the details are put in order.",
    "Yes, with some care this works well in most cases.",
)


def write_verdict(prompt: ClassificationQuestion, rng: Random) -> Text:
    """Return Yes or No: is the instruction a classification task?"""
    task = read_task(prompt.instruction)
    is_classification = bool(task.family.labels) if task else _CLASSIFYING.search(prompt.instruction) is not None
    mistake = mistakes.draw(mistakes.QUESTION_RATES, rng)
    verdict = "Yes" if is_classification != (mistake is not None) else "No"
    detail = f"right: {'Yes' if is_classification else 'No'}" if mistake else ""
    text = Text()
    text.add(f" {verdict}", Proposal(prompt.instruction, "", verdict, mistake, detail))
    return text


def write_instances(prompt: InstanceRequest, rng: Random) -> Text:
    """Return examples for the instruction, or its output alone when it needs no input."""
    task = read_task(prompt.instruction)
    if task is None or _answer(task, task.family.write_input(task.slots, rng)) is None:
        return _write_generic(prompt, rng)
    if prompt.labels_first:
        return _write_labelled(task, rng)
    if not task.family.takes_input or rng.random() < mistakes.MISSING_INPUT_RATE:
        return _write_lone_output(task, rng)
    return _write_examples(task, rng)


def write_answer(prompt: Request, rng: Random) -> Text:
    """Return the output for an instruction and its input, or an honest sentence for what the grammar lacks."""
    text = Text()
    task, given = _task_of(prompt.instruction, prompt.input)
    right = _answer(task, given) if task else None
    if task is None or right is None:
        text.add(UNKNOWN, Proposal(prompt.instruction, given, UNKNOWN, "generic", "not a task of the grammar"))
        return text
    mistake = mistakes.draw(mistakes.ANSWER_RATES, rng)
    proposal = spoil_instance(mistake, task, Proposal(task.instruction, given, right), rng)
    text.add(proposal.output, proposal)
    return text


def right_answer(instruction: str, given: str) -> str | None:
    """Return the right output where the instruction is of the grammar and fits its input."""
    task, given = _task_of(instruction, given)
    return _answer(task, given) if task else None


def _task_of(instruction: str, given: str) -> tuple[Task | None, str]:
    task = read_task(instruction)
    if task is None and "\n" in instruction and not given:
        first, given = (part.strip() for part in instruction.split("\n", 1))
        task = read_task(first)
    return task, given


def _answer(task: Task, given: str) -> str | None:
    if task.family.takes_input and not given:
        return None
    try:
        return task.answer(given.removeprefix(f"{task.family.field}:").strip())
    # The words are a stranger's, 31 February or a list of two numbers: what trips a family has no answer.
    except (ValueError, LookupError, ArithmeticError, StopIteration):
        return None


def _write_lone_output(task: Task, rng: Random) -> Text:
    right = Proposal(task.instruction, "", task.answer(task.family.write_input(task.slots, rng)))
    if task.family.takes_input:
        proposal = replace(right, mistake="missing_input", detail="the task needs an input")
    else:
        proposal = spoil_instance(mistakes.draw(mistakes.LONE_OUTPUT_RATES, rng), task, right, rng)
    text = Text()
    text.add(f"Output: {proposal.output}", proposal)
    return text


def _write_examples(task: Task, rng: Random) -> Text:
    text = Text()
    name = rng.choice((task.family.field, task.family.field, "Input"))
    for index in range(1, rng.randint(2, 4) + 1):
        previous = text.planted[-1][2] if text.planted else None
        proposal = _example(task, previous, rng)
        lead = "\n\n" if previous else ""
        text.add(f"{lead}Example {index}\n{name}: {proposal.input}\nOutput: {proposal.output}", proposal)
    return text


def _example(task: Task, previous: Proposal | None, rng: Random) -> Proposal:
    mistake = mistakes.draw(mistakes.INSTANCE_RATES, rng)
    if mistake == "repeated_instance" and previous:
        return replace(previous, mistake=mistake, detail="the same as the example before")
    if mistake == "conflicting_outputs" and previous:
        output = mistakes.spoil(task, previous.output, rng)
        return replace(previous, output=output, mistake=mistake, detail="the same input as before, another output")
    return propose_instance(mistake, task, rng)


def _write_labelled(task: Task, rng: Random) -> Text:
    text = Text()
    labels = rng.sample(task.family.labels, len(task.family.labels)) or [""]
    for label in labels:
        previous = text.planted[-1][2] if text.planted else None
        given = (
            task.family.labelled(task.slots, label, rng)
            if task.family.labelled
            else (task.family.write_input(task.slots, rng))
        )
        proposal = Proposal(task.instruction, given, task.answer(given))
        mistake = mistakes.draw(mistakes.LABELLED_RATES, rng)
        if mistake == "repeated_instance" and previous:
            proposal = replace(previous, mistake=mistake, detail="the same as the example before")
        elif mistake == "unfitting_input" and given:
            other = unfitting_input(task, rng)
            proposal = replace(proposal, input=other, mistake=mistake, detail=f"fitting: {given}")
        else:
            proposal = spoil_instance(mistake, task, proposal, rng)
        lead = "\n\n" if previous else ""
        line = f"\n{task.family.field}: {proposal.input}" if proposal.input else ""
        text.add(f"{lead}Class label: {proposal.output}{line}", proposal)
    return text


def _write_generic(prompt: InstanceRequest, rng: Random) -> Text:
    text = Text()
    if prompt.labels_first:
        blocks = [(rng.choice(_GENERIC_INPUTS), label) for label in _labels_in(prompt.instruction)]
        shape = "Class label: {1}\nInput: {0}"
    elif _NEEDS_INPUT.search(prompt.instruction):
        blocks = [(sentence, rng.choice(_GENERIC_OUTPUTS)) for sentence in rng.sample(_GENERIC_INPUTS, 2)]
        shape = "Example {2}\nInput: {0}\nOutput: {1}"
    else:
        blocks, shape = [("", rng.choice(_GENERIC_OUTPUTS))], "Output: {1}"
    for index, (given, output) in enumerate(blocks, 1):
        proposal = Proposal(prompt.instruction, given, output, "generic", "not a task of the grammar")
        text.add(("\n\n" if index > 1 else "") + shape.format(given, output, index), proposal)
    return text


def _labels_in(instruction: str) -> list[str]:
    """Return the labels an unknown classification task names, such as "true or false"; Yes and No when it has none."""
    found = re.search(r"((?:\b\w+, )*\b\w+),? or (\w+)", instruction)
    if found is None:
        return ["Yes", "No"]
    return [*found.group(1).split(", "), found.group(2)]
