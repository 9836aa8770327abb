"""The append-only record of every change: who, when, what, before and after in brief."""

from typing import Any

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, BigId, CreatedAt, Id

_BRIEF = 300


class Event(Base):
    """One change. ``kind`` is ``noun.verb``; no actor: the product itself did it (a rule, the engine)."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_project_id_id", "project_id", "id"),
        Index("ix_events_project_id_kind_subject_id", "project_id", "kind", "subject_id"),
    )

    id: Mapped[Id]
    at: Mapped[CreatedAt]
    project_id: Mapped[int | None] = mapped_column(BigId)
    actor_id: Mapped[int | None] = mapped_column(BigId)
    kind: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)


def record(
    session: Session,
    kind: str,
    *,
    project_id: int | None,
    actor_id: int | None,
    subject_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add one event to this transaction. Long texts in ``before`` and ``after`` are cut to be brief."""
    session.add(
        Event(
            kind=kind,
            project_id=project_id,
            actor_id=actor_id,
            subject_id=subject_id,
            before=_brief(before),
            after=_brief(after),
        )
    )


def _brief(values: dict[str, Any] | None) -> dict[str, Any]:
    return {
        key: value[:_BRIEF] + "…" if isinstance(value, str) and len(value) > _BRIEF else value
        for key, value in (values or {}).items()
    }
