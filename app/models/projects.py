"""The container of one data effort, and the human-written tasks it starts from."""

import datetime as dt
import secrets

from sqlalchemy import BigInteger, ForeignKeyConstraint, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import IDS_USED_ONCE, Base, BigId, CreatedAt, Id, NameText, ProjectId, in_project


class Project(Base):
    """``approval_ratings`` is the least number of ratings for the approval rule, 0 where the rule is off.

    ``rubric`` and ``rubric_version`` say what raters are asked. ``guidelines_version`` counts the texts that
    ``guidelines`` had, 0 where there never were any. ``cost_limit`` and ``monthly_cost_limit`` are the most that its
    calls may cost, in nano-dollars. ``annotators_edit``: whoever rates may change an example's text, too.
    ``pseudonym_key`` is what people are called in releases by, and never leaves. From ``archived_at`` on it is only
    read. From ``deleted_at`` on nobody sees it, while a job removes what is in it.
    """

    __tablename__ = "projects"
    __table_args__ = IDS_USED_ONCE

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(NameText(120))
    description: Mapped[str] = mapped_column(Text, default="")
    guidelines: Mapped[str] = mapped_column(Text, default="")
    guidelines_version: Mapped[int] = mapped_column(Integer, default=0)
    rubric: Mapped[str] = mapped_column(String(60), default="quality_study")
    rubric_version: Mapped[int] = mapped_column(Integer, default=1)
    approval_ratings: Mapped[int] = mapped_column(Integer, default=0)
    annotators_edit: Mapped[bool] = mapped_column(default=False)
    cost_limit: Mapped[int | None] = mapped_column(BigInteger)
    monthly_cost_limit: Mapped[int | None] = mapped_column(BigInteger)
    pseudonym_key: Mapped[bytes] = mapped_column(LargeBinary(32), default=lambda: secrets.token_bytes(32))
    created_at: Mapped[CreatedAt]
    archived_at: Mapped[dt.datetime | None]
    deleted_at: Mapped[dt.datetime | None]


class SeedTask(Base):
    """A human-written instruction. A retired one is kept but shown to no model and compared with nothing."""

    __tablename__ = "seed_tasks"
    __table_args__ = (in_project(), UniqueConstraint("project_id", "name"))

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    name: Mapped[str] = mapped_column(NameText(120))
    instruction: Mapped[str] = mapped_column(Text)
    is_classification: Mapped[bool]
    created_at: Mapped[CreatedAt]
    retired_at: Mapped[dt.datetime | None]
    instances: Mapped[list["SeedInstance"]] = relationship(
        order_by="SeedInstance.position", lazy="selectin", cascade="all, delete-orphan"
    )


class SeedInstance(Base):
    """One (input, output) pair of a seed task; ``input`` may be empty."""

    __tablename__ = "seed_instances"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "seed_task_id"], ["seed_tasks.project_id", "seed_tasks.id"]),
        UniqueConstraint("seed_task_id", "position"),
    )

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId)
    seed_task_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int]
    input: Mapped[str] = mapped_column(Text, default="")
    output: Mapped[str] = mapped_column(Text)
