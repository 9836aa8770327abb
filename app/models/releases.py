"""The frozen sets."""

from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import (
    IDS_USED_ONCE,
    Base,
    BigId,
    CreatedAt,
    Id,
    NameText,
    PersonId,
    ProjectId,
    in_project,
    same_project,
)


class Release(Base):
    """A frozen set of approved examples. ``sha256`` is over the canonical JSON lines of its items, in order."""

    __tablename__ = "releases"
    __table_args__ = (in_project(), UniqueConstraint("project_id", "name"), IDS_USED_ONCE)

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    name: Mapped[str] = mapped_column(NameText(120))
    notes: Mapped[str] = mapped_column(Text, default="")
    examples: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    rule: Mapped[dict[str, Any]]
    created_by_id: Mapped[PersonId]
    created_at: Mapped[CreatedAt]


class ReleaseItem(Base):
    """One example as it was frozen. ``record`` is its canonical JSON line, provenance included."""

    __tablename__ = "release_items"
    __table_args__ = (
        same_project("release_id", "releases"),
        UniqueConstraint("release_id", "position"),
        Index("ix_release_items_candidate_id", "candidate_id"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    release_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int]
    candidate_id: Mapped[int] = mapped_column(BigInteger)
    record: Mapped[bytes] = mapped_column(LargeBinary)
