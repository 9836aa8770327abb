"""let studies judge and compare the answers of models, and ask some people only some questions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "d4a6e19b73c2"
down_revision = "b7d20c91e4fa"

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_FREE = sa.text("given < wanted")
_ONCE = "uq_study_items_study_id_candidate_id_candidate_version"
_OF_ANSWERS = "SELECT id FROM study_items WHERE study_id IN (SELECT id FROM studies WHERE items_each > 1)"
_THEIRS = f"SELECT id FROM assignments WHERE study_item_id IN ({_OF_ANSWERS})"  # noqa: S608


def upgrade() -> None:
    op.add_column("studies", sa.Column("contenders", _JSON, nullable=False, server_default="[]"))
    op.add_column("studies", sa.Column("items_each", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("assignments", sa.Column("asked", _JSON, nullable=True))
    op.drop_index("ix_study_items_free", table_name="study_items")
    with op.batch_alter_table("study_items") as items:
        items.add_column(sa.Column("answers", _JSON, nullable=False, server_default="[]"))
        items.drop_constraint(op.f(_ONCE), type_="unique")
    _index_free()


def downgrade() -> None:
    """Where an example has several items, they go with all that was said of them: there was no place for them."""
    _guard_adjudications(False)
    op.execute(f"DELETE FROM adjudications WHERE study_item_id IN ({_OF_ANSWERS})")  # noqa: S608
    op.execute(f"DELETE FROM ratings WHERE assignment_id IN ({_THEIRS})")  # noqa: S608
    op.execute(f"DELETE FROM assignments WHERE study_item_id IN ({_OF_ANSWERS})")  # noqa: S608
    op.execute(f"DELETE FROM study_items WHERE id IN ({_OF_ANSWERS})")  # noqa: S608
    _guard_adjudications(True)
    op.drop_index("ix_study_items_free", table_name="study_items")
    with op.batch_alter_table("study_items") as items:
        items.create_unique_constraint(op.f(_ONCE), ["study_id", "candidate_id", "candidate_version"])
        items.drop_column("answers")
    _index_free()
    op.drop_column("assignments", "asked")
    op.drop_column("studies", "items_each")
    op.drop_column("studies", "contenders")


def _index_free() -> None:
    op.create_index(
        "ix_study_items_free", "study_items", ["study_id", "position"], postgresql_where=_FREE, sqlite_where=_FREE
    )


def _guard_adjudications(is_on: bool) -> None:
    is_postgres = op.get_context().dialect.name == "postgresql"
    if not is_on:
        op.execute("DROP TRIGGER adjudications_refuse_delete" + (" ON adjudications" if is_postgres else ""))
        return
    body = "EXECUTE FUNCTION refuse_change()"
    if not is_postgres:
        body = "BEGIN SELECT RAISE(ABORT, 'adjudications is append-only'); END"
    op.execute(f"CREATE TRIGGER adjudications_refuse_delete BEFORE DELETE ON adjudications FOR EACH ROW {body}")
