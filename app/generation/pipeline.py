"""The contract of a pipeline: a published way to make candidates. Its members are in ``pipelines/``.

A pipeline is pure. It draws demonstrations, words the prompts and reads the completions of its own format;
it never sees a database, a model or the web. One round of a run is: draw, ask, (a call), read; then, for every
proposed instruction that its filters let through, ``next_question`` (a call) until there is none, then ``finish``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from pydantic import BaseModel

from app.generation.sheet import PromptSheet
from app.generation.wording import Wording
from app.llm.prompt import Completion, Prompt
from app.screening.filter import Draft


@dataclass(frozen=True, slots=True)
class Demonstration:
    """An example that may be shown inside a prompt: a seed task with its instances, or a kept candidate.

    Of ``seed_task_id`` and ``candidate_id`` one is set, and neither in what a run was given along with its parameters.
    """

    instruction: str
    instances: tuple[tuple[str, str], ...]
    is_classification: bool
    seed_task_id: int | None = None
    candidate_id: int | None = None

    @property
    def is_stored(self) -> bool:
        """Whether it is a row of the project, that the ledger can name."""
        return self.seed_task_id is not None or self.candidate_id is not None


@dataclass(frozen=True, slots=True)
class Proposal:
    """One item of a proposing completion. ``position`` is its place in the completion, from 0.

    ``draft`` has its input and output already where the pipeline writes them in the same completion.
    """

    position: int
    draft: Draft


@dataclass(frozen=True, slots=True)
class Question:
    """A further prompt about one accepted instruction. ``purpose`` names it within the instruction."""

    purpose: str
    prompt: Prompt
    demonstrations: tuple[Demonstration, ...] = ()


class Pipeline(Protocol):
    """``name`` is stored with a run; ``label`` and ``description`` are for people; ``source`` names the paper.

    ``Parameters`` is a pydantic model with a default and a title for every parameter. ``purpose`` names the
    proposing call. ``shows_candidates`` says whether kept candidates may serve as demonstrations. ``prompts`` are all
    that it may send; their words are a project's own where it has some (``wording``).
    """

    name: str
    label: str
    description: str
    source: str
    purpose: str
    shows_candidates: bool
    Parameters: type[BaseModel]
    prompts: tuple[PromptSheet, ...]

    def rounds(self, parameters: Any) -> int | None:
        """Return how many rounds there are to ask, after which a run ends; None where there is no end to them."""
        ...

    def draw(
        self,
        rng: Random,
        seeds: Sequence[Demonstration],
        kept: Sequence[Demonstration],
        parameters: Any,
        round_: int,
    ) -> list[Demonstration]:
        """Draw the demonstrations of a round, from 0, in the order shown. ``kept`` is empty at the start of a run.

        Raises InvalidInput where there is too little to draw from.
        """
        ...

    def ask(self, demonstrations: Sequence[Demonstration], parameters: Any, wording: Wording) -> Prompt:
        """Word the proposing prompt of a round."""
        ...

    def read(self, completion: Completion, demonstrations: Sequence[Demonstration], parameters: Any) -> list[Proposal]:
        """Read the proposals out of a proposing completion, at least one, unreadable ones too (``draft.problem``)."""
        ...

    def next_question(
        self,
        instruction: str,
        answers: Mapping[str, Completion],
        seeds: Sequence[Demonstration],
        parameters: Any,
        wording: Wording,
    ) -> Question | None:
        """Return what is still to be asked about an accepted ``instruction``, or None when all is known.

        ``answers`` maps each purpose already asked to its completion. Deterministic in its arguments.
        """
        ...

    def finish(
        self, instruction: str, answers: Mapping[str, Completion], parameters: Any
    ) -> tuple[list[Draft], bool | None]:
        """Read the instances of an accepted instruction: its drafts, at least one (with ``problem`` where nothing
        could be read), and whether it is a classification task (None where the pipeline doesn't know).

        Every draft has the accepted ``instruction``; one that could not be read holds its text in ``output``.
        ``instance`` counts through all drafts of the completion, the unreadable ones last; ``siblings`` are the
        readable pairs alone. Only called for pipelines whose ``next_question`` returned a question.
        """
        ...
