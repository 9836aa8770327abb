"""give rights

Making projects is a right that whoever runs the instance gives; editing while rating is one that a project gives to its
annotators. A link remembers who made it for somebody else, since they must still have a say in them when it is used.
What one person changed is found by an index.
"""

import sqlalchemy as sa
from alembic import op

revision = "c91e5a7d4f20"
down_revision = "7d20b4e8f163"

_PERSONS = sa.table(
    "persons",
    sa.column("id", sa.BigInteger()),
    sa.column("runs_instance", sa.Boolean()),
    sa.column("makes_projects", sa.Boolean()),
)
_MEMBERSHIPS = sa.table(
    "memberships",
    sa.column("person_id", sa.BigInteger()),
    sa.column("role", sa.String()),
    sa.column("removed_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.add_column("persons", sa.Column("makes_projects", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("projects", sa.Column("annotators_edit", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("sign_in_links") as links:
        links.add_column(sa.Column("made_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        links.create_foreign_key(op.f("fk_sign_in_links_made_by_id"), "persons", ["made_by_id"], ["id"])
    columns = ["replaced_by_id", "project_id", "candidate_id"]
    op.create_index("ix_candidate_versions_replaced_by_id", "candidate_versions", columns)
    # Whoever owns a project has made one, or was handed it by somebody who did.
    owners = sa.select(_MEMBERSHIPS.c.person_id).where(
        _MEMBERSHIPS.c.role == "owner", _MEMBERSHIPS.c.removed_at.is_(None)
    )
    makes = _PERSONS.c.runs_instance | _PERSONS.c.id.in_(owners)
    op.execute(sa.update(_PERSONS).where(makes).values(makes_projects=sa.true()))


def downgrade() -> None:
    op.drop_index("ix_candidate_versions_replaced_by_id", "candidate_versions")
    with op.batch_alter_table("sign_in_links") as links:
        links.drop_constraint(op.f("fk_sign_in_links_made_by_id"), type_="foreignkey")
        links.drop_column("made_by_id")
    op.drop_column("projects", "annotators_edit")
    op.drop_column("persons", "makes_projects")
