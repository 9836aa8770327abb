"""let answers of models come from files, too"""

import sqlalchemy as sa
from alembic import op

revision = "e81f4c2a96d0"
down_revision = "5d0e8a71c3f6"

_OWN = sa.text("run_id IS NULL AND import_id IS NULL")
_OWN_BEFORE = sa.text("run_id IS NULL")
_COLUMNS = ["candidate_id", "candidate_version"]


def upgrade() -> None:
    op.drop_index("uq_alternatives_own", table_name="alternatives")
    with op.batch_alter_table("alternatives") as alternatives:
        alternatives.add_column(sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
        alternatives.create_unique_constraint(
            op.f("uq_alternatives_import_id_candidate_id_candidate_version"), ["import_id", *_COLUMNS]
        )
        alternatives.create_foreign_key(
            op.f("fk_alternatives_project_id_import_id"),
            "jobs",
            ["project_id", "import_id"],
            ["project_id", "id"],
        )
    _allow_one(_OWN)


def downgrade() -> None:
    of_files = "SELECT id FROM alternatives WHERE import_id IS NOT NULL"
    op.execute(f"DELETE FROM judgements WHERE alternative_id IN ({of_files})")  # noqa: S608
    op.execute("DELETE FROM alternatives WHERE import_id IS NOT NULL")
    op.drop_index("uq_alternatives_own", table_name="alternatives")
    with op.batch_alter_table("alternatives") as alternatives:
        alternatives.drop_constraint(op.f("fk_alternatives_project_id_import_id"), type_="foreignkey")
        alternatives.drop_constraint(op.f("uq_alternatives_import_id_candidate_id_candidate_version"), type_="unique")
        alternatives.drop_column("import_id")
    _allow_one(_OWN_BEFORE)


def _allow_one(own: sa.TextClause) -> None:
    op.create_index(
        "uq_alternatives_own", "alternatives", _COLUMNS, unique=True, postgresql_where=own, sqlite_where=own
    )
