"""A family of tasks: ways to ask, inputs to ask it about, and the rule that answers."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from random import Random

from app.llm.practice.template import Slots, Template, Words
from app.llm.practice.vocabulary import COMMON

Answer = Callable[[Slots, str], str]
Source = Callable[[Slots, Random], str]
LabelledSource = Callable[[Slots, str, Random], str]


@dataclass(frozen=True)
class Family:
    """One kind of task.

    `answer` maps (slots, input) to the right output; the input is "" for a family without `source` and
    `labelled`. A classification family names its `labels` and can write an input for each through `labelled`.
    """

    name: str
    domain: str
    phrasings: tuple[str, ...]
    answer: Answer
    slots: Mapping[str, Words] = dataclasses.field(default_factory=dict)
    source: Source | None = None
    field: str = "Input"
    labels: tuple[str, ...] = ()
    labelled: LabelledSource | None = None
    templates: tuple[Template, ...] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        vocabulary = {**COMMON, **self.slots}
        object.__setattr__(self, "templates", tuple(Template(text, vocabulary) for text in self.phrasings))

    @property
    def takes_input(self) -> bool:
        """Whether a task of this family needs an input beside its instruction."""
        return self.source is not None or self.labelled is not None

    def write_input(self, slots: Slots, rng: Random) -> str:
        """Return a fitting input, or "" when the family takes none."""
        if self.labelled is not None:
            return self.labelled(slots, rng.choice(self.labels), rng)
        return self.source(slots, rng) if self.source is not None else ""


def chooser(*parts: str) -> Random:
    """Return a generator that depends on the given texts only, for answers with a free choice in them."""
    digest = blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return Random(digest)  # noqa: S311 - repeatable on purpose, guards nothing
