"""Writes tasks the practice model can answer, and reads them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from app.llm.practice.family import Family
from app.llm.practice.tasks import FAMILIES
from app.llm.practice.template import Slots, Template
from app.llm.practice.vocabulary import COMMON

CONTEXT_SHARE = 0.55
CONTEXTS = tuple(
    Template(text, COMMON)
    for text in (
        "I am {someone} in {place}. {core}",
        "We are getting ready for {occasion} in {place}. {core}",
        "{name} is {someone} and needs a hand. {core}",
        "{core} It is for {occasion} in {place}.",
        "{core} I will pass the answer on to {name}, {someone}.",
        "{core} {name} will read it out during {occasion}.",
        "Help {someone} who is busy with {occasion}. {core}",
        "This question came up during {occasion}. {core}",
        "My neighbour {name} used to be {someone}. {core}",
        "{core} Keep {audience} in mind.",
        "{core} Somebody asked me this at {occasion}.",
        "Imagine you are helping {audience}. {core}",
    )
)


@dataclass(frozen=True)
class Task:
    """An instruction, the family it belongs to and the words in its slots."""

    instruction: str
    family: Family
    slots: Slots

    def answer(self, text: str) -> str:
        """Return the right output for an input; an input that doesn't fit may raise ValueError and its kin."""
        return self.family.answer(self.slots, text)


def write_task(rng: Random, families: Sequence[Family]) -> Task:
    """Return a task of one of the families, in many cases with a sentence that tells where it comes up."""
    family = rng.choice(families)
    core, slots = rng.choice(family.templates).fill(rng)
    if rng.random() >= CONTEXT_SHARE:
        return Task(core, family, slots)
    instruction, _ = rng.choice(CONTEXTS).fill(rng, {"core": core})
    return Task(instruction, family, slots)


def read_task(instruction: str) -> Task | None:
    """Return the task behind an instruction of this grammar, or None for a stranger's."""
    return _read_core(instruction, instruction) or _read_in_context(instruction)


def _read_in_context(instruction: str) -> Task | None:
    for context in CONTEXTS:
        words = context.read(instruction)
        if words is None:
            continue
        task = _read_core(words["core"], instruction)
        if task is not None:
            return task
    return None


def _read_core(core: str, instruction: str) -> Task | None:
    for family in FAMILIES:
        for template in family.templates:
            slots = template.read(core)
            if slots is not None:
                return Task(instruction, family, slots)
    return None
