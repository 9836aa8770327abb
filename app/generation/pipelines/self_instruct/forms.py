"""What Self-Instruct asks for as JSON, and how that is read."""

from functools import cache
from typing import Any

from app.generation.structured import Form, a_list, a_text, an_object, form, items_of, text_at, value_at

KIND = form(
    "Answer for the last task alone, as JSON: an object whose key “is_classification” is true or false.",
    is_classification={"type": "boolean"},
)


@cache
def instructions_form(count: int) -> Form:
    """Return what asks for so many instructions."""
    request = f"Go on with {count} new tasks, as JSON: an object whose key “instructions” has a list of {count} texts."
    return form(request, instructions=a_list(a_text(300), least=count, most=count))


@cache
def examples_form(most: int) -> Form:
    """Return what asks for instances, input first."""
    request = (
        f"Show how the last task is done, with up to {most} examples if it works on something and one if it does not, "
        "as JSON: an object whose key “examples” has a list of objects, each with the keys “input” and “output”. Where "
        "the task needs nothing more, the input is an empty text."
    )
    example = an_object(input=a_text(800), output=a_text(1_600))
    return form(request, examples=a_list(example, most=most))


@cache
def labels_form(most: int) -> Form:
    """Return what asks for instances, label first."""
    request = (
        f"Show how the last task is done, with one example for each of up to {most} labels, as JSON: an object whose "
        "key “examples” has a list of objects, each with the keys “label” and “input”. Where the task needs no input, "
        "it is an empty text."
    )
    example = an_object(label=a_text(100), input=a_text(800))
    return form(request, examples=a_list(example, most=most))


def instructions_in(value: Any) -> list[str]:
    """Return the instructions of a list, whether its items are texts or objects."""
    items = items_of(value, "instructions", "tasks", "list")
    texts = (each if isinstance(each, str) else text_at(each, "instruction", "task") for each in items)
    return [text for text in texts if text]


def pairs_in(value: Any) -> list[tuple[str, str]]:
    """Return the inputs and outputs of a list of examples."""
    items = items_of(value, "examples", "instances", "list")
    return [(text_at(each, "input"), text_at(each, "label", "output", "class label", "answer")) for each in items]


def kind_in(value: Any) -> bool | None:
    """Return whether a task is said to be classification, None where that isn't said."""
    said = value_at(value, "is_classification", "classification", "answer")
    if isinstance(said, bool):
        return said
    return said.strip().lower() in {"yes", "true"} if isinstance(said, str) else None
