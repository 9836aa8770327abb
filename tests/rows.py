"""A row of every table, made from the tables themselves: a new table is filled without a word here."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, Enum, Integer, LargeBinary, Table

from app.models import Base
from app.models.base import UtcDateTime

TABLES = Base.metadata.sorted_tables
MOMENT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
# What check constraints ask for beyond the types.
ASKED = {("runs", "target_kept"): 10, ("demonstrations", "seed_task_id"): None, ("invitations", "uses_allowed"): 10**9}
ASKED |= {("ratings", "assignment_id"): None}  # a rating outside of studies


def fill(connection: Connection, number: int) -> None:
    """Insert a row with the id ``number`` into every table; each refers to the others with that number."""
    for table in TABLES:
        connection.execute(table.insert(), row_of(table, number))


def row_of(table: Table, number: int, **changes: Any) -> dict[str, Any]:
    asked = {column: value for (name, column), value in ASKED.items() if name == table.name}
    return {column.name: _value(column, number) for column in table.columns} | asked | changes


def _value(column: Column[Any], number: int) -> Any:  # noqa: PLR0911 - one line per type
    kind = column.type
    if column.foreign_keys:
        return number
    if column.nullable:
        return None
    if isinstance(kind, Enum):
        return list(kind.enum_class)[0]  # noqa: RUF015 - the first member, of an enum
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, LargeBinary):
        return number.to_bytes(32, "big")
    if isinstance(kind, JSON):
        return {"number": number}
    if isinstance(kind, UtcDateTime):
        return MOMENT
    return number if isinstance(kind, Integer) else str(number)
