"""make Postgres look the rows that others point to up by their primary key

A key that points to (project_id, id) is checked by a plan that a connection makes once, and a new table has no
statistics to plan by. Every index that begins with the project looks alike then, and of those that do the newest is
taken: one that lists a whole project, for each row. Now the newest is the primary key.
"""

from alembic import op

revision = "c4f19b6e02d7"
down_revision = "9a41d7c3e5b8"

_TABLES = (
    "alternatives",
    "calls",
    "candidates",
    "comparisons",
    "endpoints",
    "invitations",
    "jobs",
    "releases",
    "runs",
    "seed_tasks",
)


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for table in _TABLES:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}, ADD CONSTRAINT pk_{table} PRIMARY KEY (id)")


def downgrade() -> None:
    """Nothing to undo: the schema is the same."""
