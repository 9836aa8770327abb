"""Proposed examples, what became of them, what people said of them, and what was decided."""

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, aliased, foreign, mapped_column, relationship
from sqlalchemy.sql.elements import ColumnElement

from app.models.base import (
    IDS_USED_ONCE,
    Base,
    BigId,
    CreatedAt,
    Id,
    JsonAsItCame,
    PersonId,
    ProjectId,
    choice,
    in_project,
    same_project,
)
from app.models.people import Person
from app.models.projects import Project
from app.text import is_blank
from app.unseen import INVISIBLE

_COUNTS_FREELY = text("replaced_at IS NULL AND assignment_id IS NULL")
_COUNTS_IN_STUDY = text("replaced_at IS NULL AND assignment_id IS NOT NULL")


class Outcome(StrEnum):
    """What screening made of a candidate. ``UNFINISHED``: its instruction passed, its instance is being written."""

    UNFINISHED = "unfinished"
    KEPT = "kept"
    REJECTED = "rejected"


class Candidate(Base):
    """A proposed or imported example in its present version.

    ``position`` is its place in the completion that proposed it (``call_id``), ``instance`` its place among the
    instances of one instruction. One that was imported has no run: ``import_id`` is the job that brought it in,
    ``position`` its place in the file, from 0, and ``line`` the line that it starts in. ``derived_from_id`` is the
    candidate that it was made from, such as the one it translates. ``in_pool``: its instruction is
    one that later candidates must differ from; only the first instance of an instruction carries it. ``similarity`` is
    its highest ROUGE-L F1 to the pool when it was screened, None where novelty wasn't asked. ``metadata_`` is what the
    record of its file held beyond an example, None where it held nothing. ``ratings`` are those that count.
    """

    __tablename__ = "candidates"
    __table_args__ = (
        in_project(),
        same_project("run_id", "runs"),
        same_project("call_id", "calls"),
        same_project("instance_call_id", "calls"),
        same_project("import_id", "jobs"),
        same_project("derived_from_id", "candidates"),
        UniqueConstraint("run_id", "round", "position", "instance"),
        UniqueConstraint("import_id", "position"),
        Index("ix_candidates_project_id_outcome_id", "project_id", "outcome", "id"),
        Index("ix_candidates_run_id_outcome_id", "run_id", "outcome", "id"),
        Index("ix_candidates_pool", "project_id", "id", postgresql_where=text("in_pool"), sqlite_where=text("in_pool")),
        Index("ix_candidates_run_id_id", "run_id", "id"),
        Index("ix_candidates_call_id", "call_id"),
        Index("ix_candidates_instance_call_id", "instance_call_id"),
        Index("ix_candidates_derived_from_id", "derived_from_id"),
        CheckConstraint("(outcome = 'rejected') = (rejected_by IS NOT NULL)", name="rejection"),
        IDS_USED_ONCE,
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    run_id: Mapped[int | None] = mapped_column(BigId)
    call_id: Mapped[int | None] = mapped_column(BigId)
    instance_call_id: Mapped[int | None] = mapped_column(BigId)
    import_id: Mapped[int | None] = mapped_column(BigId)
    derived_from_id: Mapped[int | None] = mapped_column(BigId)
    line: Mapped[int | None] = mapped_column(BigInteger)
    round: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    instance: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    instruction: Mapped[str] = mapped_column(Text)
    input: Mapped[str] = mapped_column(Text, default="")
    output: Mapped[str] = mapped_column(Text, default="")
    is_classification: Mapped[bool | None]
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome))
    rejected_by: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    similarity: Mapped[float | None]
    in_pool: Mapped[bool] = mapped_column(default=False)
    from_practice: Mapped[bool] = mapped_column(default=False)
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata", JsonAsItCame)
    created_at: Mapped[CreatedAt]
    project: Mapped[Project] = relationship(viewonly=True)
    ratings: Mapped[list["Rating"]] = relationship(
        primaryjoin=lambda: and_(Candidate.id == foreign(Rating.candidate_id), Rating.replaced_at.is_(None)),
        order_by="Rating.id",
        viewonly=True,
    )
    decisions: Mapped[list["Decision"]] = relationship(
        primaryjoin=lambda: Candidate.id == foreign(Decision.candidate_id), order_by="Decision.id", viewonly=True
    )

    @property
    def lacks(self) -> str:
        """The field that an example can't do without and that shows nothing, empty where there is none."""
        return next((field for field in ("instruction", "output") if is_blank(getattr(self, field))), "")


