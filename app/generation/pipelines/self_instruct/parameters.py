"""What a curator may set for a Self-Instruct run; the defaults are those of the paper and its code."""

from typing import Literal, Self

from pydantic import Field, model_validator

from app.generation.layout import Layout
from app.generation.steering import Steering


class SelfInstructParameters(Steering, Layout):
    """Each step has its own: proposing instructions, asking whether they are classification, making instances."""

    task_kind: Literal["any", "classification"] = Field(
        "any",
        title="Kind of tasks",
        description="Ask for any tasks, or only for those answered with a label. Self-Instruct did both.",
    )
    demonstrations: int = Field(
        8,
        ge=1,
        le=30,
        title="Instructions shown",
        description="How many instructions the model sees before it writes its own. Self-Instruct showed 8.",
    )
    candidate_demonstrations: int = Field(
        2,
        ge=0,
        le=30,
        title="Kept candidates among them",
        description="How many of those shown come from the kept candidates; seed tasks fill the rest. "
        "Self-Instruct took 2.",
    )
    tasks_per_prompt: int = Field(
        7,
        ge=1,
        le=50,
        title="New instructions per prompt",
        description="Where the model is stopped. Self-Instruct stopped at item 16, which leaves 7 after the 8 shown.",
    )
    temperature: float = Field(
        0.7,
        ge=0,
        le=2,
        title="Temperature for instructions",
        description="Higher is more varied, 0 is always the likeliest word. Self-Instruct used 0.7.",
    )
    top_p: float = Field(
        0.5,
        gt=0,
        le=1,
        title="Top-p for instructions",
        description="Only the likeliest words that together reach this share are drawn from. Self-Instruct used 0.5.",
    )
    frequency_penalty: float = Field(
        0.0,
        ge=-2,
        le=2,
        title="Frequency penalty for instructions",
        description="Makes a word less likely each time it is used. Self-Instruct used 0.",
    )
    presence_penalty: float = Field(
        2.0,
        ge=-2,
        le=2,
        title="Presence penalty for instructions",
        description="Makes words that were used already less likely. Self-Instruct used 2.",
    )
    max_tokens: int = Field(
        1024,
        ge=1,
        le=100_000,
        title="Longest completion for instructions",
        description="In tokens. A completion cut at this limit is set aside whole. Self-Instruct used 1024.",
    )
    classification_demonstrations: int = Field(
        12,
        ge=0,
        le=50,
        title="Classification tasks shown when asking about the kind",
        description="The first classification seed tasks of the project, at most this many. Self-Instruct showed 12.",
    )
    other_demonstrations: int = Field(
        19,
        ge=0,
        le=50,
        title="Other tasks shown when asking about the kind",
        description="The first seed tasks that are not classification, at most this many. Self-Instruct showed 19.",
    )
    classification_temperature: float = Field(
        0.0,
        ge=0,
        le=2,
        title="Temperature when asking about the kind",
        description="0 gives the same answer every time. Self-Instruct used 0.",
    )
    classification_max_tokens: int = Field(
        3,
        ge=1,
        le=100_000,
        title="Longest answer about the kind",
        description="In tokens. Self-Instruct used 3; a model that thinks before it answers needs many more.",
    )
    input_first_demonstrations: int = Field(
        11,
        ge=0,
        le=50,
        title="Tasks shown when making inputs and outputs",
        description="The first seed tasks that are not classification, at most this many. Self-Instruct showed 11.",
    )
    output_first_demonstrations: int = Field(
        16,
        ge=0,
        le=50,
        title="Tasks shown when making labels and inputs",
        description="The first classification seed tasks of the project, at most this many. Self-Instruct showed 16.",
    )
    instance_temperature: float = Field(
        0.0,
        ge=0,
        le=2,
        title="Temperature for examples",
        description="0 is always the likeliest word. Self-Instruct used 0.",
    )
    instance_presence_penalty: float = Field(
        1.5,
        ge=-2,
        le=2,
        title="Presence penalty for examples",
        description="Makes words that were used already less likely. Self-Instruct used 1.5.",
    )
    input_first_max_tokens: int = Field(
        350,
        ge=1,
        le=100_000,
        title="Longest completion for inputs and outputs",
        description="In tokens. The last example of a completion cut here is set aside. Self-Instruct used 350.",
    )
    output_first_max_tokens: int = Field(
        300,
        ge=1,
        le=100_000,
        title="Longest completion for labels and inputs",
        description="In tokens. The last example of a completion cut here is set aside. Self-Instruct used 300.",
    )
    max_instances: int = Field(
        5,
        ge=1,
        le=50,
        title="Examples per instruction",
        description="At most this many are taken. Self-Instruct took 5.",
    )

    @model_validator(mode="after")
    def _candidates_fit(self) -> Self:
        if self.candidate_demonstrations > self.demonstrations:
            raise ValueError("There can't be more kept candidates than instructions shown.")
        return self
