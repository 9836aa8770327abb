"""Money: what a project's calls cost month by month, and what its limits leave.

A call counts with the most it can cost from before it is sent until its answer is read. So whoever opens a call within
what is left, under the lock that ``left`` takes, can never pass a limit, however many do so at once.
"""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.database import lock
from app.models.base import now
from app.models.generation import Run, Spending
from app.models.projects import Project


def month_of(moment: dt.datetime) -> str:
    """Return the month that a call sent at ``moment`` counts in, such as "2026-11"."""
    return moment.strftime("%Y-%m")


def spend(session: Session, project_id: int, month: str, amount: int) -> None:
    """Add ``amount`` nano-dollars, which may be below 0, to what a project spent in ``month``."""
    if not amount:
        return
    insert = postgres_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    row = insert(Spending).values(project_id=project_id, month=month, cost=amount)
    session.execute(
        row.on_conflict_do_update(
            index_elements=["project_id", "month"], set_={"cost": Spending.cost + row.excluded.cost}
        )
    )


def left(session: Session, project_id: int, run: Run | None = None) -> tuple[int | None, str]:
    """Return the nano-dollars that may still be spent, None without a limit, and whose limit that is."""
    limits: list[tuple[int, str]] = []
    if run is not None and run.cost_limit is not None:
        limits.append((run.cost_limit - run.cost, "this run"))
    project = session.get_one(Project, project_id)
    if project.cost_limit is not None or project.monthly_cost_limit is not None:
        lock(session, Project, project_id)  # who spends last sees what all others have spent
        spent = spent_by_month(session, project_id)
        if project.monthly_cost_limit is not None:
            limits.append((project.monthly_cost_limit - spent.get(month_of(now()), 0), "this project a month"))
        if project.cost_limit is not None:
            limits.append((project.cost_limit - sum(spent.values()), "this project"))
    return min(limits, default=(None, ""))


def spent_by_month(session: Session, project_id: int) -> dict[str, int]:
    """Return what a project's calls cost in each month, such as "2026-11", in nano-dollars."""
    rows = session.execute(select(Spending.month, Spending.cost).where(Spending.project_id == project_id))
    return {row.month: row.cost for row in rows}
