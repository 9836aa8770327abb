"""The contract of a filter. Its members are in ``filters/``, in the order in which they are asked."""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from app.screening.pool import Comparer

Subject = Literal["instruction", "instance"]


@dataclass(frozen=True, slots=True)
class Draft:
    """One example as it was read from a completion, before anything is known about it.

    ``siblings`` are the (input, output) pairs written for the same instruction in the order in which they
    came; ``instance`` is the place of this one among them, from 0. ``problem`` is a sentence where the text
    could not be read as an example at all; ``instruction`` then holds the text as it came.
    """

    instruction: str
    input: str = ""
    output: str = ""
    instance: int = 0
    siblings: tuple[tuple[str, str], ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a filter rejects a draft: a sentence for people, and the evidence as JSON-ready values."""

    sentence: str
    evidence: dict[str, Any] = field(default_factory=dict)


class Filter(Protocol):
    """A rule that may object to a draft.

    ``name`` is stored with a rejection, ``label`` is shown to people, ``subjects`` says what the rule looks at:
    an instruction alone (asked as soon as it is proposed), a whole instance, or either. ``Thresholds`` is a
    pydantic model with a default and a title for every threshold; a run stores one value of it per filter.
    """

    name: str
    label: str
    description: str
    subjects: tuple[Subject, ...]
    Thresholds: type[BaseModel]

    def object_to(self, draft: Draft, thresholds: Any, pool: Comparer) -> Objection | None:
        """Return the objection to ``draft``, or None where there is none."""
        ...
