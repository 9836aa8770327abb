"""What raters of a project are asked and told: its own rubrics and its guidelines, version by version."""

from typing import Any

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, BigId, CreatedAt, Id, NameText, PersonId, ProjectId
from app.models.people import Person


class RubricVersion(Base):
    """One version of a rubric of a project's own, as JSON. Versions count from 1 and never change."""

    __tablename__ = "rubric_versions"
    __table_args__ = (UniqueConstraint("project_id", "name", "version"),)

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    name: Mapped[str] = mapped_column(NameText(60))
    version: Mapped[int]
    content: Mapped[dict[str, Any]]
    written_by_id: Mapped[PersonId]
    created_at: Mapped[CreatedAt]
    written_by: Mapped[Person] = relationship(viewonly=True)


class GuidelinesVersion(Base):
    """The guidelines of a project as they were from a moment on. Nobody wrote those from before versions were kept."""

    __tablename__ = "guidelines_versions"
    __table_args__ = (UniqueConstraint("project_id", "version"),)

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    written_by_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[CreatedAt]
