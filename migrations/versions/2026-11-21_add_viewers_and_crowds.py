"""add viewers, identities, invitations by e-mail and for crowds, and what is noted of a member"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b27e5d90c4f1"
down_revision = "e81f4c2a96d0"

_BEFORE = ("annotator", "curator", "owner")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_identities_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identities_issuer_subject")),
    )
    op.create_index(op.f("ix_identities_person_id"), "identities", ["person_id"])
    with op.batch_alter_table("persons") as persons:
        persons.add_column(sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("sign_in_links") as links:
        links.add_column(sa.Column("purpose", sa.String(length=30), nullable=False, server_default="sign_in"))
        links.add_column(sa.Column("email", sa.String(length=254), nullable=True))
        links.create_check_constraint(op.f("ck_sign_in_links_linkpurpose"), "purpose IN ('sign_in', 'reset')")
    with op.batch_alter_table("invitations") as invitations:
        invitations.add_column(sa.Column("email", sa.String(length=254), nullable=True))
        invitations.add_column(sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True))
        invitations.add_column(
            sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        invitations.add_column(sa.Column("parameter", sa.String(length=60), nullable=True))
        invitations.add_column(sa.Column("completion_code", sa.String(length=60), nullable=True))
        invitations.add_column(sa.Column("asked", sa.Integer(), nullable=True))
        invitations.create_foreign_key(op.f("fk_invitations_person_id"), "persons", ["person_id"], ["id"])
    with op.batch_alter_table("memberships") as memberships:
        memberships.add_column(
            sa.Column("invitation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        memberships.add_column(sa.Column("external_id", sa.String(length=100), nullable=True))
        memberships.add_column(sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
        memberships.add_column(sa.Column("left_out_at", sa.DateTime(timezone=True), nullable=True))
        memberships.add_column(sa.Column("about", _JSON, nullable=False, server_default="{}"))
        memberships.create_unique_constraint(
            op.f("uq_memberships_project_id_external_id"), ["project_id", "external_id"]
        )
        memberships.create_foreign_key(
            op.f("fk_memberships_project_id_invitation_id"),
            "invitations",
            ["project_id", "invitation_id"],
            ["project_id", "id"],
        )
    _allow("viewer", *_BEFORE)


def downgrade() -> None:
    # Without viewers, whoever was one would rate: they leave instead.
    op.execute(
        "UPDATE memberships SET role = 'annotator', removed_at = COALESCE(removed_at, CURRENT_TIMESTAMP)"
        " WHERE role = 'viewer'"
    )
    op.execute(
        "UPDATE invitations SET role = 'annotator', revoked_at = COALESCE(revoked_at, CURRENT_TIMESTAMP)"
        " WHERE role = 'viewer'"
    )
    _allow(*_BEFORE)
    with op.batch_alter_table("memberships") as memberships:
        memberships.drop_constraint(op.f("fk_memberships_project_id_invitation_id"), type_="foreignkey")
        memberships.drop_constraint(op.f("uq_memberships_project_id_external_id"), type_="unique")
        for name in ("invitation_id", "external_id", "paused_at", "left_out_at", "about"):
            memberships.drop_column(name)
    with op.batch_alter_table("invitations") as invitations:
        invitations.drop_constraint(op.f("fk_invitations_person_id"), type_="foreignkey")
        for name in ("email", "sent_at", "person_id", "parameter", "completion_code", "asked"):
            invitations.drop_column(name)
    with op.batch_alter_table("sign_in_links") as links:
        links.drop_constraint(op.f("ck_sign_in_links_linkpurpose"), type_="check")
        links.drop_column("purpose")
        links.drop_column("email")
    with op.batch_alter_table("persons") as persons:
        persons.drop_column("email_verified_at")
    op.drop_index(op.f("ix_identities_person_id"), table_name="identities")
    op.drop_table("identities")


def _allow(*roles: str) -> None:
    allowed = ", ".join(f"'{role}'" for role in roles)
    for name in ("memberships", "invitations"):
        with op.batch_alter_table(name) as table:
            table.drop_constraint(op.f(f"ck_{name}_role"), type_="check")
            table.create_check_constraint(op.f(f"ck_{name}_role"), f"role IN ({allowed})")
