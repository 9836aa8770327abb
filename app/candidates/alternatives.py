"""Other answers to an example: what models wrote for it, how they were judged, and one of them put to use."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.candidates.editing import edit_candidate
from app.errors import Conflict, NotFound
from app.examples import Example
from app.generation.own_outputs import keep_own_output
from app.models.candidates import Candidate, CandidateVersion
from app.models.comparisons import Alternative, Judgement
from app.models.generation import Run

_MOST = 50


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer with its mean score in the newest comparison it was judged in; both None where nobody judged it.

    ``is_present``: it is the output that the example has now.
    """

    alternative: Alternative
    mean: float | None
    comparison_id: int | None
    is_present: bool


def alternatives_of(session: Session, candidate: Candidate) -> list[Answered]:
    """Return the newest answers to a candidate, newest first, in one query."""
    newest = (
        select(Alternative.id)
        .where(Alternative.candidate_id == candidate.id)
        .order_by(Alternative.id.desc())
        .limit(_MOST)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Alternative, func.avg(Judgement.score), Run.comparison_id)
        .outerjoin(Judgement, Judgement.alternative_id == Alternative.id)
        .outerjoin(Run, Run.id == Judgement.run_id)
        .where(Alternative.id.in_(newest))
        .group_by(Alternative.id, Run.comparison_id)
        .order_by(Alternative.id.desc(), Run.comparison_id)
    )
    by_id = {
        answer.id: Answered(answer, None if mean is None else float(mean), compared, answer.output == candidate.output)
        for answer, mean, compared in rows
    }
    return list(by_id.values())


def use_alternative(
    session: Session, candidate: Candidate, alternative_id: int, *, version: int, actor_id: int
) -> None:
    """Make an answer the output of a locked, kept candidate; the present one stays among the other answers.

    ``version`` is the one that the page showed. Raises Conflict where that or the question has changed.
    """
    answer = session.get(Alternative, alternative_id)
    if answer is None or answer.candidate_id != candidate.id:
        raise NotFound("There is no such answer to this example.")
    asked = _asked(session, candidate, answer.candidate_version)
    if asked != (candidate.instruction, candidate.input):
        raise Conflict("The instruction or input was edited since: this is an answer to something else.")
    keep_own_output(session, candidate)
    example = Example(candidate.instruction, candidate.input, answer.output)
    edit_candidate(session, candidate, example, version=version, actor_id=actor_id)
    candidate.instance_call_id = answer.call_id or candidate.instance_call_id
    candidate.from_practice = candidate.from_practice or answer.from_practice


def _asked(session: Session, candidate: Candidate, version: int) -> Sequence[str]:
    if version == candidate.version:
        return candidate.instruction, candidate.input
    then = select(CandidateVersion.instruction, CandidateVersion.input).where(
        CandidateVersion.candidate_id == candidate.id, CandidateVersion.version == version
    )
    return tuple(session.execute(then).one())
