"""The mistakes the practice model plants, how often, and how each one looks."""

import re
from collections.abc import Mapping
from random import Random

from app.llm.practice.grammar import CONTEXTS, Task
from app.llm.practice.template import Template
from app.llm.practice.vocabulary import COMMON

SIMILARITY_BAR = 0.7
LONGEST_INSTRUCTION = 150

LIST_RATES = {
    "near_duplicate": 0.06,
    "impossible": 0.04,
    "too_short": 0.02,
    "too_long": 0.02,
    "starts_with_punctuation": 0.02,
    "write_a_program": 0.02,
    "broken_numbering": 0.02,
}
REWRITING_RATES = {
    "near_duplicate": 0.06,
    "impossible": 0.04,
    "too_short": 0.02,
    "too_long": 0.02,
    "starts_with_punctuation": 0.02,
    "write_a_program": 0.02,
    "speaks_of_prompt": 0.03,
}
TEXT_QUESTION_RATES = {"unfitting_instruction": 0.08, "too_short": 0.03, "starts_with_punctuation": 0.03}
TASK_LIST_RATES = {
    "wrong_output": 0.12,
    "unfitting_input": 0.06,
    "missing_input": 0.04,
    "truncated": 0.02,
    "near_duplicate": 0.04,
    "impossible": 0.025,
    "broken_numbering": 0.02,
    "too_short": 0.01,
    "too_long": 0.005,
    "write_a_program": 0.01,
    "starts_with_punctuation": 0.01,
    "empty_output": 0.01,
    "echo": 0.01,
}
INSTANCE_RATES = {
    "wrong_output": 0.12,
    "unfitting_input": 0.06,
    "truncated": 0.03,
    "empty_output": 0.02,
    "echo": 0.02,
    "ends_with_colon": 0.02,
    "conflicting_outputs": 0.02,
    "repeated_instance": 0.02,
}
LONE_OUTPUT_RATES = {"wrong_output": 0.12, "truncated": 0.03, "empty_output": 0.02}
LABELLED_RATES = {"wrong_output": 0.1, "unfitting_input": 0.05, "repeated_instance": 0.02}
QUESTION_RATES = {"wrong_output": 0.05}
JUDGEMENT_RATES = {"unscored": 0.03, "out_of_scale": 0.02}
TRANSLATION_RATES = {"lost_input": 0.03}
ANSWER_RATES = {"wrong_output": 0.1, "truncated": 0.03, "empty_output": 0.01}
# A task that needs an input is answered without one, for all its examples at once.
MISSING_INPUT_RATE = 0.05

# What a filter of wording or length can't see: people have to find these.
INVISIBLE = frozenset({"wrong_output", "unfitting_input", "missing_input", "truncated"})

_ERRANDS: dict[str, tuple[str, ...]] = {
    "figure": ("harvest", "train delays", "bread prices", "river levels", "class sizes", "ticket sales"),
    "meal": ("a table for two", "a birthday cake", "three portions of soup", "a late breakfast"),
}
IMPOSSIBLE = tuple(
    Template(text, {**COMMON, **_ERRANDS})
    for text in (
        "Draw a graph of the {figure} in {place} over the last ten years.",
        "Look at the picture of {occasion} and describe what {name} is wearing.",
        "Open the attached file and count how often {goods} are mentioned.",
        "Go to the nearest shop in {place} and buy some {goods}.",
        "Order {meal} for {name}, {someone}, and pay with my card.",
        "Call {name} in {place} and ask about the {figure}.",
        "Check on the internet what {product} costs in {place} right now.",
        "Listen to the recording of {occasion} and name the person who speaks first.",
        "Taste the soup that {someone} cooked and say whether it needs more salt.",
        "Play a lively piece of music for {name} during {occasion}.",
        "Plot the {figure} against the number of {goods} and mark the highest point.",
        "Walk through {place} tonight and note every closed shop for {audience}.",
    )
)
_SHORT = (
    "Sort this.",
    "Explain why.",
    "Count them.",
    "Translate it.",
    "Make it shorter.",
    "Continue.",
    "Please answer.",
)
_PROGRAMS = tuple(
    Template(text, COMMON)
    for text in (
        "Write a program that counts the {goods} ordered by {someone} in {place}.",
        "Write a program which reminds {name} of {occasion} two days before it starts.",
        "Write a program to compare the prices of {product} in {place} and {place2}.",
    )
)
_EDITS = ("Please note: {}", "{} Thank you.", "{} Be careful.", "{} Please.", "Now: {}", "{} Answer briefly.")


