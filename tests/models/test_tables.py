"""What the databases themselves hold to, whoever writes: rows stay inside their project, choices are known."""

import pytest
from sqlalchemy import Enum, ForeignKeyConstraint, UniqueConstraint, create_engine, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from app.models.people import Person
from tests.rows import TABLES, fill, row_of

INTO_PROJECTS = [
    (table, key.column_keys)
    for table in TABLES
    for key in sorted(table.constraints, key=lambda constraint: str(constraint.name))
    if isinstance(key, ForeignKeyConstraint) and len(key.column_keys) == 2
]
INTO_PROJECTS_OF = {
    table.name: [key for key in table.foreign_key_constraints if len(key.column_keys) == 2] for table in TABLES
}
CHOICES = [(table, column) for table in TABLES for column in table.columns if isinstance(column.type, Enum)]
STRANGER = 4  # has rated nothing yet
SOURCES = {"seed_task_id", "candidate_id"}


def named(value):
    return getattr(value, "name", None) or (value[1] if isinstance(value, list) else None)


@pytest.fixture
def connection(database):
    with database.writing() as session:
        fill(session.connection(), 1)
        fill(session.connection(), 2)
        session.connection().execute(Person.__table__.insert(), row_of(Person.__table__, STRANGER))
        yield session.connection()


def pointing(table, column, project, target):
    """A third row, in one project, that points to a row of the same project or of the other one."""
    changes = {"project_id": project}
    for key in table.foreign_keys:
        changes[key.parent.name] = STRANGER if key.column.table.name == "persons" else project
    if table.name == "demonstrations" and column in SOURCES:
        changes |= dict.fromkeys(SOURCES)
    elif table.name == "demonstrations":
        changes["seed_task_id"] = None
    return row_of(table, 3) | changes | {column: target}


@pytest.mark.parametrize(("table", "columns"), INTO_PROJECTS, ids=named)
def test_a_row_points_only_into_its_own_project(connection, table, columns):
    assert columns[0] == "project_id"
    with connection.begin_nested() as savepoint:
        connection.execute(table.insert(), pointing(table, columns[1], project=1, target=1))
        savepoint.rollback()
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), connection.begin_nested():
        connection.execute(table.insert(), pointing(table, columns[1], project=1, target=2))


def test_every_row_of_a_project_that_points_to_another_carries_the_project_along():
    tables = {table for table in TABLES if "project_id" in table.columns}
    alone = [
        key.target_fullname
        for table in tables
        for constraint in table.foreign_key_constraints
        if len(constraint.elements) == 1
        for key in constraint.elements
        if key.column.table in tables
    ]
    assert alone == []
    assert len(INTO_PROJECTS) >= 14


@pytest.mark.parametrize(("table", "column"), CHOICES, ids=named)
def test_a_choice_is_one_of_those_known(connection, table, column):
    for member in column.type.enum_class:
        valid = {column.name: member} | ({"rejected_by": "length"} if member == "rejected" else {})
        with connection.begin_nested() as savepoint:
            if table.name not in {"decisions", "memberships"}:
                connection.execute(table.update().where(table.c.id == 1).values(valid))
            else:
                connection.execute(table.insert(), row_of(table, 3, project_id=1, **others(table), **valid))
            savepoint.rollback()
    with pytest.raises(IntegrityError, match=r"(?i)check"), connection.begin_nested():
        connection.exec_driver_sql(*unknown(connection, table, column))


def others(table):
    return {"candidate_id": 1} if table.name == "decisions" else {"person_id": 2, "invitation_id": None}


def unknown(connection, table, column):
    """A raw copy of row 1 with a word that is no choice: the driver's own SQL, past the type's check."""
    names = [each.name for each in table.columns]
    copied = {"id": "99", column.name: "'unheard_of'", "name": "'99'", "token_hash": "'99'", "person_id": "2"}
    selected = [copied.get(name, f'"{name}"') if name != "token_hash" else token(connection) for name in names]
    quoted = ", ".join(f'"{name}"' for name in names)
    return (f"INSERT INTO {table.name} ({quoted}) SELECT {', '.join(selected)} FROM {table.name} WHERE id = 1",)  # noqa: S608 - our own table names


def token(connection):
    return "'99'::bytea" if connection.dialect.name == "postgresql" else "x'99'"


def test_a_row_of_every_table_was_made(connection):
    assert {connection.scalar(select(func.count()).select_from(table)) for table in TABLES} == {2, 3}


def test_postgres_looks_up_what_a_row_points_to_by_its_id_in_a_new_table_too(postgresql_url):
    """Without statistics every index that begins with the project looks alike, and the newest is taken."""
    pointed_at = {
        key.elements[0].column.table.name
        for table in TABLES
        for key in table.foreign_key_constraints
        if len(key.elements) == 2
    }
    engine = create_engine(postgresql_url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SET plan_cache_mode = force_generic_plan"))
        for name in pointed_at:
            checked = f"SELECT 1 FROM ONLY {name} x WHERE project_id = $1 AND id = $2 FOR KEY SHARE OF x"  # noqa: S608
            connection.execute(text(f"PREPARE check_{name} (bigint, bigint) AS {checked}"))
            plan = "\n".join(connection.scalars(text(f"EXPLAIN EXECUTE check_{name} (1, 1)")))
            assert f" pk_{name} " in plan or f" uq_{name}_project_id_id " in plan, plan
    assert "calls" in pointed_at


def test_ids_that_are_known_elsewhere_are_given_once_on_sqlite(sqlite_url):
    """A table that a migration makes anew loses this without a word."""
    engine = create_engine(sqlite_url, poolclass=NullPool)
    with engine.connect() as connection:
        made = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all()
    once = {name for name, sql in made if "AUTOINCREMENT" in sql}
    assert once == {table.name for table in TABLES if table.dialect_options["sqlite"]["autoincrement"]}
    assert once == {"candidates", "jobs", "projects", "releases", "runs"}


@pytest.mark.parametrize("table", TABLES, ids=named)
def test_what_refers_to_a_row_is_found_by_an_index(table):
    """Whoever deletes a row makes the database look for what refers to it. A partial index doesn't help."""
    whole = [index for index in table.indexes if index.dialect_options["postgresql"]["where"] is None]
    unique = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    leading = {next(iter(each.columns)).name for each in (*whole, *unique)}
    assert [key.column_keys for key in INTO_PROJECTS_OF[table.name] if not leading & set(key.column_keys)] == []
