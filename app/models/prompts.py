"""The wording of prompts that projects chose for themselves."""

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, CreatedAt, Id, NameText, PersonId, ProjectId
from app.models.people import Person


class PromptVersion(Base):
    """The words of one prompt in a project. Versions count from 1 and never change; 0 are the words shipped."""

    __tablename__ = "prompt_versions"
    __table_args__ = (UniqueConstraint("project_id", "name", "version"),)

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    name: Mapped[str] = mapped_column(NameText(60))
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    written_by_id: Mapped[PersonId]
    created_at: Mapped[CreatedAt]
    written_by: Mapped[Person] = relationship(viewonly=True)
