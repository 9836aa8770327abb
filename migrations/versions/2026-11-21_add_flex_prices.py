"""add prices of the slow and cheap service, and outcomes of their own for no credit and for what is out of reach"""

import sqlalchemy as sa
from alembic import op

revision = "9a41d7c3e5b8"
down_revision = "7a90c3de51b8"

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
    "bad_request",
    "lost",
)


def upgrade() -> None:
    with op.batch_alter_table("endpoints") as endpoints:
        endpoints.add_column(sa.Column("flex_percent", sa.Integer(), nullable=True))
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("service_tier", sa.String(length=40), nullable=False, server_default=""))
    _allow(*_OUTCOMES, "no_credit", "out_of_reach")


def downgrade() -> None:
    op.execute("UPDATE calls SET outcome = 'key_rejected' WHERE outcome = 'no_credit'")
    op.execute("UPDATE calls SET outcome = 'bad_request' WHERE outcome = 'out_of_reach'")
    _allow(*_OUTCOMES)
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("service_tier")
    with op.batch_alter_table("endpoints") as endpoints:
        endpoints.drop_column("flex_percent")


def _allow(*outcomes: str) -> None:
    allowed = ", ".join(f"'{outcome}'" for outcome in outcomes)
    with op.batch_alter_table("calls") as calls:
        calls.drop_constraint(op.f("ck_calls_calloutcome"), type_="check")
        calls.create_check_constraint(op.f("ck_calls_calloutcome"), f"outcome IN ({allowed})")
