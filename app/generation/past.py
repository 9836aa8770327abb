"""What a run has done so far, read back from the ledger and the candidates by whoever takes it up."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.generation.budget import Budget
from app.generation.fold import Proposed
from app.generation.pipeline import Makes
from app.generation.pipelines import pipeline_named
from app.llm import ledger
from app.llm.ledger import PROPOSING, Step
from app.llm.prompt import Completion
from app.llm.reading import FINAL, USABLE, completion_of
from app.models.candidates import Candidate, Outcome
from app.models.comparisons import Alternative, Judgement
from app.models.generation import Call, Run


@dataclass(frozen=True, slots=True)
class Past:
    """``completions`` are of rounds that were answered but not taken in, None where the answer was a refusal.

    ``answers`` are of questions about unfinished candidates, by round, position and purpose; ``refusals`` are what was
    said where one was refused. ``answered_purposes`` had an answer that could be used.
    """

    budget: Budget
    attempts: dict[Step, int]
    accepted: Sequence[Candidate]
    completions: dict[int, Proposed | None]
    answers: dict[tuple[int, int], dict[str, Completion]]
    refusals: dict[tuple[int, int], str]
    answered_purposes: Collection[str]


def past_of(session: Session, run: Run) -> Past:
    """Read back the past of ``run``, in one query per kind."""
    calls, _ = ledger.spent(session, run.id)
    accepted = session.scalars(
        select(Candidate)
        .where(Candidate.run_id == run.id, Candidate.in_pool)
        .order_by(Candidate.round, Candidate.position)
    ).all()
    budget = Budget(
        run.target_kept,
        run.target_calls,
        kept=count_kept(session, run),
        rounds=run.rounds_folded,
        barren_rounds=run.rounds_folded - 1 - _last_useful_round(session, run),
        calls=calls,
    )
    past = Past(budget, _attempts(session, run.id), accepted, {}, {}, {}, _answered_purposes(session, run.id))
    for call in _open_answers(session, run):
        completion = completion_of(call.outcome, call.text)
        if call.position == PROPOSING:
            past.completions[call.round] = Proposed(call.id, call.model, completion) if completion else None
        elif completion is not None:
            past.answers.setdefault((call.round, call.position), {})[call.purpose] = completion
        else:
            past.refusals[call.round, call.position] = call.sentence
    return past


def count_kept(session: Session, run: Run) -> int:
    """Return how much a run has kept: examples, answers, or rounds that brought scores."""
    kept = {
        Makes.EXAMPLES: select(func.count()).where(Candidate.run_id == run.id, Candidate.outcome == Outcome.KEPT),
        Makes.ALTERNATIVES: select(func.count()).where(
            Alternative.run_id == run.id, Alternative.outcome == Outcome.KEPT
        ),
        Makes.SCORES: select(func.count(Judgement.round.distinct())).where(Judgement.run_id == run.id),
    }
    return session.scalar(kept[pipeline_named(run.pipeline).makes]) or 0


def _last_useful_round(session: Session, run: Run) -> int:
    """Return the last round that brought anything, -1 where none did."""
    rounds = {
        Makes.EXAMPLES: select(func.max(Candidate.round)).where(Candidate.run_id == run.id, Candidate.in_pool),
        Makes.ALTERNATIVES: select(func.max(Call.round))
        .join(Alternative, Alternative.call_id == Call.id)
        .where(Alternative.run_id == run.id, Alternative.outcome == Outcome.KEPT),
        Makes.SCORES: select(func.max(Judgement.round)).where(Judgement.run_id == run.id),
    }
    last: int | None = session.scalar(rounds[pipeline_named(run.pipeline).makes])
    return -1 if last is None else last


def last_call_about(session: Session, candidate: Candidate) -> int:
    """Return the id of the newest usable call about the instruction of ``candidate``."""
    return session.execute(
        select(func.max(Call.id)).where(
            Call.run_id == candidate.run_id,
            Call.round == candidate.round,
            Call.position == candidate.position,
            Call.outcome.in_(USABLE),
        )
    ).scalar_one()


def _attempts(session: Session, run_id: int) -> dict[Step, int]:
    steps = session.execute(
        select(Call.round, Call.position, Call.purpose, func.max(Call.attempt))
        .where(Call.run_id == run_id)
        .group_by(Call.round, Call.position, Call.purpose)
    )
    return {Step(round_, position, purpose): attempt for round_, position, purpose, attempt in steps}


def _answered_purposes(session: Session, run_id: int) -> Collection[str]:
    usable = select(Call.purpose).where(Call.run_id == run_id, Call.outcome.in_(USABLE))
    return session.scalars(usable.distinct()).all()


def _open_answers(session: Session, run: Run) -> Sequence[Call]:
    """Calls that were paid for and have not come to anything yet: usable ones and refusals."""
    waits = (Call.position == PROPOSING) & (Call.round >= run.rounds_folded)
    is_unfinished = (
        select(Candidate.id)
        .where(
            Candidate.run_id == run.id,
            Candidate.outcome == Outcome.UNFINISHED,
            Candidate.round == Call.round,
            Candidate.position == Call.position,
        )
        .exists()
    )
    return session.scalars(
        select(Call).where(
            Call.run_id == run.id,
            Call.outcome.in_(USABLE | FINAL),
            waits | is_unfinished,
        )
    ).all()
