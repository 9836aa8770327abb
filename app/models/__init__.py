"""The tables. Importing this package registers them all."""

from app.models import (
    candidates,
    comparisons,
    events,
    generation,
    imports,
    jobs,
    novelty,
    people,
    projects,
    prompts,
    releases,
    rubrics,
    studies,
)
from app.models.base import Base

__all__ = [
    "Base",
    "candidates",
    "comparisons",
    "events",
    "generation",
    "imports",
    "jobs",
    "novelty",
    "people",
    "projects",
    "prompts",
    "releases",
    "rubrics",
    "studies",
]
