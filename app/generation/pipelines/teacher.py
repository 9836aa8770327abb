"""Outputs written anew: a model answers examples that somebody chose, whoever answered them before.

As in Instruction Tuning with GPT-4 (Peng et al., 2023, arXiv 2304.03277), where a stronger model answered Alpaca's
instructions, and core prompts of Unnatural Instructions that had no answer. The prompt is in words of our own.
"""

from collections.abc import Sequence
from random import Random
from typing import Literal

from pydantic import BaseModel, Field

from app.generation.decoding import max_tokens_field, temperature_field, top_p_field
from app.generation.layout import Layout
from app.generation.pipeline import Demonstration, Makes, Pipeline, Proposal
from app.generation.reading import read_answer
from app.generation.sheet import STEERED, PromptSheet, list_of
from app.generation.steering import MANNER, Steering
from app.generation.structured import OUTPUT
from app.generation.wording import Wording, worded_steering
from app.llm.prompt import Completion, Prompt, Sampling

ANSWER = PromptSheet(
    "teacher_answer",
    "An answer",
    "Shows an instruction with its input and asks for the output.",
    (
        list_of("The example that is to be answered.", "Task: Name the longest of these rivers.\nInput: …\nOutput:"),
        STEERED,
    ),
    shown="tasks",
    gap="\n\n",
)


class TeacherParameters(Steering, Layout):
    """What becomes of the answers, and how they are asked for."""

    use: Literal["replace", "beside"] = Field(
        "replace",
        title="The new answer",
        description="Either way both answers stay on the page of the example. One that a filter objects to never "
        "replaces anything.",
        json_schema_extra={"labels": {"replace": "Replaces the output", "beside": "Is kept beside the output"}},
    )
    temperature: float = temperature_field(0.7)
    top_p: float = top_p_field(1.0)
    max_tokens: int = max_tokens_field(2048, "Longest answer")

    @property
    def replaces(self) -> bool:
        """Whether an answer becomes the output of its example."""
        return self.use == "replace"


class Teacher(Pipeline):
    """One chosen example in, one answer out."""

    name = "teacher"
    label = "New answers"
    description = (
        "A model answers examples that you choose, such as all that a weaker model answered or that have none."
    )
    source = "After Instruction Tuning with GPT-4 (Peng et al., 2023, arXiv 2304.03277)"
    purpose = "answer"
    over_chosen = True
    makes = Makes.ALTERNATIVES
    Parameters: type[BaseModel] = TeacherParameters
    prompts = (ANSWER,)

    def draw(
        self,
        rng: Random,
        seeds: Sequence[Demonstration],
        kept: Sequence[Demonstration],
        parameters: TeacherParameters,
        round_: int,
    ) -> list[Demonstration]:
        """Return the example of the round."""
        return [kept[round_]]

    def ask(self, demonstrations: Sequence[Demonstration], parameters: TeacherParameters, wording: Wording) -> Prompt:
        """Word the instruction and its input, with the output left open."""
        wanted, steering = parameters.form(OUTPUT), worded_steering(parameters, MANNER)
        text = wording.render(ANSWER, request=wanted.request, tasks=demonstrations, steering=steering)
        return wanted.prompt(text, Sampling(parameters.temperature, parameters.top_p, parameters.max_tokens))

    def read(
        self, completion: Completion, demonstrations: Sequence[Demonstration], parameters: TeacherParameters
    ) -> list[Proposal]:
        """Read the answer, all of it."""
        (given,) = demonstrations
        read = parameters.form(OUTPUT).read(completion)
        return [Proposal(0, read_answer(read, given.instruction, given.instances[0][0]))]


pipeline = Teacher()
