"""Writes tasks the practice model can answer, and reads them back."""

import re
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
_MADE = {
    "harder": "Check the result before you give it.",
    "narrower": "One case is enough.",
    "rarer": "Few people ever ask for this.",
}
_LANGUAGE = re.compile(r"\AIn [^:\n]{1,300}, please: ")
_TOPIC = re.compile(r" The topic is [^\n]{1,300}\.\Z")


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


def steer(instruction: str, topic: str, language: str) -> str:
    """Return the instruction with a mark of what was wished for: the practice model can't do more about it."""
    about = f"{instruction} The topic is {topic}." if topic else instruction
    return f"In {language}, please: {about}" if language else about


def make(instruction: str, how: str) -> str:
    """Return the instruction with a mark of what was to be made of it, "harder" for one."""
    return f"{instruction} {_MADE[how]}" if how in _MADE else instruction


def read_task(instruction: str) -> Task | None:
    """Return the task behind an instruction of this grammar, or None for a stranger's."""
    return _read_plain(instruction, instruction) or _read_plain(_unmarked(instruction), instruction)


def _unmarked(instruction: str) -> str:
    text = _TOPIC.sub("", _LANGUAGE.sub("", instruction))
    for mark in _MADE.values():
        text = text.removesuffix(f" {mark}")
    return text


def _read_plain(text: str, instruction: str) -> Task | None:
    return _read_core(text, instruction) or _read_in_context(text, instruction)


def _read_in_context(text: str, instruction: str) -> Task | None:
    for context in CONTEXTS:
        words = context.read(text)
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
