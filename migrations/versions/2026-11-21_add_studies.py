"""add studies, and which assignment a rating answers"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b7d20c91e4fa"
down_revision = "5b8e21c7f0a4"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_MOMENT = sa.DateTime(timezone=True)
_COUNTS = sa.text("replaced_at IS NULL")
_COUNTS_FREELY = sa.text("replaced_at IS NULL AND assignment_id IS NULL")
_COUNTS_IN_STUDY = sa.text("replaced_at IS NULL AND assignment_id IS NOT NULL")
_FREE = sa.text("given < wanted")
_OPEN = sa.text("state = 'open'")
# What others point to by (project_id, id): its primary key is to be its newest index, see c4f19b6e02d7.
_POINTED_AT = ("studies", "study_items", "assignments", "candidates")
# An adjudication is never changed; a study not after its report was frozen.
_HISTORY = (
    ("adjudications", "UPDATE", ""),
    ("adjudications", "DELETE", ""),
    ("studies", "UPDATE", "WHEN (OLD.report_sha256 IS NOT NULL)"),
)


def upgrade() -> None:
    _create_studies()
    _create_items()
    _create_assignments()
    _create_adjudications()
    with op.batch_alter_table("ratings") as ratings:
        ratings.drop_index("uq_ratings_counting", postgresql_where=_COUNTS, sqlite_where=_COUNTS)
        ratings.add_column(sa.Column("assignment_id", _ID, nullable=True))
        ratings.create_foreign_key(
            op.f("fk_ratings_project_id_assignment_id"),
            "assignments",
            ["project_id", "assignment_id"],
            ["project_id", "id"],
        )
    _index_ratings(("candidate_id", "annotator_id"), "uq_ratings_counting", _COUNTS_FREELY)
    _index_ratings(("assignment_id",), "uq_ratings_counting_in_study", _COUNTS_IN_STUDY)
    _guard_history()
    if op.get_context().dialect.name == "postgresql":
        for table in _POINTED_AT:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}, ADD CONSTRAINT pk_{table} PRIMARY KEY (id)")


def downgrade() -> None:
    op.drop_index("uq_ratings_counting_in_study", "ratings")
    op.drop_index("uq_ratings_counting", "ratings")
    op.execute("DELETE FROM ratings WHERE assignment_id IS NOT NULL")
    with op.batch_alter_table("ratings") as ratings:
        ratings.drop_constraint(op.f("fk_ratings_project_id_assignment_id"), type_="foreignkey")
        ratings.drop_column("assignment_id")
    _index_ratings(("candidate_id", "annotator_id"), "uq_ratings_counting", _COUNTS)
    for table in ("adjudications", "assignments", "study_items", "studies"):
        op.drop_table(table)


def _create_studies() -> None:
    op.create_table(
        "studies",
        *_of_a_project("studies"),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("state", _choice("studystate", "planned", "open", "closed"), nullable=False),
        sa.Column("population", _JSON, nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("seed", _ID, nullable=False),
        sa.Column("strata", _JSON, nullable=False),
        sa.Column("one_instance", sa.Boolean(), nullable=False),
        sa.Column("rubric", sa.String(length=60), nullable=False),
        sa.Column("rubric_version", sa.Integer(), nullable=False),
        sa.Column("overlap", sa.Integer(), nullable=False),
        sa.Column("giving_out", _choice("givingout", "self_serve", "fixed"), nullable=False),
        sa.Column("people", _JSON, nullable=False),
        sa.Column("gold", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("plan", _JSON, nullable=False),
        sa.Column("created_by_id", _ID, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=True),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=True),
        sa.Column("report_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["persons.id"], name=op.f("fk_studies_created_by_id")),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_studies_project_id_id")),
    )


def _create_items() -> None:
    op.create_table(
        "study_items",
        *_of_a_project("study_items"),
        sa.Column("study_id", _ID, nullable=False),
        sa.Column("candidate_id", _ID, nullable=False),
        sa.Column("candidate_version", sa.Integer(), nullable=False),
        sa.Column("stratum", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("gold", _JSON, nullable=True),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        _refers("study_items", "study_id", "studies"),
        _refers("study_items", "candidate_id", "candidates"),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_study_items_project_id_id")),
        sa.UniqueConstraint(
            "study_id",
            "candidate_id",
            "candidate_version",
            name=op.f("uq_study_items_study_id_candidate_id_candidate_version"),
        ),
        sa.UniqueConstraint("study_id", "position", name=op.f("uq_study_items_study_id_position")),
    )
    op.create_index(
        "ix_study_items_free",
        "study_items",
        ["study_id", "position"],
        postgresql_where=_FREE,
        sqlite_where=_FREE,
    )


def _create_assignments() -> None:
    op.create_table(
        "assignments",
        *_of_a_project("assignments"),
        sa.Column("study_id", _ID, nullable=False),
        sa.Column("study_item_id", _ID, nullable=False),
        sa.Column("annotator_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", _choice("assignmentstate", "open", "done", "released"), nullable=False),
        sa.Column("given_at", _MOMENT, nullable=True),
        sa.Column("done_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["annotator_id"], ["persons.id"], name=op.f("fk_assignments_annotator_id")),
        _refers("assignments", "study_id", "studies"),
        _refers("assignments", "study_item_id", "study_items"),
        sa.UniqueConstraint("project_id", "id", name=op.f("uq_assignments_project_id_id")),
        sa.UniqueConstraint(
            "study_item_id",
            "annotator_id",
            "number",
            name=op.f("uq_assignments_study_item_id_annotator_id_number"),
        ),
    )
    op.create_index(
        "ix_assignments_study_id_annotator_id_state_id", "assignments", ["study_id", "annotator_id", "state", "id"]
    )
    op.create_index(
        "ix_assignments_open", "assignments", ["study_id", "given_at"], postgresql_where=_OPEN, sqlite_where=_OPEN
    )


def _create_adjudications() -> None:
    op.create_table(
        "adjudications",
        *_of_a_project("adjudications"),
        sa.Column("study_item_id", _ID, nullable=False),
        sa.Column("question", sa.String(length=60), nullable=False),
        sa.Column("answer", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", _ID, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["persons.id"], name=op.f("fk_adjudications_by_id")),
        _refers("adjudications", "study_item_id", "study_items"),
    )
    op.create_index("ix_adjudications_study_item_id", "adjudications", ["study_item_id"])


def _guard_history() -> None:
    for table, change, when in _HISTORY:
        if op.get_bind().dialect.name == "postgresql":
            body = "EXECUTE FUNCTION refuse_change()"
        else:
            body = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        op.execute(
            f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table} FOR EACH ROW {when} {body}"
        )


def _index_ratings(columns: tuple[str, ...], name: str, where: sa.TextClause) -> None:
    op.create_index(name, "ratings", list(columns), unique=True, postgresql_where=where, sqlite_where=where)


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=30)


def _of_a_project(table: str) -> list[sa.Column[int] | sa.Constraint]:
    return [
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f(f"fk_{table}_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["project_id", column], [f"{other}.project_id", f"{other}.id"], name=op.f(f"fk_{table}_project_id_{column}")
    )
