"""The contract of a pipeline: a published way to make candidates. Its members are in ``pipelines/``.

A pipeline is pure. It draws demonstrations, words the prompts and reads the completions of its own format;
it never sees a database, a model or the web. One round of a run is: draw, ask, (a call), read; then, for every
proposed instruction that its filters let through, ``next_question`` (a call) until there is none, then ``finish``.

Most make examples out of nothing but demonstrations. Those that are ``over_chosen`` work through examples that somebody
chose, and may bring answers to these, or scores of such answers, in place of new ones (``makes``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any, Protocol

from pydantic import BaseModel

from app.examples import Example
from app.generation.sheet import PromptSheet
from app.generation.wording import Wording
from app.llm.prompt import Completion, Prompt
from app.screening.filter import Draft


class Makes(StrEnum):
    """What the rounds of a pipeline bring."""

    EXAMPLES = "examples"
    ALTERNATIVES = "alternatives"
    SCORES = "scores"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """An example that may be shown inside a prompt: a seed task with its instances, or a kept or chosen candidate.

    Of ``seed_task_id`` and ``candidate_id`` one is set, and neither in what a run was given along with its parameters.
    A chosen candidate whose answers are to be scored has an instance for each different answer, and in
    ``alternative_ids`` those who gave it.
    """

    instruction: str
    instances: tuple[tuple[str, str], ...]
    is_classification: bool
    seed_task_id: int | None = None
    candidate_id: int | None = None
    alternative_ids: tuple[tuple[int, ...], ...] = ()

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
class Score:
    """What a judge said of the answer shown at ``place``, from 0."""

    place: int
    score: int


@dataclass(frozen=True, slots=True)
class Question:
    """A further prompt about one accepted instruction. ``purpose`` names it within the instruction."""

    purpose: str
    prompt: Prompt
    demonstrations: tuple[Demonstration, ...] = ()


class Pipeline(Protocol):
    """``name`` is stored with a run; ``label`` and ``description`` are for people; ``source`` names the paper.

    ``Parameters`` is a pydantic model with a default and a title for every parameter. ``purpose`` names the
    proposing call. ``shows_candidates`` says whether kept candidates may serve as demonstrations, ``asks_on`` whether
    questions follow about each instruction that is accepted. ``prompts`` are all
    that it may send; their words are a project's own where it has some (``wording``).
    """

    name: str
    label: str
    description: str
    source: str
    purpose: str
    Parameters: type[BaseModel]
    prompts: tuple[PromptSheet, ...]
    shows_candidates: bool = False
    asks_on: bool = False
    over_chosen: bool = False
    makes: Makes = Makes.EXAMPLES

    def rounds(self, parameters: Any, chosen: int) -> int | None:
        """Return how many rounds there are over ``chosen`` examples, after which a run ends; None: no end to them."""
        return chosen if self.over_chosen else None

    def draw(
        self,
        rng: Random,
        seeds: Sequence[Demonstration],
        kept: Sequence[Demonstration],
        parameters: Any,
        round_: int,
    ) -> list[Demonstration]:
        """Draw the demonstrations of a round, from 0, in the order shown. ``kept`` is empty at the start of a run.

        For a pipeline that is ``over_chosen``, ``kept`` are the chosen examples, all of them from the start; it may
        draw nothing, and then the round is over without a call. Raises InvalidInput where there is too little to draw
        from.
        """
        ...

    def ask(self, demonstrations: Sequence[Demonstration], parameters: Any, wording: Wording) -> Prompt:
        """Word the proposing prompt of a round."""
        ...

    def read(
        self, completion: Completion, demonstrations: Sequence[Demonstration], parameters: Any
    ) -> Sequence[Proposal | Score]:
        """Read the proposals out of a proposing completion, at least one, unreadable ones too (``draft.problem``).

        Where scores are made: one for each answer shown, or none at all where the completion isn't quite as asked.
        """
        ...

    def next_question(
        self,
        accepted: Example,
        answers: Mapping[str, Completion],
        seeds: Sequence[Demonstration],
        parameters: Any,
        wording: Wording,
    ) -> Question | None:
        """Return what is still to be asked about an accepted instruction, with its input where it came with one.

        None when all is known. ``answers`` maps each purpose already asked to its completion. Deterministic in its
        arguments.
        """
        return None

    def finish(
        self, accepted: Example, answers: Mapping[str, Completion], parameters: Any
    ) -> tuple[list[Draft], bool | None]:
        """Read the instances of an accepted instruction: its drafts, at least one (with ``problem`` where nothing
        could be read), and whether it is a classification task (None where the pipeline doesn't know).

        Every draft has the accepted instruction; one that could not be read holds its text in ``output``.
        ``instance`` counts through all drafts of the completion, the unreadable ones last; ``siblings`` are the
        readable pairs alone. Only called where ``next_question`` returned a question.
        """
        raise LookupError(f"{self.name} asks no questions")
