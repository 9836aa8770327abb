"""keep metadata

What the record of a file holds beyond an example is kept with the example that it became.
"""

import sqlalchemy as sa
from alembic import op

revision = "3f8a1c5d72e9"
down_revision = "9c41e7a05d38"


def upgrade() -> None:
    for table in ("candidates", "arrivals"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("metadata", sa.JSON(), nullable=True))


def downgrade() -> None:
    for table in ("candidates", "arrivals"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("metadata")
