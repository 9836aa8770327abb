"""Which statements read whole tables: every statement of a block, explained by the database that carries it out.

A plan is a scan where it reads a table, or an index of it, from one end: without a condition, with one that doesn't
begin where the index begins, with a mere range of keys, or through an index that the database builds for itself each
time. Postgres is asked whether an index can serve: whoever has few rows reads them all, whatever indexes there are.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    cast,
    event,
    func,
    literal,
    select,
    text,
)

from app.database import Database
from app.models import Base

TABLES = Base.metadata.tables
_EXPLAINED = ("SELECT", "WITH", "UPDATE", "DELETE")
_NAMED = re.compile(rf"\b({'|'.join(TABLES)}) AS (\w+)")
_SQLITE_STEP = re.compile(r"(SCAN|SEARCH) (\w+)(.*)")
# A search begins with the first column of an index. "ANY" tries all that it may be, a range of ids has no end.
_SQLITE_SERVES = re.compile(r"(?!.* AUTOMATIC |.*\(ANY\(|.*\(rowid[<>])( USING .*\(|$)")
_INDEXES = """
    SELECT index.relname, owner.relname, pg_get_indexdef(pg_index.indexrelid, 1, true)
    FROM pg_index JOIN pg_class index ON index.oid = indexrelid JOIN pg_class owner ON owner.oid = indrelid
"""


@dataclass(frozen=True, slots=True)
class Scan:
    """A statement that reads a whole table, where it was sent, and the step of its plan that does."""

    where: str
    table: str
    step: str
    statement: str

    def __str__(self) -> str:
        return f"{self.where}: {self.table}\n  {self.step}\n  {self.statement}"


@dataclass
class Plans:
    """The statements of a database that were collected, each once, with who sent it first and with what values."""

    database: Database
    asked: dict[str, tuple[str, Any]] = field(default_factory=dict)

    @contextmanager
    def collecting(self, where: str) -> Iterator[None]:
        """Collect what is sent inside the block."""

        def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
            if statement.lstrip("( \n").upper().startswith(_EXPLAINED):
                self.asked.setdefault(statement, (where, values[0] if many else values))

        event.listen(self.database.engine, "before_cursor_execute", note)
        try:
            yield
        finally:
            event.remove(self.database.engine, "before_cursor_execute", note)

    def check(self, read_whole: Mapping[tuple[str, str], str]) -> None:
        """Fail where a table is read whole, but for those that are meant to be, by table and who reads it."""
        found = list(self._scans())
        unmeant = [scan for scan in found if (scan.table, scan.where) not in read_whole]
        assert not unmeant, "\n\n".join(map(str, unmeant))
        assert read_whole.keys() <= {(scan.table, scan.where) for scan in found}, "one is no longer read whole"

    def _scans(self) -> Iterator[Scan]:
        with self.database.engine.connect() as connection:
            scans = _sqlite_scans if self.database.is_sqlite else partial(_postgres_scans, _prefer_indexes(connection))
            for statement, (where, values) in self.asked.items():
                for table, step in [*scans(connection, statement, values), *_pointing(statement)]:
                    yield Scan(where, table, step, " ".join(statement.split()))


def _pointing(statement: str) -> Iterator[tuple[str, str]]:
    """Tables in which no index finds the rows that point to a deleted one: the database looks for them, unsaid."""
    if (deleted := re.match(r"DELETE FROM (\w+)", statement)) is None:
        return
    for table in TABLES.values():
        indexed = [list(each.columns.keys()) for each in (*table.indexes, *_unique(table))]
        for key in table.foreign_key_constraints:
            points = set(key.column_keys)
            if key.referred_table.name == deleted[1] and not any(
                points - {"project_id"} == {columns[0]} or points <= set(columns[: len(points)]) for columns in indexed
            ):
                yield table.name, f"no index begins with {', '.join(key.column_keys)}"


def _unique(table: Table) -> list[Any]:
    return [each for each in table.constraints if isinstance(each, PrimaryKeyConstraint | UniqueConstraint)]


def _sqlite_scans(connection: Connection, statement: str, values: Any) -> Iterator[tuple[str, str]]:
    named = {name: name for name in TABLES} | {alias: table for table, alias in _NAMED.findall(statement)}
    for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values):
        read = _SQLITE_STEP.match(step)
        table = named.get(read[2]) if read else None
        if read and table and (read[1] == "SCAN" or not _SQLITE_SERVES.match(read[3])):
            yield table, step


def _prefer_indexes(connection: Connection) -> dict[str, tuple[str, str]]:
    """Let Postgres use indexes wherever it can. Returns each with its table and its first column."""
    for way in ("seqscan", "hashjoin", "mergejoin"):
        connection.execute(text(f"SET enable_{way} = off"))
    connection.execute(text("SET random_page_cost = 1"))  # as where all is in memory
    return {index: (table, column) for index, table, column in connection.execute(text(_INDEXES))}


def _postgres_scans(
    indexes: Mapping[str, tuple[str, str]], connection: Connection, statement: str, values: Any
) -> Iterator[tuple[str, str]]:
    ((plan,),) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
    waiting = [plan[0]["Plan"]]
    while waiting:
        step = waiting.pop()
        waiting += step.get("Plans", [])
        kind, index = step["Node Type"], step.get("Index Name")
        if kind == "Seq Scan" and step["Relation Name"] in TABLES:
            yield step["Relation Name"], f"Seq Scan where {step.get('Filter', 'nothing is asked')}"
        elif index is not None:
            table, column = indexes[index]
            condition = step.get("Index Cond", "")
            ways = "=|IS NULL|IS NOT NULL" if column == "id" else "=|<|>|IS NULL"
            if table in TABLES and not re.search(rf"\(\(?{column}\)?(::\w+)? ({ways})", condition):
                yield table, f"{kind} using {index} {condition}"


def multiply(connection: Connection, times: int) -> None:
    """Copy all people and projects with what is in them, ``times`` over: databases plan by how much there is."""
    alone = {"persons", "projects"}
    tables = [each for each in Base.metadata.sorted_tables if "project_id" in each.c or each.name in alone]
    step = 1 + max(connection.scalar(select(func.max(table.c.id))) or 0 for table in tables)
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < times))
    for table in tables:
        copied = {column.name: _copied(column, numbers.c.n, step, tables) for column in table.columns}
        rows = select(*copied.values()).select_from(table.join(numbers, literal(True)))
        connection.execute(table.insert().from_select(list(copied), rows))
        if connection.dialect.name == "postgresql":
            sequence = func.pg_get_serial_sequence(table.name, "id")
            connection.execute(select(func.setval(sequence, step * (times + 1))))


def _copied(column: Column[Any], number: Any, step: int, tables: list[Table]) -> Any:
    points_to = {key.column.table for key in column.foreign_keys}
    if column.name in {"id", "project_id"} or points_to & set(tables):
        return column + number * step
    if isinstance(column.type, LargeBinary) and column.unique:
        return cast(cast(column.table.c.id + number * step, String), LargeBinary)
    if column.name in {"submission", "email"}:
        return cast(number, String) + " " + column
    return column
