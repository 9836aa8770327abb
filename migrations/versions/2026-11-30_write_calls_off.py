"""write calls off

When an owner said what calls cost whose process died, and an index that the list of a run's calls is read by.
"""

import sqlalchemy as sa
from alembic import op

revision = "b47e0d3a92c5"
down_revision = "a6d20f94be17"

_COLUMNS = ["run_id", "purpose", "outcome", "id"]


def upgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("written_off_at", sa.DateTime(timezone=True), nullable=True))
        calls.create_index("ix_calls_run_id_purpose_outcome_id", _COLUMNS)


def downgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.drop_index("ix_calls_run_id_purpose_outcome_id")
        calls.drop_column("written_off_at")
