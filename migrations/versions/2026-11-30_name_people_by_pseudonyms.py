"""name people by pseudonyms

Each project gets a secret key, which what people are called in its releases is made with.
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "b7d2e94f1a60"
down_revision = "b47e0d3a92c5"

_PROJECTS = sa.table("projects", sa.column("id", sa.BigInteger()), sa.column("pseudonym_key", sa.LargeBinary()))


def upgrade() -> None:
    with op.batch_alter_table("projects") as batch:
        batch.add_column(sa.Column("pseudonym_key", sa.LargeBinary(32), nullable=True))
    connection = op.get_bind()
    for project_id in connection.scalars(sa.select(_PROJECTS.c.id)).all():
        key = secrets.token_bytes(32)
        connection.execute(sa.update(_PROJECTS).where(_PROJECTS.c.id == project_id).values(pseudonym_key=key))
    with op.batch_alter_table("projects") as batch:
        batch.alter_column("pseudonym_key", existing_type=sa.LargeBinary(32), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("projects") as batch:
        batch.drop_column("pseudonym_key")
