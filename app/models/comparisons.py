"""Examples that runs were started over, what other models answered to them, and how these answers were judged."""

from sqlalchemy import CheckConstraint, ColumnElement, Index, String, Text, UniqueConstraint, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, CreatedAt, Id, NameText, ProjectId, choice, in_project, same_project
from app.models.candidates import Outcome


class Comparison(Base):
    """Runs over the same examples: one per model that answers, and one that judges the answers once they are there.

    ``with_own``: the outputs that the examples had already are judged beside them.
    """

    __tablename__ = "comparisons"
    __table_args__ = (in_project(),)

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    with_own: Mapped[bool]
    created_at: Mapped[CreatedAt]


class ChosenExample(Base):
    """An example that a run was started over, in the version that it had then. ``position`` counts from 0."""

    __tablename__ = "chosen_examples"
    __table_args__ = (
        same_project("run_id", "runs"),
        same_project("candidate_id", "candidates"),
        UniqueConstraint("run_id", "position"),
        Index("ix_chosen_examples_candidate_id", "candidate_id"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    run_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int]
    candidate_id: Mapped[int] = mapped_column(BigId)
    candidate_version: Mapped[int]


_OWN = text("run_id IS NULL AND import_id IS NULL")


class Alternative(Base):
    """An answer to one version of a candidate's instruction and input.

    It comes of a run or of an import. With neither it is the output that the version had itself, kept to stand beside
    the others; ``model`` is then the one that wrote it, empty where that isn't known. ``outcome`` is what the filters
    made of it.
    """

    __tablename__ = "alternatives"
    __table_args__ = (
        in_project(),
        same_project("candidate_id", "candidates"),
        same_project("run_id", "runs"),
        same_project("call_id", "calls"),
        same_project("import_id", "jobs"),
        UniqueConstraint("run_id", "candidate_id", "candidate_version"),
        UniqueConstraint("import_id", "candidate_id", "candidate_version"),
        Index(
            "uq_alternatives_own",
            "candidate_id",
            "candidate_version",
            unique=True,
            postgresql_where=_OWN,
            sqlite_where=_OWN,
        ),
        Index("ix_alternatives_candidate_id", "candidate_id"),
        Index("ix_alternatives_call_id", "call_id"),
        CheckConstraint("(outcome = 'rejected') = (rejected_by IS NOT NULL)", name="rejection"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    candidate_id: Mapped[int] = mapped_column(BigId)
    candidate_version: Mapped[int]
    run_id: Mapped[int | None] = mapped_column(BigId)
    call_id: Mapped[int | None] = mapped_column(BigId)
    import_id: Mapped[int | None] = mapped_column(BigId)
    model: Mapped[str] = mapped_column(NameText(200), default="")
    output: Mapped[str] = mapped_column(Text)
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome))
    rejected_by: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text, default="")
    from_practice: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[CreatedAt]

    @hybrid_property
    def is_own(self) -> bool:
        """Whether it is the output that the version had itself."""
        return self.run_id is None and self.import_id is None

    @is_own.inplace.expression
    @classmethod
    def _is_own(cls) -> ColumnElement[bool]:
        return cls.run_id.is_(None) & cls.import_id.is_(None)


class Judgement(Base):
    """The score that one round of a judging run gave to one answer, shown at ``place`` among others, from 0."""

    __tablename__ = "judgements"
    __table_args__ = (
        same_project("run_id", "runs"),
        same_project("alternative_id", "alternatives"),
        same_project("call_id", "calls"),
        UniqueConstraint("run_id", "round", "alternative_id"),
        Index("ix_judgements_alternative_id", "alternative_id"),
        Index("ix_judgements_call_id", "call_id"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    run_id: Mapped[int] = mapped_column(BigId)
    round: Mapped[int]
    alternative_id: Mapped[int] = mapped_column(BigId)
    call_id: Mapped[int] = mapped_column(BigId)
    place: Mapped[int]
    score: Mapped[int]
