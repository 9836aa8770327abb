"""The outputs that examples have themselves, kept so that answers of models can stand beside them."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, String, case, func, insert, literal, select
from sqlalchemy.orm import Session, aliased

from app.models.base import now
from app.models.candidates import Candidate, Outcome
from app.models.comparisons import Alternative, ChosenExample
from app.models.generation import Call

_BATCH = 500


def keep_own_output(session: Session, candidate: Candidate) -> None:
    """Keep the output of a locked candidate beside what answers to it there are; an empty one is nothing to keep."""
    _keep(session, Candidate.id == candidate.id)


def keep_own_outputs_of(session: Session, candidate_ids: Sequence[int]) -> None:
    """Keep the outputs of candidates beside what answers to them there are."""
    for start in range(0, len(candidate_ids), _BATCH):
        _keep(session, Candidate.id.in_(candidate_ids[start : start + _BATCH]))


def keep_own_outputs(session: Session, run_id: int) -> None:
    """Keep the outputs of all that a run was just started over."""
    chosen = select(ChosenExample.candidate_id).where(ChosenExample.run_id == run_id)
    _keep(session, Candidate.id.in_(chosen))


def _keep(session: Session, which: ColumnElement[bool]) -> None:
    kept = aliased(Alternative)
    is_there = select(kept.id).where(
        kept.is_own,
        kept.candidate_id == Candidate.id,
        kept.candidate_version == Candidate.version,
    )
    values = {
        "project_id": Candidate.project_id,
        "candidate_id": Candidate.id,
        "candidate_version": Candidate.version,
        "model": _model(),
        "output": Candidate.output,
        "outcome": literal(Outcome.KEPT, Alternative.outcome.type),
        "reason": literal(""),
        "from_practice": Candidate.from_practice,
        "created_at": literal(now(), Alternative.created_at.type),
    }
    rows = select(*values.values()).where(which, Candidate.output != "", ~is_there.exists()).order_by(Candidate.id)
    session.execute(insert(Alternative).from_select(list(values), rows, include_defaults=False))


def _model() -> ColumnElement[str]:
    """The model that wrote the present output: known where nobody has edited it since."""
    answer = aliased(Alternative)
    adopted = select(func.max(answer.model)).where(
        answer.candidate_id == Candidate.id,
        ~answer.is_own,
        answer.output == Candidate.output,
    )
    wrote = select(Call.model).where(Call.id == func.coalesce(Candidate.instance_call_id, Candidate.call_id))
    first = case((Candidate.version == 1, wrote.scalar_subquery()))
    return func.coalesce(adopted.scalar_subquery(), first, literal("", String))
