"""let jobs make calls"""

import sqlalchemy as sa
from alembic import op

revision = "7a90c3de51b8"
down_revision = "91d3c6a7f2b8"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STEP = ["job_id", "round", "position", "purpose", "attempt"]


def upgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("job_id", _ID, nullable=True))
        calls.create_unique_constraint(op.f("uq_calls_job_id_round_position_purpose_attempt"), _STEP)
        calls.create_foreign_key(
            op.f("fk_calls_project_id_job_id"), "jobs", ["project_id", "job_id"], ["project_id", "id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.drop_constraint(op.f("fk_calls_project_id_job_id"), type_="foreignkey")
        calls.drop_constraint(op.f("uq_calls_job_id_round_position_purpose_attempt"), type_="unique")
        calls.drop_column("job_id")
