"""add replays and near-duplicates"""

import sqlalchemy as sa
from alembic import op

revision = "dfc5d9679aa6"
down_revision = "01f7a2473588"


def upgrade() -> None:
    op.create_table(
        "near_duplicates",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("candidate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("candidate_version", sa.Integer(), nullable=False),
        sa.Column("original_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("original_version", sa.Integer(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "candidate_id"],
            ["candidates.project_id", "candidates.id"],
            name=op.f("fk_near_duplicates_project_id_candidate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "job_id"], ["jobs.project_id", "jobs.id"], name=op.f("fk_near_duplicates_project_id_job_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "original_id"],
            ["candidates.project_id", "candidates.id"],
            name=op.f("fk_near_duplicates_project_id_original_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_near_duplicates_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_near_duplicates")),
    )
    with op.batch_alter_table("near_duplicates", schema=None) as batch_op:
        batch_op.create_index("ix_near_duplicates_job_id_candidate_id", ["job_id", "candidate_id"], unique=False)
        batch_op.create_index("ix_near_duplicates_job_id_original_id", ["job_id", "original_id"], unique=False)

    op.create_table(
        "replayed_candidates",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("candidate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("was_kept", sa.Boolean(), nullable=False),
        sa.Column("kept_at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "candidate_id"],
            ["candidates.project_id", "candidates.id"],
            name=op.f("fk_replayed_candidates_project_id_candidate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "job_id"],
            ["jobs.project_id", "jobs.id"],
            name=op.f("fk_replayed_candidates_project_id_job_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_replayed_candidates_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replayed_candidates")),
    )
    with op.batch_alter_table("replayed_candidates", schema=None) as batch_op:
        batch_op.create_index("ix_replayed_candidates_job_id_candidate_id", ["job_id", "candidate_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("replayed_candidates", schema=None) as batch_op:
        batch_op.drop_index("ix_replayed_candidates_job_id_candidate_id")

    op.drop_table("replayed_candidates")
    with op.batch_alter_table("near_duplicates", schema=None) as batch_op:
        batch_op.drop_index("ix_near_duplicates_job_id_original_id")
        batch_op.drop_index("ix_near_duplicates_job_id_candidate_id")

    op.drop_table("near_duplicates")
