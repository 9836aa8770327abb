"""add rubrics of projects, versions of guidelines, and what ratings say beyond their answers

Guidelines that a project has already become its first version, which nobody is named for.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "5b8e21c7f0a4"
down_revision = "b27e5d90c4f1"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_FIRST = """
INSERT INTO guidelines_versions (project_id, version, text, written_by_id, created_at)
SELECT id, 1, guidelines, NULL, created_at FROM projects WHERE guidelines <> ''
"""


def upgrade() -> None:
    op.create_table(
        "rubric_versions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", _JSON, nullable=False),
        sa.Column("written_by_id", _ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_rubric_versions_project_id")),
        sa.ForeignKeyConstraint(["written_by_id"], ["persons.id"], name=op.f("fk_rubric_versions_written_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rubric_versions")),
        sa.UniqueConstraint("project_id", "name", "version", name=op.f("uq_rubric_versions_project_id_name_version")),
    )
    op.create_table(
        "guidelines_versions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by_id", _ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_guidelines_versions_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guidelines_versions")),
        sa.UniqueConstraint("project_id", "version", name=op.f("uq_guidelines_versions_project_id_version")),
    )
    op.add_column("projects", sa.Column("guidelines_version", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("projects", sa.Column("rubric", sa.String(60), nullable=False, server_default="quality_study"))
    op.add_column("projects", sa.Column("rubric_version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("ratings", sa.Column("skip_reason", sa.String(60), nullable=False, server_default=""))
    op.add_column("ratings", sa.Column("tags", _JSON, nullable=False, server_default="[]"))
    op.add_column("ratings", sa.Column("shown", _JSON, nullable=False, server_default="[]"))
    op.add_column("ratings", sa.Column("guidelines_version", sa.Integer(), nullable=False, server_default="0"))
    op.execute(_FIRST)
    op.execute("UPDATE projects SET guidelines_version = 1 WHERE guidelines <> ''")


def downgrade() -> None:
    for column in ("guidelines_version", "shown", "tags", "skip_reason"):
        op.drop_column("ratings", column)
    for column in ("rubric_version", "rubric", "guidelines_version"):
        op.drop_column("projects", column)
    op.drop_table("guidelines_versions")
    op.drop_table("rubric_versions")
