"""Writes the completion a prompt asks for."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from app.llm.practice import mistakes
from app.llm.practice.family import Family
from app.llm.practice.instances import write_answer, write_instances, write_verdict
from app.llm.practice.judging import write_judgement
from app.llm.practice.proposals import Proposal, propose_instruction, sound, spoil_instance, steered, task_for
from app.llm.practice.reader import (
    ClassificationQuestion,
    InstanceRequest,
    InstructionList,
    Judging,
    Prompt,
    Rewriting,
    Shown,
    TaskList,
    TextQuestion,
    Translation,
)
from app.llm.practice.rewriting import write_instruction, write_rewriting, write_translation
from app.llm.practice.tasks import CLASSIFICATION, FAMILIES
from app.llm.practice.text import Text

# Callers stop at these, the number after the last item they want, so no item may hold them by accident.
LIST_STOP = "16."
TASK_LIST_STOP = "20."


def write(prompt: Prompt, rng: Random) -> Text:  # noqa: PLR0911 - one line per kind of prompt
    """Return the completion for any kind of prompt."""
    match prompt:
        case InstructionList():
            return write_instructions(prompt, rng)
        case TaskList():
            return write_tasks(prompt, rng)
        case ClassificationQuestion():
            return write_verdict(prompt, rng)
        case InstanceRequest():
            return write_instances(prompt, rng)
        case Rewriting():
            return write_rewriting(prompt, rng)
        case TextQuestion():
            return write_instruction(prompt, rng)
        case Translation():
            return write_translation(prompt, rng)
        case Judging():
            return write_judgement(prompt, rng)
        case _:
            return write_answer(prompt, rng)


def write_instructions(prompt: InstructionList, rng: Random) -> Text:
    """Return numbered instructions from the open number on."""
    text = Text()
    families = CLASSIFICATION if prompt.classification else FAMILIES
    earlier = [Shown(instruction, "", "") for instruction in prompt.shown]
    for number in range(prompt.first, prompt.last + 1):
        mistake = mistakes.draw(mistakes.LIST_RATES, rng)
        proposal = steered(_without(LIST_STOP, mistake, families, earlier, rng), prompt.wishes)
        if proposal.mistake is None:
            earlier.append(Shown(proposal.instruction, "", ""))
        marker = f"\n{prompt.before}{number}{prompt.after} " if number > prompt.first else " "
        if mistake == "broken_numbering" and number > prompt.first:
            marker = rng.choice(("\n", "\n- "))
            proposal = replace(proposal, mistake=mistake, detail="has no number and runs into the item before it")
            text.blame_previous(mistake, "the next item has no number and runs into this one")
        text.add(marker + proposal.instruction, proposal)
    return text


def write_tasks(prompt: TaskList, rng: Random) -> Text:
    """Return numbered blocks of instruction, input and output, parted by ###."""
    text = Text()
    earlier = list(prompt.shown)
    for number in range(prompt.first, prompt.last + 1):
        mistake = mistakes.draw(mistakes.TASK_LIST_RATES, rng)
        proposal = steered(_without(TASK_LIST_STOP, mistake, FAMILIES, earlier, rng), prompt.wishes)
        if proposal.mistake is None:
            earlier.append(Shown(proposal.instruction, proposal.input, proposal.output))
        numbers, names = [str(number)] * 3, list(prompt.names)
        if mistake == "broken_numbering":
            proposal = replace(proposal, mistake=mistake, detail=_break_markers(numbers, names, rng))
        head = "" if number == prompt.first and prompt.opened else f"{numbers[0]}. {names[0]}:"
        body = (
            f" {proposal.instruction}\n{numbers[1]}. {names[1]}:\n{proposal.input or prompt.no_input}"
            f"\n{numbers[2]}. {names[2]}:\n{proposal.output}\n"
        )
        text.add(f"{head}{body}###\n", proposal)
    return text


def _break_markers(numbers: list[str], names: list[str], rng: Random) -> str:
    place = rng.choice((1, 2))
    if rng.random() < 0.5:
        numbers[place] = str(int(numbers[0]) + 1)
        return f"the number before {names[place]} is wrong"
    names[place] = f"{names[place]} text"
    return f"{names[place]} stands where a marker should be"


def _without(
    stop: str, mistake: str | None, families: Sequence[Family], earlier: Sequence[Shown], rng: Random
) -> Proposal:
    while True:
        proposal = _propose(mistake, families, earlier, rng)
        # A repeated demonstration may itself hold the stop text, so only new wording is drawn again.
        if stop not in f"{proposal.instruction}{proposal.input}{proposal.output}" or mistake == "near_duplicate":
            return proposal


def _propose(mistake: str | None, families: Sequence[Family], earlier: Sequence[Shown], rng: Random) -> Proposal:
    if mistake is None or mistake in mistakes.LIST_RATES:
        return propose_instruction(mistake, families, earlier, rng)
    task = task_for(mistake, families, rng)
    return spoil_instance(mistake, task, sound(task, rng), rng)
