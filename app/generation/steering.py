"""What a run may be told about the tasks it is to bring, alike in every pipeline."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# A line break would start a line of the prompt's own.
_Line = Annotated[str, Field(max_length=300), AfterValidator(lambda text: " ".join(text.split()))]

# How an answer is to be written; the rest is about which tasks are wanted.
MANNER = ("style", "language")


class Steering(BaseModel):
    """All empty: then prompts are the published ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: _Line = Field("", title="Topic", description="What the tasks are to be about. Empty: anything.")
    style: _Line = Field(
        "",
        title="Style",
        description="How they are to be written, such as “short questions of a child”.",
    )
    seek: _Line = Field(
        "",
        title="More of these",
        description="Verbs or fields to prefer, such as “compare, summarize; law”.",
    )
    avoid: _Line = Field("", title="None of these", description="Verbs or fields to leave out.")
    language: _Line = Field(
        "",
        title="Language",
        description="The language that everything is to be written in.",
    )


def steering_of(parameters: Steering) -> dict[str, str]:
    """Return what a run was told, with what it was told, in the order of the form."""
    told = {name: getattr(parameters, name) for name in Steering.model_fields}
    return {name: value for name, value in told.items() if value}
