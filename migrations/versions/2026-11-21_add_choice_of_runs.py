"""remember which examples a run was told to go through, for whoever runs it again"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "5d0e8a71c3f6"
down_revision = "c4f19b6e02d7"


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("runs", sa.Column("choice", json, nullable=False, server_default="{}"))
    with op.batch_alter_table("runs") as runs:
        runs.alter_column("choice", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.drop_column("choice")
