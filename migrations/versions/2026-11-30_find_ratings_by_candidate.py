"""find ratings by candidate

Every question for the ratings of a candidate read the whole table since the unique index holds those outside of
studies only. Its index holds what counting asks, too, and takes the place of one that doesn't. Whole tables were also
read for the ratings of a project, the releases of a candidate, the sign-in links of a person, the attempts that are too
old, jobs of one kind, and what has just ended; and by the database itself, for what points to a call that is deleted.
"""

from alembic import op

revision = "7d20b4e8f163"
down_revision = "b7d20c94e1f6"

_INDEXES = {
    "ix_ratings_of_candidate": ("ratings", ["candidate_id", "project_id", "replaced_at", "skipped"]),
    "ix_ratings_project_id_id": ("ratings", ["project_id", "id"]),
    "ix_candidates_instance_call_id": ("candidates", ["instance_call_id"]),
    "ix_alternatives_call_id": ("alternatives", ["call_id"]),
    "ix_sign_in_links_person_id": ("sign_in_links", ["person_id"]),
    "ix_runs_ended_at": ("runs", ["ended_at"]),
    "ix_jobs_ended_at": ("jobs", ["ended_at"]),
    "ix_release_items_candidate_id": ("release_items", ["candidate_id"]),
    "ix_jobs_kind_id": ("jobs", ["kind", "id"]),
    "ix_attempts_at": ("attempts", ["at"]),
}


def upgrade() -> None:
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)
    op.drop_index("ix_ratings_candidate_id", "ratings")


def downgrade() -> None:
    op.create_index("ix_ratings_candidate_id", "ratings", ["candidate_id"])
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table)
