"""add prompt versions

Runs from before used the shipped words of every prompt, which a missing name means.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c41f8b6a20e7"
down_revision = "7ac29e1b50d3"


def upgrade() -> None:
    op.create_table(
        "prompt_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_prompt_versions_project_id")),
        sa.ForeignKeyConstraint(["written_by_id"], ["persons.id"], name=op.f("fk_prompt_versions_written_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_versions")),
        sa.UniqueConstraint("project_id", "name", "version", name=op.f("uq_prompt_versions_project_id_name_version")),
    )
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("runs", sa.Column("wording", json, nullable=False, server_default="{}"))
    with op.batch_alter_table("runs") as runs:
        runs.alter_column("wording", server_default=None)


def downgrade() -> None:
    op.drop_column("runs", "wording")
    op.drop_table("prompt_versions")
