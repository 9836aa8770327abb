"""An example laid out as one prompt, and a prompt taken apart again.

Files for training have one text where an example has an instruction and an input. What Tamis writes says where in it
each stands, so that it can be read back; trainers read past it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from app.examples import Example

# The key that says it, beside those that trainers read.
PLACES = "tamis"


@dataclass(frozen=True, slots=True)
class Layout:
    """The words around an instruction and an input. Where there is no input, ``between`` is empty."""

    before: str
    between: str
    after: str

    def prompt(self, example: Example) -> str:
        """Return the prompt."""
        return f"{self.before}{example.instruction}{self.between}{example.input}{self.after}"

    def places(self, example: Example) -> dict[str, list[int]]:
        """Return where in the prompt instruction and input begin and end, counted in characters (code points)."""
        start = len(self.before)
        end = start + len(example.instruction)
        input_start = end + len(self.between)
        return {"instruction": [start, end], "input": [input_start, input_start + len(example.input)]}


# As a chat asks: the input follows the instruction after a blank line.
CHAT = (Layout("", "\n\n", ""), Layout("", "", ""))
# Several, so that a tuned model doesn't depend on one (Self-Instruct, section on fine-tuning).
WITH_INPUT = (
    Layout("", "\n\n", "\n\nOutput:"),
    Layout("", "\n\nInput: ", "\n\nOutput:"),
    Layout("", "\nInput: ", "\nOutput:"),
    Layout("Task: ", "\n\n", "\n\nOutput:"),
    Layout("Task: ", "\nInput: ", "\nOutput:"),
    Layout("", "\n", "\n\n"),
)
WITHOUT_INPUT = (
    Layout("", "", "\n\nOutput:"),
    Layout("", "", "\nOutput:"),
    Layout("Task: ", "", "\n\nOutput:"),
    Layout("Task: ", "", "\n\n"),
    Layout("", "", "\n\n"),
)


def taken_apart(prompt: str, places: Any, layouts: Collection[Layout]) -> tuple[str, str] | None:
    """Return the instruction and the input that stand in ``prompt`` at ``places``.

    None where they don't: somebody changed the text, or the places are not of this program. What lies around them must
    be one of ``layouts``, so that no word is lost.
    """
    instruction, input_ = place_in(places, "instruction"), place_in(places, "input")
    if instruction is None or input_ is None or not instruction[1] <= input_[0] <= input_[1] <= len(prompt):
        return None
    around = Layout(prompt[: instruction[0]], prompt[instruction[1] : input_[0]], prompt[input_[1] :])
    if around not in layouts:
        return None
    return prompt[slice(*instruction)], prompt[slice(*input_)]


def place_in(places: Any, name: str) -> tuple[int, int] | None:
    """Return where ``name`` begins and ends, None where ``places`` doesn't say so in two numbers that can be."""
    found = places.get(name) if isinstance(places, Mapping) else None
    if not isinstance(found, list) or len(found) != 2 or not all(type(each) is int for each in found):
        return None
    return (found[0], found[1]) if 0 <= found[0] <= found[1] else None
