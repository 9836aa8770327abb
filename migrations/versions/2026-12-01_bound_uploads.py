"""bound uploads

A job counts the carriers that vanished over it, so that one that kills its process isn't taken up for ever. Answers of
models wait beside the examples of imports, with their task's fingerprint and the example that asks the same.
"""

import sqlalchemy as sa
from alembic import op

revision = "5b8f3d60c2a7"
down_revision = "c91e5a7d4f20"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_HAS_TASK = sa.text("task IS NOT NULL")


def upgrade() -> None:
    op.add_column("jobs", sa.Column("carriers_lost", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("arrivals", sa.Column("answer", sa.Text(), nullable=True))
    op.add_column("arrivals", sa.Column("task", sa.LargeBinary(), nullable=True))
    op.add_column("arrivals", sa.Column("candidate_id", _BIG, nullable=True))
    op.add_column("arrivals", sa.Column("candidate_version", sa.Integer(), nullable=True))
    op.create_index(
        "ix_arrivals_import_id_task",
        "arrivals",
        ["import_id", "task"],
        postgresql_where=_HAS_TASK,
        sqlite_where=_HAS_TASK,
    )


def downgrade() -> None:
    op.drop_index("ix_arrivals_import_id_task", "arrivals")
    for name in ("candidate_version", "candidate_id", "task", "answer"):
        op.drop_column("arrivals", name)
    op.drop_column("jobs", "carriers_lost")
