"""The tables. Importing this package registers them all."""

from app.models import candidates, events, generation, imports, jobs, novelty, people, projects, prompts, releases
from app.models.base import Base

__all__ = [
    "Base",
    "candidates",
    "events",
    "generation",
    "imports",
    "jobs",
    "novelty",
    "people",
    "projects",
    "prompts",
    "releases",
]