class CandidateVersion(Base):
    """A text that a candidate had before somebody edited it, and who did."""

    __tablename__ = "candidate_versions"
    __table_args__ = (
        same_project("candidate_id", "candidates"),
        UniqueConstraint("candidate_id", "version"),
        Index("ix_candidate_versions_replaced_by_id", "replaced_by_id", "project_id", "candidate_id"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    candidate_id: Mapped[int] = mapped_column(BigId)
    version: Mapped[int]
    instruction: Mapped[str] = mapped_column(Text)
    input: Mapped[str] = mapped_column(Text)
    output: Mapped[str] = mapped_column(Text)
    replaced_by_id: Mapped[PersonId]
    replaced_at: Mapped[CreatedAt]


class Rating(Base):
    """One annotator's answers on one version of one candidate.

    A change or an undo sets ``replaced_at`` and, for a change, adds a row; at most one row per assignment of a study
    counts, and outside of studies one per annotator and candidate. ``submission`` is made by the form, so that the same
    answer sent twice is stored once.
    ``skipped`` rows hold no answers, ``skip_reason`` may say why. ``seconds`` is the time the item was in front of the
    annotator, ``guidelines_version`` the guidelines that lay beside it. ``shown`` are the numbers of the alternatives
    that were compared, from left to right, empty where none were.
    """

    __tablename__ = "ratings"
    __table_args__ = (
        same_project("candidate_id", "candidates"),
        same_project("assignment_id", "assignments"),
        UniqueConstraint("annotator_id", "submission"),
        Index(
            "uq_ratings_counting",
            "candidate_id",
            "annotator_id",
            unique=True,
            postgresql_where=_COUNTS_FREELY,
            sqlite_where=_COUNTS_FREELY,
        ),
        Index(
            "uq_ratings_counting_in_study",
            "assignment_id",
            unique=True,
            postgresql_where=_COUNTS_IN_STUDY,
            sqlite_where=_COUNTS_IN_STUDY,
        ),
        # Whole, so that it serves whoever asks for the ratings of a candidate, whatever else they ask; the project, so
        # that the database itself takes it where a candidate is deleted; the rest, so that counting reads nothing else.
        Index("ix_ratings_of_candidate", "candidate_id", "project_id", "replaced_at", "skipped"),
        Index("ix_ratings_annotator_id_project_id_id", "annotator_id", "project_id", "id"),
        Index("ix_ratings_project_id_id", "project_id", "id"),
        Index("ix_ratings_assignment_id", "assignment_id"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    candidate_id: Mapped[int] = mapped_column(BigId)
    candidate_version: Mapped[int]
    annotator_id: Mapped[PersonId]
    assignment_id: Mapped[int | None] = mapped_column(BigId)
    rubric: Mapped[str] = mapped_column(String(60))
    rubric_version: Mapped[int]
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    all_valid: Mapped[bool | None]
    skipped: Mapped[bool] = mapped_column(default=False)
    flagged: Mapped[bool] = mapped_column(default=False)
    skip_reason: Mapped[str] = mapped_column(String(60), default="")
    comment: Mapped[str] = mapped_column(Text, default="")
    tags: Mapped[list[Any]] = mapped_column(default=list)
    shown: Mapped[list[Any]] = mapped_column(default=list)
    guidelines_version: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[float | None]
    submission: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[CreatedAt]
    replaced_at: Mapped[dt.datetime | None]
    annotator: Mapped[Person] = relationship(viewonly=True)


class Verdict(StrEnum):
    """What a decision says. ``WITHDRAWN`` takes the one before it back."""

    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Decision(Base):
    """One decision on one version of a candidate; append-only, the latest counts. No person: the rule decided."""

    __tablename__ = "decisions"
    __table_args__ = (
        same_project("candidate_id", "candidates"),
        Index("ix_decisions_candidate_id_id", "candidate_id", "id"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    candidate_id: Mapped[int] = mapped_column(BigId)
    candidate_version: Mapped[int]
    verdict: Mapped[Verdict] = mapped_column(choice(Verdict))
    decided_by_id: Mapped[int | None] = mapped_column(BigId)
    reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[CreatedAt]


def latest_decision() -> ColumnElement[Verdict | None]:
    """Return the verdict that counts for a row of ``candidates``: the latest on its present version, else NULL.

    A candidate that was edited after its decision has to be decided anew, so older versions don't count.
    """
    decision = aliased(Decision)
    return (
        select(decision.verdict)
        .where(decision.candidate_id == Candidate.id, decision.candidate_version == Candidate.version)
        .order_by(decision.id.desc())
        .limit(1)
        .correlate(Candidate)
        .scalar_subquery()
    )


def has_verdict(*verdicts: Verdict) -> ColumnElement[bool]:
    """Return the condition that the decision that counts for a row of ``candidates`` says one of these."""
    decision, newer = aliased(Decision), aliased(Decision)
    is_its = (decision.candidate_id == Candidate.id, decision.candidate_version == Candidate.version)
    is_overruled = (
        select(newer.id)
        .where(
            newer.candidate_id == decision.candidate_id,
            newer.candidate_version == decision.candidate_version,
            newer.id > decision.id,
        )
        .correlate(decision)
        .exists()
    )
    said = select(decision.id).where(*is_its, decision.verdict.in_(verdicts), ~is_overruled)
    return said.correlate(Candidate).exists()


def is_approved() -> ColumnElement[bool]:
    """Return the condition that a row of ``candidates`` is approved."""
    return has_verdict(Verdict.APPROVED)


def is_rated() -> ColumnElement[bool]:
    """Return the condition that a rating of a row of ``candidates`` counts that isn't a skip."""
    rated = select(Rating.id).where(Rating.candidate_id == Candidate.id, Rating.replaced_at.is_(None), ~Rating.skipped)
    return rated.correlate(Candidate).exists()


def is_incomplete() -> ColumnElement[bool]:
    """Return the condition that a row of ``candidates`` lacks something: its instruction or its output is blank."""
    return or_(*(func.trim(field, INVISIBLE) == "" for field in (Candidate.instruction, Candidate.output)))
