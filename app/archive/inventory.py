"""What a project holds, named before it is deleted, and which tables that is in.

Every table of a project is named here. One that is new and isn't fails a test: whoever makes it says whether people
are told of it by its own word or together with another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from app.models import Base
from app.models.candidates import Rating
from app.models.generation import Spending
from app.models.projects import Project
from app.models.releases import Release
from app.releases.snapshots import releases_of

# By table: what one row is called. In this order they are shown.
NAMED: Mapping[str, str] = {
    "candidates": "example",
    "seed_tasks": "seed task",
    "ratings": "rating",
    "decisions": "decision",
    "studies": "study",
    "releases": "release",
    "runs": "run",
    "calls": "call to a model",
    "comparisons": "comparison",
    "endpoints": "model with its key",
    "jobs": "import or other job",
    "memberships": "membership",
    "invitations": "invitation",
    "events": "recorded change",
}
# What goes with them and has no word of its own.
WITH_THEM = frozenset(
    {
        "adjudications",
        "alternatives",
        "arrivals",
        "assignments",
        "candidate_versions",
        "chosen_examples",
        "demonstrations",
        "guidelines_versions",
        "import_chunks",
        "judgements",
        "near_duplicates",
        "prompt_versions",
        "release_items",
        "replayed_candidates",
        "rubric_versions",
        "seed_instances",
        "spendings",
        "study_items",
    }
)
# In an order in which nothing is left that refers to what goes next.
PIECES: Sequence[Table] = [table for table in reversed(Base.metadata.sorted_tables) if "project_id" in table.columns]
_PLURALS = {"study": "studies", "call to a model": "calls to models", "model with its key": "models with their keys"}
_PLURALS |= {"import or other job": "imports and other jobs"}


@dataclass(frozen=True, slots=True)
class Inventory:
    """``counts`` are by the name of the table, ``rows`` those of all tables; ``raters`` gave the ratings.

    ``spent`` is what the calls of each month cost, in nano-dollars.
    """

    counts: Mapping[str, int]
    rows: int
    raters: int
    spent: Mapping[str, int]
    releases: Sequence[Release]

    @property
    def cost(self) -> int:
        """What all calls cost, in nano-dollars."""
        return sum(self.spent.values())

    def lines(self) -> list[tuple[str, int]]:
        """Return what goes, each in words for so many, with how many."""
        return [(_noun(NAMED[name], count), count) for name, count in self.counts.items() if name in NAMED and count]


def inventory_of(session: Session, project: Project) -> Inventory:
    """Count what a project holds. Looks through whole tables, so it is for a page that is rarely asked for."""
    ordered = sorted(PIECES, key=lambda table: [*NAMED, table.name].index(table.name))
    counted = [
        select(func.count()).select_from(table).where(table.c.project_id == project.id).scalar_subquery()
        for table in ordered
    ]
    counts = dict(zip((table.name for table in ordered), session.execute(select(*counted)).one(), strict=True))
    raters = select(func.count(Rating.annotator_id.distinct())).where(Rating.project_id == project.id)
    spent = session.execute(
        select(Spending.month, Spending.cost).where(Spending.project_id == project.id).order_by(Spending.month)
    )
    return Inventory(
        counts=counts,
        rows=sum(counts.values()),
        raters=session.scalar(raters) or 0,
        spent={row.month: row.cost for row in spent},
        releases=releases_of(session, project.id),
    )


def _noun(one: str, count: int) -> str:
    return one if count == 1 else _PLURALS.get(one, f"{one}s")
