"""drop pool changes

Processes follow what changes in a pool by its events instead of a count.
"""

import sqlalchemy as sa
from alembic import op

revision = "7ac29e1b50d3"
down_revision = "dfc5d9679aa6"


def upgrade() -> None:
    op.drop_column("projects", "pool_changes")


def downgrade() -> None:
    op.add_column("projects", sa.Column("pool_changes", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("projects") as projects:
        projects.alter_column("pool_changes", server_default=None)
