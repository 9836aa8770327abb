"""What an import holds until it is settled: the file as it came, and the examples read from it."""

from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Id, JsonAsItCame, ProjectId, choice, same_project
from app.models.candidates import Outcome


class ImportChunk(Base):
    """A piece of the file of an import that has not been read to its end."""

    __tablename__ = "import_chunks"
    __table_args__ = (same_project("import_id", "jobs"), UniqueConstraint("import_id", "position"))

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    import_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)


_HAS_TASK = text("task IS NOT NULL")


class Arrival(Base):
    """An example of an import that is not settled: nobody sees it until all of them become candidates at once.

    ``position`` is its place in the file, from 0, and ``line`` the line that it starts in. ``outcome`` is None until
    it was screened. ``metadata_`` is what its record holds beyond an example.

    Where a model's answers come in, ``answer`` is what it wrote, ``task`` the fingerprint of what was asked, and
    ``candidate_id`` with ``candidate_version`` the example that asks the same; without one the row becomes an example.
    """

    __tablename__ = "arrivals"
    __table_args__ = (
        same_project("import_id", "jobs"),
        UniqueConstraint("import_id", "position"),
        Index(
            "ix_arrivals_import_id_task",
            "import_id",
            "task",
            postgresql_where=_HAS_TASK,
            sqlite_where=_HAS_TASK,
        ),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    import_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int]
    line: Mapped[int] = mapped_column(BigInteger)
    instruction: Mapped[str] = mapped_column(Text)
    input: Mapped[str] = mapped_column(Text)
    output: Mapped[str] = mapped_column(Text)
    outcome: Mapped[Outcome | None] = mapped_column(choice(Outcome))
    rejected_by: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    similarity: Mapped[float | None]
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata", JsonAsItCame)
    answer: Mapped[str | None] = mapped_column(Text)
    task: Mapped[bytes | None] = mapped_column(LargeBinary)
    candidate_id: Mapped[int | None] = mapped_column(BigId)
    candidate_version: Mapped[int | None]
