"""The one value that travels the whole way, from a completion to a released file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """One piece of instruction data. ``input`` is empty where the instruction stands alone."""

    instruction: str
    input: str = ""
    output: str = ""
