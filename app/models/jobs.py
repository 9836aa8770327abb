"""Work in the background: what a person starts and the engine carries out."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import IDS_USED_ONCE, Base, BigId, in_project
from app.models.generation import Carried
from app.models.people import Person


class Job(Carried, Base):
    """One piece of work in the background. ``done`` of ``total`` counts its steps; None: not known yet.

    ``seen_at`` is when its carrier last wrote that it goes on, and ``carriers_lost`` how many vanished over the step
    that it stands at. ``result`` is what its end says beyond the sentence.
    """

    noun = "job"
    __tablename__ = "jobs"
    __table_args__ = (
        in_project(),
        Index("ix_jobs_project_id_kind_id", "project_id", "kind", "id"),
        Index("ix_jobs_kind_id", "kind", "id"),
        IDS_USED_ONCE,
    )

    kind: Mapped[str] = mapped_column(String(60))
    parameters: Mapped[dict[str, Any]]
    done: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int | None] = mapped_column(BigInteger)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    started_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("persons.id"))
    seen_at: Mapped[dt.datetime | None]
    carriers_lost: Mapped[int] = mapped_column(default=0, server_default="0")
    started_by: Mapped[Person | None] = relationship(viewonly=True)
