"""add limits of money and of pace, and runs that pause

What was spent so far is added up from the calls, which name their cost already.
"""

import sqlalchemy as sa
from alembic import op

revision = "e2b7f04d9c15"
down_revision = "c41f8b6a20e7"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STATES = ("queued", "running", "done", "cancelled", "failed")
_HAS_TARGET = "target_kept IS NOT NULL OR target_calls IS NOT NULL OR {} IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "spendings",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_spendings_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spendings")),
        sa.UniqueConstraint("project_id", "month", name=op.f("uq_spendings_project_id_month")),
    )
    with op.batch_alter_table("projects") as projects:
        projects.add_column(sa.Column("cost_limit", sa.BigInteger(), nullable=True))
        projects.add_column(sa.Column("monthly_cost_limit", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("endpoints") as endpoints:
        endpoints.add_column(sa.Column("price_cached", sa.BigInteger(), nullable=True))
        endpoints.add_column(sa.Column("tokens_per_minute", sa.Integer(), nullable=True))
        endpoints.add_column(sa.Column("failures_in_a_row", sa.Integer(), nullable=False, server_default="0"))
        endpoints.add_column(sa.Column("holds", sa.Integer(), nullable=False, server_default="0"))
        endpoints.add_column(sa.Column("held_until", sa.DateTime(timezone=True), nullable=True))
        endpoints.add_column(sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("tokens_cached", sa.Integer(), nullable=True))
        calls.add_column(sa.Column("tokens_most", sa.Integer(), nullable=False, server_default="0"))
        calls.create_index("ix_calls_endpoint_id_sent_at", ["endpoint_id", "sent_at"])
    with op.batch_alter_table("runs") as runs:
        runs.drop_constraint(op.f("ck_runs_has_target"), type_="check")
        runs.alter_column("target_cost", new_column_name="cost_limit", existing_type=sa.BigInteger())
        runs.add_column(sa.Column("cost", sa.BigInteger(), nullable=False, server_default="0"))
        runs.add_column(sa.Column("concurrency", sa.Integer(), nullable=False, server_default="4"))
        runs.add_column(sa.Column("pause_requested_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("runs") as runs:
        runs.create_check_constraint(op.f("ck_runs_has_target"), _HAS_TARGET.format("cost_limit"))
    _allow("runs", (*_STATES[:2], "paused", *_STATES[2:]))
    _allow("jobs", (*_STATES[:2], "paused", *_STATES[2:]))
    op.execute("UPDATE runs SET cost = (SELECT COALESCE(SUM(cost), 0) FROM calls WHERE calls.run_id = runs.id)")
    op.execute(
        "UPDATE runs SET concurrency = (SELECT concurrency FROM endpoints WHERE endpoints.id = runs.endpoint_id)"
    )
    _add_up()


def downgrade() -> None:
    op.execute("UPDATE runs SET state = 'cancelled' WHERE state = 'paused'")
    _allow("jobs", _STATES)
    _allow("runs", _STATES)
    with op.batch_alter_table("runs") as runs:
        runs.drop_constraint(op.f("ck_runs_has_target"), type_="check")
        runs.alter_column("cost_limit", new_column_name="target_cost", existing_type=sa.BigInteger())
        for name in ("pause_requested_at", "concurrency", "cost"):
            runs.drop_column(name)
    with op.batch_alter_table("runs") as runs:
        runs.create_check_constraint(op.f("ck_runs_has_target"), _HAS_TARGET.format("target_cost"))
    with op.batch_alter_table("calls") as calls:
        calls.drop_index("ix_calls_endpoint_id_sent_at")
        for name in ("tokens_most", "tokens_cached"):
            calls.drop_column(name)
    with op.batch_alter_table("endpoints") as endpoints:
        for name in ("tried_at", "held_until", "holds", "failures_in_a_row", "tokens_per_minute", "price_cached"):
            endpoints.drop_column(name)
    with op.batch_alter_table("projects") as projects:
        for name in ("monthly_cost_limit", "cost_limit"):
            projects.drop_column(name)
    op.drop_table("spendings")


def _allow(table: str, states: tuple[str, ...]) -> None:
    allowed = ", ".join(f"'{state}'" for state in states)
    with op.batch_alter_table(table) as changed:
        changed.drop_constraint(op.f(f"ck_{table}_runstate"), type_="check")
        changed.create_check_constraint(op.f(f"ck_{table}_runstate"), f"state IN ({allowed})")


def _add_up() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    month = "strftime('%Y-%m', sent_at)" if is_sqlite else "to_char(sent_at AT TIME ZONE 'UTC', 'YYYY-MM')"
    op.execute(
        f"INSERT INTO spendings (project_id, month, cost) SELECT project_id, {month}, SUM(cost) FROM calls "  # noqa: S608
        f"GROUP BY project_id, {month} HAVING SUM(cost) > 0"
    )
