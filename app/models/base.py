"""What every table shares: naming of constraints, column types, the key that keeps a row inside its project."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Enum,
    ForeignKey,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy import ForeignKeyConstraint as _ForeignKeyConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, mapped_column

from app.text import tidy_name

BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB(), "postgresql")
# Keeps the order of keys and the spelling of numbers, which JSONB does not. No value is NULL, not the JSON null.
JsonAsItCame = JSON(none_as_null=True)
# SQLite would give the id of the newest row again once that is deleted. What is kept under the old id elsewhere, in
# evidence, in a file that left the house, in the engine's own tables or in the memory of a process, would then name
# another thing.
IDS_USED_ONCE = {"sqlite_autoincrement": True}


def now() -> dt.datetime:
    """Return the present moment in UTC. Tests replace the clock here."""
    return dt.datetime.now(dt.UTC)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment in UTC. SQLite has no time zones, so the zone is taken off and put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Refuse a moment without a zone: it would silently mean another one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if dialect.name == "sqlite" else value.astimezone(dt.UTC)


class NameText(TypeDecorator[str]):
    """What something is called, in at most ``length`` characters. Whoever was asked for a name was told what is wrong
    with it by ``clean_name``; no other way in leads past this."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - a hook's shape
        """Let through what passes the gate, and tidy what doesn't."""
        return value if value is None else tidy_name(value, limit=self.length)


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {dt.datetime: UtcDateTime, dict[str, Any]: Json, list[Any]: Json}


@dataclass(frozen=True, slots=True)
class NumberOf:
    """Marks a field of a form or a query that holds the number of a row, or several: they have to be in the project."""

    entity: type[Base]


Id = Annotated[int, mapped_column(BigId, primary_key=True)]
ProjectId = Annotated[int, mapped_column(BigId, ForeignKey("projects.id"))]
PersonId = Annotated[int, mapped_column(BigId, ForeignKey("persons.id"))]
CreatedAt = Annotated[dt.datetime, mapped_column(default=lambda: now())]  # noqa: PLW0108 - looked up late, so that tests can set the clock


def choice(kind: type[StrEnum]) -> Enum:
    """Return a column type for ``kind``: its values as text, checked by the database."""
    return Enum(
        kind, native_enum=False, create_constraint=True, length=30, values_callable=lambda e: [m.value for m in e]
    )


def in_project() -> UniqueConstraint:
    """Return the key that rows of the same project refer to."""
    return UniqueConstraint("project_id", "id")


def same_project(column: str, table: str) -> _ForeignKeyConstraint:
    """Return a foreign key that can only point to a row of the same project."""
    return _ForeignKeyConstraint(["project_id", column], [f"{table}.project_id", f"{table}.id"])
