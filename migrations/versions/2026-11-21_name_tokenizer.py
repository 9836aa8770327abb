"""name tokenizer

A run's novelty thresholds now say what counted as a word. All runs so far went by the words of rouge_score.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "5d0c3a7be914"
down_revision = "01f7a2473588"

_RUNS = sa.table(
    "runs",
    sa.column("id", sa.BigInteger()),
    sa.column("thresholds", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")),
)


def upgrade() -> None:
    for run_id, thresholds in _with_novelty():
        _store(run_id, thresholds | {"novelty": {"tokenizer": "rouge"} | thresholds["novelty"]})


def downgrade() -> None:
    for run_id, thresholds in _with_novelty():
        left = {name: value for name, value in thresholds["novelty"].items() if name != "tokenizer"}
        _store(run_id, thresholds | {"novelty": left})


def _with_novelty() -> list[tuple[int, dict[str, Any]]]:
    rows = op.get_bind().execute(sa.select(_RUNS.c.id, _RUNS.c.thresholds)).all()
    return [(run_id, thresholds) for run_id, thresholds in rows if "novelty" in thresholds]


def _store(run_id: int, thresholds: dict[str, Any]) -> None:
    op.get_bind().execute(sa.update(_RUNS).where(_RUNS.c.id == run_id).values(thresholds=thresholds))
