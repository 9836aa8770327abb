"""How a model is to lay out its answers: as the paper has it, or as JSON. A choice of each run, in every pipeline."""

from typing import Literal, TypeVar

from pydantic import BaseModel, Field

from app.generation.structured import PUBLISHED, Form


class Layout(BaseModel):
    """``layout`` "auto" is settled when a run begins; runs from before there was a choice went as published."""

    layout: Literal["auto", "published", "json"] = Field(
        "auto",
        title="Layout of answers",
        description="As the paper lays them out, which base models and simple ones follow best; or as JSON, which most "
        "chat models keep to more strictly. JSON takes more room, and neither stop sequences nor penalties are sent.",
        json_schema_extra={
            "labels": {"auto": "JSON where the model is known to write it", "published": "As published", "json": "JSON"}
        },
    )

    @property
    def is_json(self) -> bool:
        """Whether answers are asked for as JSON."""
        return self.layout == "json"

    def form(self, as_json: Form) -> Form:
        """Return what an answer is to look like: ``as_json``, where that is wanted."""
        return as_json if self.is_json else PUBLISHED


Parameters = TypeVar("Parameters", bound=BaseModel)


def settle_layout(parameters: Parameters, *, knows_json: bool) -> Parameters:
    """Return ``parameters`` with the layout that "auto" comes to for a model."""
    if not isinstance(parameters, Layout) or parameters.layout != "auto":
        return parameters
    return parameters.model_copy(update={"layout": "json" if knows_json else "published"})
