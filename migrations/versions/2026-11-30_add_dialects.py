"""add dialects

What a model takes, what each call carried and had to leave out, and the reasoning that came with an answer.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "a6d20f94be17"
down_revision = "3f8a1c5d72e9"

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_OUTCOMES = (
    "in_flight",
    "answered",
    "cut_off",
    "refused",
    "filtered",
    "empty",
    "unreadable",
    "rate_limited",
    "server_error",
    "unreachable",
    "timed_out",
    "key_rejected",
    "no_credit",
    "out_of_reach",
    "bad_request",
    "lost",
)


def upgrade() -> None:
    with op.batch_alter_table("endpoints") as endpoints:
        endpoints.add_column(sa.Column("preset", sa.String(length=40), nullable=False, server_default="other"))
        endpoints.add_column(sa.Column("dialect", _JSON, nullable=False, server_default="{}"))
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("parameters", _JSON, nullable=False, server_default="{}"))
        calls.add_column(sa.Column("left_out", _JSON, nullable=False, server_default="[]"))
        calls.add_column(sa.Column("reasoning", sa.Text(), nullable=True))
        calls.add_column(sa.Column("tokens_reasoning", sa.Integer(), nullable=True))
    _allow(*_OUTCOMES, "used_up")


def downgrade() -> None:
    op.execute("UPDATE calls SET outcome = 'empty' WHERE outcome = 'used_up'")
    _allow(*_OUTCOMES)
    with op.batch_alter_table("calls") as calls:
        for name in ("tokens_reasoning", "reasoning", "left_out", "parameters"):
            calls.drop_column(name)
    with op.batch_alter_table("endpoints") as endpoints:
        endpoints.drop_column("dialect")
        endpoints.drop_column("preset")


def _allow(*outcomes: str) -> None:
    allowed = ", ".join(f"'{outcome}'" for outcome in outcomes)
    with op.batch_alter_table("calls") as calls:
        calls.drop_constraint(op.f("ck_calls_calloutcome"), type_="check")
        calls.create_check_constraint(op.f("ck_calls_calloutcome"), f"outcome IN ({allowed})")