def draw(rates: Mapping[str, float], rng: Random) -> str | None:
    """Return the name of a mistake, or None, each with its rate."""
    point = rng.random()
    for name, rate in rates.items():
        if point < rate:
            return name
        point -= rate
    return None


def similarity(first: str, second: str) -> float:
    """Return the ROUGE-L F1 of two texts, between 0 and 1, over lower-case runs of letters and digits."""
    left, right = (re.findall(r"[a-z0-9]+", text.lower()) for text in (first, second))
    if not left or not right:
        return 0.0
    row = [0] * (len(right) + 1)
    for word in left:
        diagonal = 0
        for index, other in enumerate(right, 1):
            diagonal, row[index] = row[index], diagonal + 1 if word == other else max(row[index], row[index - 1])
    return 2 * row[-1] / (len(left) + len(right))


def near_duplicate(instruction: str, rng: Random) -> str:
    """Return another wording of the instruction that is closer to it than the bar of the novelty filter."""
    edits = rng.sample(_EDITS, len(_EDITS))
    wordings = (edit.format(instruction) for edit in edits)
    return next((text for text in wordings if similarity(text, instruction) > SIMILARITY_BAR), f"{instruction}!")


def impossible(rng: Random) -> str:
    """Return an instruction that no text model can follow."""
    return rng.choice(IMPOSSIBLE).fill(rng)[0]


def too_short(rng: Random) -> str:
    """Return an instruction of at most three words."""
    return rng.choice(_SHORT)


def too_long(task: Task, rng: Random) -> str:
    """Return the task wrapped in more context than the longest instruction allowed, in words."""
    text = task.instruction
    while len(text.split()) <= LONGEST_INSTRUCTION:
        text, _ = rng.choice(CONTEXTS).fill(rng, {"core": text})
    return text


def start_with_punctuation(task: Task, rng: Random) -> str:
    """Return the instruction behind a stray mark."""
    return rng.choice(("- ", "* ", "... ", "(?) ")) + task.instruction


def write_a_program(rng: Random) -> str:
    """Return an instruction that starts with the words the papers forbid."""
    return rng.choice(_PROGRAMS).fill(rng)[0]


def spoil(task: Task, right: str, rng: Random) -> str:
    """Return a plausible wrong output for a task, different from the right one."""
    if task.family.labels:
        return rng.choice([label for label in task.family.labels if label != right])
    if re.search(r"\d", right):
        return _with_another_number(right, rng)
    parts = right.split(", ")
    if task.family.takes_input and len(parts) > 2:
        parts.pop(rng.randrange(len(parts)))
        return ", ".join(parts)
    for _ in range(6):
        _core, slots = rng.choice(task.family.templates).fill(rng)
        wrong = task.family.answer(slots, task.family.write_input(slots, rng))
        if wrong != right:
            return wrong
    return "I am not sure"


def break_off(text: str, rng: Random) -> str:
    """Return the text cut inside its second half."""
    return text[: rng.randint(len(text) // 2, len(text) * 4 // 5)].rstrip(" .,;:\n")


def _with_another_number(text: str, rng: Random) -> str:
    found = rng.choice(list(re.finditer(r"\d+", text)))
    digits = found.group()
    place = rng.randrange(len(digits))
    digit = rng.choice([d for d in ("123456789" if place == 0 else "0123456789") if d != digits[place]])
    return text[: found.start()] + digits[:place] + digit + digits[place + 1 :] + text[found.end() :]
