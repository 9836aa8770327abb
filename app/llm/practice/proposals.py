"""Proposes whole tasks, sound or with a planted mistake."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from app.llm.practice import mistakes
from app.llm.practice.family import Family
from app.llm.practice.grammar import Task, steer, write_task
from app.llm.practice.reader import Shown, Wishes
from app.llm.practice.tasks import OTHER

# Inputs named by these fields look alike, so one of them would pass for another.
SHAPES = {
    "prose": ("Sentence", "Text", "Review", "Message", "Headline", "Notice", "Request", "Note"),
    "numbers": ("Numbers", "Number", "Sequence", "Equation", "Times", "Table"),
}
# Only a longer text can break off visibly.
WORDY = frozenset(
    {
        "explanations",
        "debate",
        "courtesy",
        "poetry",
        "storytelling",
        "meetings",
        "everyday advice",
        "careers",
        "marketing",
    }
)
NEEDING_INPUT = frozenset({"unfitting_input", "missing_input", "echo", "ends_with_colon"})
SHORTEST_CUT = 4
WITH_INPUT = tuple(family for family in OTHER if family.source is not None)


@dataclass(frozen=True)
class Proposal:
    """An instance with what is wrong with it: `mistake` is None or a name, `detail` a phrase for people."""

    instruction: str
    input: str
    output: str
    mistake: str | None = None
    detail: str = ""


def sound(task: Task, rng: Random) -> Proposal:
    """Return the task with a fitting input and the right output."""
    text = task.family.write_input(task.slots, rng)
    return Proposal(task.instruction, text, task.answer(text))


def propose_instruction(
    mistake: str | None, families: Sequence[Family], earlier: Sequence[Shown], rng: Random
) -> Proposal:
    """Return a proposal whose instruction has the mistake; a mistake of another kind leaves it sound.

    `earlier` holds what a near duplicate may repeat.
    """
    if mistake in _BARE:
        write, output, detail = _BARE[mistake]
        return Proposal(write(rng), "", output, mistake, detail)
    if mistake == "near_duplicate" and earlier:
        model = rng.choice(earlier)
        text = mistakes.near_duplicate(model.instruction, rng)
        return Proposal(text, model.input, model.output, mistake, f"close to: {model.instruction}")
    task = write_task(rng, families)
    instance = sound(task, rng)
    if mistake == "too_long":
        text = mistakes.too_long(task, rng)
        return replace(instance, instruction=text, mistake=mistake, detail=f"{len(text.split())} words")
    if mistake == "starts_with_punctuation":
        text = mistakes.start_with_punctuation(task, rng)
        return replace(instance, instruction=text, mistake=mistake, detail="starts with a stray mark")
    return instance


def steered(proposal: Proposal, wishes: Wishes) -> Proposal:
    """Return the proposal marked as wished; one whose instruction has a mistake shows that and nothing else."""
    if proposal.mistake in mistakes.LIST_RATES:
        return proposal
    return replace(proposal, instruction=steer(proposal.instruction, wishes.topic, wishes.language))


def propose_instance(mistake: str | None, task: Task, rng: Random) -> Proposal:
    """Return an instance of the task with the mistake; one that the task can't show leaves it sound."""
    return spoil_instance(mistake, task, sound(task, rng), rng)


def spoil_instance(mistake: str | None, task: Task, right: Proposal, rng: Random) -> Proposal:
    """Return the sound instance of the task changed so that it has the mistake, if it can show it."""
    if (mistake in NEEDING_INPUT and not right.input) or (mistake == "truncated" and len(right.output) < SHORTEST_CUT):
        return right
    if mistake in _SPOILED_OUTPUTS:
        output = _SPOILED_OUTPUTS[mistake](task, right, rng)
        return replace(right, output=output, mistake=mistake, detail=f"right: {right.output}")
    if mistake == "unfitting_input":
        return replace(right, input=unfitting_input(task, rng), mistake=mistake, detail=f"fitting: {right.input}")
    if mistake == "missing_input":
        return replace(right, input="", mistake=mistake, detail=f"needs an input such as: {right.input}")
    return right


def task_for(mistake: str, families: Sequence[Family], rng: Random) -> Task:
    """Return a task that is able to show the mistake."""
    if mistake in NEEDING_INPUT:
        return write_task(rng, [family for family in families if family.takes_input] or WITH_INPUT)
    if mistake == "truncated":
        return write_task(rng, [family for family in families if family.domain in WORDY] or families)
    return write_task(rng, families)


def unfitting_input(task: Task, rng: Random) -> str:
    """Return an input written for quite another kind of task."""
    others = [family for family in WITH_INPUT if _shape(family.field) != _shape(task.family.field)]
    return rng.choice(others).write_input({}, rng)


def _shape(name: str) -> str:
    return next((shape for shape, names in SHAPES.items() if name in names), "words")


def _changed(right: Proposal, text: str, output: str, mistake: str, detail: str) -> Proposal:
    return Proposal(right.instruction, text, output, mistake, detail)


# Instructions that stand for themselves: how to write one, the output that comes with it, what is wrong with it.
_BARE: Mapping[str | None, tuple[Callable[[Random], str], str, str]] = {
    "impossible": (mistakes.impossible, "Done, here you are.", "not possible in text alone"),
    "write_a_program": (mistakes.write_a_program, "print(42)", 'starts with "Write a program"'),
    "too_short": (mistakes.too_short, "All right.", "at most three words"),
}
_SPOILED_OUTPUTS: Mapping[str | None, Callable[[Task, Proposal, Random], str]] = {
    "wrong_output": lambda task, right, rng: mistakes.spoil(task, right.output, rng),
    "echo": lambda _task, right, _rng: right.input,
    "empty_output": lambda _task, _right, _rng: "",
    "ends_with_colon": lambda _task, right, _rng: f"{right.output}:",
    "truncated": lambda _task, right, rng: mistakes.break_off(right.output, rng),
}
