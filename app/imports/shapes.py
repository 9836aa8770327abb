"""What records are taken for by their keys, and which door takes them where this one doesn't."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from app.imports.parts import folded, mapped, shown_name

_ONE_ANSWER = "Tamis takes one question with one answer: write {} as instruction and {} as output, a record for each."
_TURNS = _ONE_ANSWER.format("what the person says", "what the assistant says")
_MOST_LISTED = 20
_NAME_THEM = "Name the columns instruction, input (may be left out) and output."


class Shape(NamedTuple):
    """Records that have all of ``keys``: what they are, and what to do with them."""

    keys: frozenset[str]
    label: str
    advice: str


def _shape(keys: str, label: str, advice: str) -> Shape:
    return Shape(frozenset(keys.split()), label, advice)


# The first that fits counts. These are not taken here, whatever other keys there are.
_ELSEWHERE = (
    _shape(
        "instruction instances raw_instances",
        "what Self-Instruct’s model wrote",
        "Write a record for each of its instances, with instruction, input and output.",
    ),
    _shape(
        "instruction instances", "seed tasks", "Import them under Seed tasks, or with the command tamis seeds import."
    ),
    *(
        _shape(
            f"instruction {answer} {right}",
            "a model’s answers with the right ones",
            "Import them as a model’s answers: below on the page Import examples.",
        )
        for answer in ("response", "prediction", "completion")
        for right in ("target", "reference")
    ),
)
_MARKED = _shape(
    "label",
    "answers marked as good or bad",
    "Keep those that are marked good, and leave the mark out: whatever comes in here is an example to learn from.",
)
# These are not taken where they hold no instruction with an output.
_NOT_YET = (
    _shape("message_tree_id prompt", "conversation trees of OpenAssistant", _TURNS),
    _shape("chosen rejected", "preference pairs", _ONE_ANSWER.format("the prompt", "the chosen answer")),
    _shape("chosen_messages", "preference pairs of conversations", _TURNS),
    _shape("completion_a completion_b", "compared answers", _ONE_ANSWER.format("the prompt", "the better answer")),
    _shape("conversations", "conversations in ShareGPT’s form", _TURNS),
    _shape("conversation", "conversations", _TURNS),
    _shape("messages", "conversations in OpenAI’s form", _TURNS),
    _shape("turns", "questions of a benchmark, turn by turn", _TURNS),
    _shape("dialog", "conversations", _TURNS),
    _shape("dialogue", "conversations", _TURNS),
    _shape("data columns index", "a table that pandas wrote split up", 'Write it with orient="records", lines=True.'),
    _shape("text", "plain texts", _ONE_ANSWER.format("the task", "the text")),
)
# What people call files that are taken, by what their records are called in them.
_KNOWN_AS = (
    _shape("instruction context response", "Dolly", ""),
    _shape("instruction output", "Alpaca", ""),
    _shape("instruction", "Alpaca with other names", ""),
    _shape("question", "questions with answers", ""),
    _shape("prompt", "prompts with completions", ""),
)


def name_of(keys: Collection[str]) -> str:
    """Return what records with these keys are called that are taken."""
    there = set(map(folded, keys))
    return next((shape.label for shape in _KNOWN_AS if shape.keys <= there), "examples")


def door_for(keys: Collection[str], value: Mapping[str, Any]) -> str:
    """Return which other door takes records with these keys, of which ``value`` is one; empty where none does."""
    there = set(map(folded, keys))
    shape = next((shape for shape in _ELSEWHERE if shape.keys <= there), None)
    if isinstance(value.get("label"), bool) and there & {"messages", "conversations", "completion"}:
        shape = _MARKED
    return _told(shape, keys) if shape else ""


def refusal_of(keys: Collection[str], value: Mapping[str, Any]) -> str:
    """Return why records with these keys are no examples, of which ``value`` is one; empty where they are."""
    there = set(map(folded, keys))
    found = mapped(keys)
    if found["instruction"] and found["output"]:
        return ""
    if shape := next((shape for shape in _NOT_YET if shape.keys <= there), None):
        return _told(shape, keys)
    lists = [key for key, each in value.items() if isinstance(each, list) and each and isinstance(each[0], dict)]
    if len(lists) == 1 and not found["instruction"]:
        held = f"an object with a list in “{shown_name(lists[0])}”"
        return f"The file is {held}, {_listed(keys)}. Make a file of that list alone."
    missing = [part for part in ("instruction", "output") if not found[part]]
    return f"No key holds the {' or the '.join(missing)}: {_listed(keys)}. {_NAME_THEM}"


def _told(shape: Shape, keys: Collection[str]) -> str:
    return f"The records look like {shape.label}: {_listed(keys)}. {shape.advice}"


def _listed(keys: Collection[str]) -> str:
    if not keys:
        return "they have no keys"
    more = f" and {len(keys) - _MOST_LISTED:,} more" if len(keys) > _MOST_LISTED else ""
    return f"the keys are {', '.join(sorted(keys)[:_MOST_LISTED])}{more}"
