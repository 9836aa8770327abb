"""What jobs found out about similarity: how candidates fare at other limits, and which are near-duplicates."""

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Id, ProjectId, same_project


class ReplayedCandidate(Base):
    """How a candidate fared in a replay.

    ``was_kept``: it is among the kept in reality; else novelty rejected it. ``kept_at``: bit n says whether it would
    have been kept at the n-th of the replayed limits, the lowest first.
    """

    __tablename__ = "replayed_candidates"
    __table_args__ = (
        same_project("job_id", "jobs"),
        same_project("candidate_id", "candidates"),
        Index("ix_replayed_candidates_job_id_candidate_id", "job_id", "candidate_id"),
        Index("ix_replayed_candidates_candidate_id", "candidate_id"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    job_id: Mapped[int] = mapped_column(BigId)
    candidate_id: Mapped[int] = mapped_column(BigId)
    was_kept: Mapped[bool]
    kept_at: Mapped[int]


class NearDuplicate(Base):
    """A candidate that is too similar to an earlier one, its ``original``, in the versions that were compared.

    ``decision_id`` is the decision that turned it down together with the others of its job, None where there is none
    or it was taken back.
    """

    __tablename__ = "near_duplicates"
    __table_args__ = (
        same_project("job_id", "jobs"),
        same_project("candidate_id", "candidates"),
        same_project("original_id", "candidates"),
        Index("ix_near_duplicates_job_id_candidate_id", "job_id", "candidate_id"),
        Index("ix_near_duplicates_job_id_original_id", "job_id", "original_id"),
        Index("ix_near_duplicates_candidate_id", "candidate_id"),
        Index("ix_near_duplicates_original_id", "original_id"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    job_id: Mapped[int] = mapped_column(BigId)
    candidate_id: Mapped[int] = mapped_column(BigId)
    candidate_version: Mapped[int]
    original_id: Mapped[int] = mapped_column(BigId)
    original_version: Mapped[int]
    similarity: Mapped[float]
    decision_id: Mapped[int | None] = mapped_column(BigInteger)
