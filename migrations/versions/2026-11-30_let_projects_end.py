"""let projects end

Projects can be archived and deleted, and imports undone. So that deleting a row doesn't look through whole tables for
what refers to it, each such column has an index; and no id is given a second time on SQLite, as on Postgres. The
history of a project can't be deleted, but together with its project.

The triggers look at ``projects``: whoever makes that table anew on SQLite takes them away first and brings them back.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "b7d20c94e1f6"
down_revision = "b7d2e94f1a60"

_INDEXES = (
    ("ratings", "candidate_id"),
    ("ratings", "assignment_id"),
    ("judgements", "call_id"),
    ("replayed_candidates", "candidate_id"),
    ("near_duplicates", "candidate_id"),
    ("near_duplicates", "original_id"),
    ("study_items", "candidate_id"),
)
_HISTORY = ("events", "decisions", "release_items", "releases", "adjudications")
_IS_GOING = "EXISTS (SELECT 1 FROM projects WHERE projects.id = OLD.project_id AND projects.deleted_at IS NOT NULL)"
_IDS_USED_ONCE = ("projects", "releases", "runs", "jobs", "candidates")
_PLAIN, _ONCE = "PRIMARY KEY (id)", "PRIMARY KEY (id AUTOINCREMENT)"


def upgrade() -> None:
    with op.batch_alter_table("projects") as projects:
        projects.add_column(sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
        projects.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    for table, column in _INDEXES:
        op.create_index(f"ix_{table}_{column}", table, [column])
    _make_anew(_PLAIN, _ONCE)
    _guard_history(f"WHEN (NOT {_IS_GOING})", "refuse_deletion", f"IF {_IS_GOING} THEN RETURN OLD; END IF;")


def downgrade() -> None:
    _guard_history("", "refuse_change", "")
    _make_anew(_ONCE, _PLAIN)
    for table, column in _INDEXES:
        op.drop_index(f"ix_{table}_{column}", table)
    with op.batch_alter_table("projects") as projects:
        projects.drop_column("deleted_at")
        projects.drop_column("archived_at")


def _guard_history(unless: str, function: str, first: str) -> None:
    """Let the databases refuse to delete history, ``unless`` a condition of SQLite's or what a function looks at
    ``first`` on Postgres, whose triggers have no condition with a query."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    on = " ON {table}" if is_postgres else ""
    if is_postgres and first:
        refuse = "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;"
        op.execute(f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {first} {refuse} END $$")
    for table in _HISTORY:
        name = f"{table}_refuse_delete"
        body = f"EXECUTE FUNCTION {function}()"
        if not is_postgres:
            body = f"{unless} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        op.execute(f"DROP TRIGGER {name}{on.format(table=table)}")
        op.execute(f"CREATE TRIGGER {name} BEFORE DELETE ON {table} FOR EACH ROW {body}")
    if is_postgres and not first:
        op.execute("DROP FUNCTION refuse_deletion()")


def _make_anew(former: str, key: str) -> None:
    """Make SQLite's tables anew with another primary key and everything else as it is."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    for table in _IDS_USED_ONCE:
        parts = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = :table AND type = :type AND sql IS NOT NULL")
        made = connection.scalar(parts, {"table": table, "type": "table"})
        around = [
            made_of
            for kind in ("index", "trigger")
            for made_of in connection.scalars(parts, {"table": table, "type": kind})
        ]
        anew = re.sub(r"^CREATE TABLE \S+", f"CREATE TABLE anew_{table}", made).replace(former, key)
        if key not in anew:
            raise RuntimeError(f"the primary key of {table} was not found")
        connection.exec_driver_sql(anew)
        connection.exec_driver_sql(f"INSERT INTO anew_{table} SELECT * FROM {table}")  # noqa: S608 - our own tables
        connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql(f"ALTER TABLE anew_{table} RENAME TO {table}")
        for each in around:
            connection.exec_driver_sql(each)
