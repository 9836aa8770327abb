"""add imports"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "01f7a2473588"
down_revision = "621d3c7fb405"


def upgrade() -> None:
    op.create_table(
        "arrivals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "unfinished", "kept", "rejected", name="outcome", native_enum=False, create_constraint=True, length=30
            ),
            nullable=True,
        ),
        sa.Column("rejected_by", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "import_id"], ["jobs.project_id", "jobs.id"], name=op.f("fk_arrivals_project_id_import_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_arrivals_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrivals")),
        sa.UniqueConstraint("import_id", "position", name=op.f("uq_arrivals_import_id_position")),
    )
    op.create_table(
        "import_chunks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "import_id"],
            ["jobs.project_id", "jobs.id"],
            name=op.f("fk_import_chunks_project_id_import_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_import_chunks_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_chunks")),
        sa.UniqueConstraint("import_id", "position", name=op.f("uq_import_chunks_import_id_position")),
    )
    with op.batch_alter_table("candidates", schema=None) as batch_op:
        batch_op.add_column(sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column("line", sa.BigInteger(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_candidates_import_id_position"), ["import_id", "position"])
        batch_op.create_foreign_key(
            batch_op.f("fk_candidates_project_id_import_id"), "jobs", ["project_id", "import_id"], ["project_id", "id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("candidates", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_candidates_project_id_import_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_candidates_import_id_position"), type_="unique")
        batch_op.drop_column("line")
        batch_op.drop_column("import_id")

    op.drop_table("import_chunks")
    op.drop_table("arrivals")
