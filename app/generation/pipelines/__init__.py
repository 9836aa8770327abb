"""The pipelines in the order in which they are offered. A new one is a new module here and one line below."""

from app.errors import NotFound
from app.generation.pipeline import Pipeline
from app.generation.pipelines import alpaca, back_generation, evolve, judge, self_instruct, teacher, translate

PIPELINES: tuple[Pipeline, ...] = (
    self_instruct.pipeline,
    alpaca.pipeline,
    evolve.pipeline,
    back_generation.pipeline,
    teacher.pipeline,
    translate.pipeline,
    judge.pipeline,
)


def pipeline_named(name: str) -> Pipeline:
    """Return the pipeline stored as ``name``. Raises NotFound where there is none."""
    for pipeline in PIPELINES:
        if pipeline.name == name:
            return pipeline
    offered = ", ".join(pipeline.name for pipeline in PIPELINES)
    raise NotFound(f"There is no pipeline named “{name}”. Choose one of: {offered}.")
