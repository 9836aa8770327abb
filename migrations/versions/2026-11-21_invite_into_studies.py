"""invite straight into a study, and lead crowds back to where they came from"""

import sqlalchemy as sa
from alembic import op

revision = "9c41e7a05d38"
down_revision = "d4a6e19b73c2"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("invitations") as invitations:
        invitations.add_column(sa.Column("completion_url", sa.String(length=500), nullable=True))
        invitations.add_column(sa.Column("study_id", _ID, nullable=True))
        invitations.create_foreign_key(
            op.f("fk_invitations_project_id_study_id"), "studies", ["project_id", "study_id"], ["project_id", "id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("invitations") as invitations:
        invitations.drop_constraint(op.f("fk_invitations_project_id_study_id"), type_="foreignkey")
        invitations.drop_column("study_id")
        invitations.drop_column("completion_url")
