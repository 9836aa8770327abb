"""add runs over chosen examples, answers beside an example's own, and how they are judged"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "91d3c6a7f2b8"
down_revision = "e2b7f04d9c15"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_HAS_TARGET = "target_kept IS NOT NULL OR target_calls IS NOT NULL OR cost_limit IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "comparisons",
        *_of_a_project("comparisons"),
        sa.Column("with_own", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_comparisons_project_id_id")),
    )
    with op.batch_alter_table("runs") as runs:
        runs.drop_constraint(op.f("ck_runs_has_target"), type_="check")
        runs.add_column(sa.Column("comparison_id", _ID, nullable=True))
        runs.add_column(sa.Column("rounds", sa.Integer(), nullable=True))
        runs.add_column(sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false()))
        runs.create_index("ix_runs_comparison_id", ["comparison_id"])
        _in_same_project(runs, "runs", "comparison_id", "comparisons")
    with op.batch_alter_table("runs") as runs:
        runs.create_check_constraint(op.f("ck_runs_has_target"), f"{_HAS_TARGET} OR rounds IS NOT NULL")
    with op.batch_alter_table("candidates") as candidates:
        candidates.add_column(sa.Column("derived_from_id", _ID, nullable=True))
        candidates.create_index("ix_candidates_derived_from_id", ["derived_from_id"])
        _in_same_project(candidates, "candidates", "derived_from_id", "candidates")
    op.create_table(
        "chosen_examples",
        *_of_a_project("chosen_examples"),
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("candidate_id", _ID, nullable=False),
        sa.Column("candidate_version", sa.Integer(), nullable=False),
        _refers("chosen_examples", "run_id", "runs"),
        _refers("chosen_examples", "candidate_id", "candidates"),
        sa.UniqueConstraint("run_id", "position", name=op.f("uq_chosen_examples_run_id_position")),
    )
    op.create_index("ix_chosen_examples_candidate_id", "chosen_examples", ["candidate_id"])
    op.create_table(
        "alternatives",
        *_of_a_project("alternatives"),
        sa.Column("candidate_id", _ID, nullable=False),
        sa.Column("candidate_version", sa.Integer(), nullable=False),
        sa.Column("run_id", _ID, nullable=True),
        sa.Column("call_id", _ID, nullable=True),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "unfinished",
                "kept",
                "rejected",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("rejected_by", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_practice", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'rejected') = (rejected_by IS NOT NULL)", name=op.f("ck_alternatives_rejection")
        ),
        _refers("alternatives", "candidate_id", "candidates"),
        _refers("alternatives", "run_id", "runs"),
        _refers("alternatives", "call_id", "calls"),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_alternatives_project_id_id")),
        sa.UniqueConstraint(
            "run_id",
            "candidate_id",
            "candidate_version",
            name=op.f("uq_alternatives_run_id_candidate_id_candidate_version"),
        ),
    )
    op.create_index("ix_alternatives_candidate_id", "alternatives", ["candidate_id"])
    op.create_index(
        "uq_alternatives_own",
        "alternatives",
        ["candidate_id", "candidate_version"],
        unique=True,
        postgresql_where=sa.text("run_id IS NULL"),
        sqlite_where=sa.text("run_id IS NULL"),
    )
    op.create_table(
        "judgements",
        *_of_a_project("judgements"),
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("alternative_id", _ID, nullable=False),
        sa.Column("call_id", _ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        _refers("judgements", "run_id", "runs"),
        _refers("judgements", "alternative_id", "alternatives"),
        _refers("judgements", "call_id", "calls"),
        sa.UniqueConstraint(
            "run_id", "round", "alternative_id", name=op.f("uq_judgements_run_id_round_alternative_id")
        ),
    )
    op.create_index("ix_judgements_alternative_id", "judgements", ["alternative_id"])


def downgrade() -> None:
    for table in ("judgements", "alternatives", "chosen_examples"):
        op.drop_table(table)
    with op.batch_alter_table("candidates") as candidates:
        candidates.drop_constraint(op.f("fk_candidates_project_id_derived_from_id"), type_="foreignkey")
        candidates.drop_index("ix_candidates_derived_from_id")
        candidates.drop_column("derived_from_id")
    # A run had to have one of its other targets: as many calls as it made.
    op.execute(
        "UPDATE runs SET target_calls = (SELECT COUNT(*) FROM calls WHERE calls.run_id = runs.id) + 1 "
        "WHERE target_kept IS NULL AND target_calls IS NULL AND cost_limit IS NULL"
    )
    with op.batch_alter_table("runs") as runs:
        runs.drop_constraint(op.f("ck_runs_has_target"), type_="check")
        runs.drop_constraint(op.f("fk_runs_project_id_comparison_id"), type_="foreignkey")
        runs.drop_index("ix_runs_comparison_id")
        runs.drop_column("waits")
        runs.drop_column("rounds")
        runs.drop_column("comparison_id")
    with op.batch_alter_table("runs") as runs:
        runs.create_check_constraint(op.f("ck_runs_has_target"), _HAS_TARGET)
    op.drop_table("comparisons")


def _of_a_project(table: str) -> list[sa.Column[int] | sa.Constraint]:
    return [
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f(f"fk_{table}_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["project_id", column], [f"{other}.project_id", f"{other}.id"], name=op.f(f"fk_{table}_project_id_{column}")
    )


def _in_same_project(batch: Any, table: str, column: str, other: str) -> None:
    batch.create_foreign_key(
        op.f(f"fk_{table}_project_id_{column}"), other, ["project_id", column], ["project_id", "id"]
    )
