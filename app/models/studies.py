"""Studies: a sample of candidates, who rates which of them, and what was decided where they differ."""

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, BigId, CreatedAt, Id, NameText, PersonId, ProjectId, choice, in_project, same_project
from app.models.candidates import Candidate
from app.models.people import Person

# Without this, None would be the JSON word null.
_JSON_OR_NONE = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_FREE = text("given < wanted")
_OPEN = text("state = 'open'")


class StudyState(StrEnum):
    """Planned: the sample is drawn. Open: it is rated. Closed: its report is frozen."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


class GivingOut(StrEnum):
    """How people come by their examples: whoever comes takes the next one, or each has their own from the start."""

    SELF_SERVE = "self_serve"
    FIXED = "fixed"


class Study(Base):
    """One measurement of quality on a sample. Once it is open nothing of its plan changes.

    ``population`` is the filter that candidates were drawn by, ``matched`` how many it found. ``contenders`` are those
    whose answers are judged, see ``contenders.py``, empty where it is the candidates themselves; each candidate then
    has ``items_each`` items. ``people`` are the ids of those who may rate, empty for every member. ``gold`` is how many
    examples with known answers were added, ``repeats`` how many examples each person silently sees again. ``plan``
    says when it stops, see ``stopping.py``. ``report`` is the frozen report in canonical JSON.
    """

    __tablename__ = "studies"
    __table_args__ = (in_project(),)

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    name: Mapped[str] = mapped_column(NameText(120))
    state: Mapped[StudyState] = mapped_column(choice(StudyState), default=StudyState.PLANNED)
    population: Mapped[dict[str, Any]]
    matched: Mapped[int]
    size: Mapped[int]
    seed: Mapped[int] = mapped_column(BigId)
    strata: Mapped[list[Any]]
    one_instance: Mapped[bool]
    contenders: Mapped[list[Any]] = mapped_column(default=list)
    items_each: Mapped[int] = mapped_column(default=1)
    rubric: Mapped[str] = mapped_column(String(60))
    rubric_version: Mapped[int]
    overlap: Mapped[int]
    giving_out: Mapped[GivingOut] = mapped_column(choice(GivingOut))
    people: Mapped[list[Any]]
    gold: Mapped[int]
    repeats: Mapped[int]
    plan: Mapped[dict[str, Any]]
    created_by_id: Mapped[PersonId]
    created_at: Mapped[CreatedAt]
    opened_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    sentence: Mapped[str] = mapped_column(Text, default="")
    report: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    report_sha256: Mapped[str | None] = mapped_column(String(64))


class StudyItem(Base):
    """A candidate of a sample in the version that it had when it was drawn.

    ``answers`` are the numbers of the alternatives that are judged: none for the candidate as it is, one that stands in
    place of its output, several that are compared. ``gold`` holds its known answers, None for the sample proper.
    ``given`` is how many people have or had it in first ratings, ``wanted`` how many are to: the overlap, and one more
    where two disagree.
    """

    __tablename__ = "study_items"
    __table_args__ = (
        in_project(),
        same_project("study_id", "studies"),
        same_project("candidate_id", "candidates"),
        UniqueConstraint("study_id", "position"),
        Index("ix_study_items_candidate_id", "candidate_id"),
        Index("ix_study_items_free", "study_id", "position", postgresql_where=_FREE, sqlite_where=_FREE),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    study_id: Mapped[int] = mapped_column(BigId)
    candidate_id: Mapped[int] = mapped_column(BigId)
    candidate_version: Mapped[int]
    stratum: Mapped[str] = mapped_column(String(200), default="")
    position: Mapped[int]
    answers: Mapped[list[Any]] = mapped_column(default=list)
    gold: Mapped[dict[str, Any] | None] = mapped_column(_JSON_OR_NONE)
    given: Mapped[int] = mapped_column(default=0)
    wanted: Mapped[int]
    candidate: Mapped[Candidate] = relationship(viewonly=True)


class AssignmentState(StrEnum):
    """Open: it is before the annotator. Done: they answered. Released: they left or skipped it, others may have it."""

    OPEN = "open"
    DONE = "done"
    RELEASED = "released"


class Assignment(Base):
    """A candidate of a study that one annotator is to rate; ``number`` above 1 is a silent repeat.

    ``asked`` are the questions that they are asked, None for all of the rubric. ``given_at`` is when it was last put
    before them, None while a fixed one still waits.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        in_project(),
        same_project("study_id", "studies"),
        same_project("study_item_id", "study_items"),
        UniqueConstraint("study_item_id", "annotator_id", "number"),
        Index("ix_assignments_study_id_annotator_id_state_id", "study_id", "annotator_id", "state", "id"),
        Index("ix_assignments_open", "study_id", "given_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    study_id: Mapped[int] = mapped_column(BigId)
    study_item_id: Mapped[int] = mapped_column(BigId)
    annotator_id: Mapped[PersonId]
    number: Mapped[int] = mapped_column(default=1)
    asked: Mapped[list[Any] | None] = mapped_column(_JSON_OR_NONE)
    state: Mapped[AssignmentState] = mapped_column(choice(AssignmentState), default=AssignmentState.OPEN)
    given_at: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
    item: Mapped[StudyItem] = relationship(viewonly=True)
    annotator: Mapped[Person] = relationship(viewonly=True)


class Adjudication(Base):
    """What a curator decided on one question where ratings differ. Append-only; the latest counts, beside the ratings,
    never over them."""

    __tablename__ = "adjudications"
    __table_args__ = (
        same_project("study_item_id", "study_items"),
        Index("ix_adjudications_study_item_id", "study_item_id"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    study_item_id: Mapped[int] = mapped_column(BigId)
    question: Mapped[str] = mapped_column(String(60))
    answer: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text, default="")
    by_id: Mapped[PersonId]
    created_at: Mapped[CreatedAt]
    by: Mapped[Person] = relationship(viewonly=True)
