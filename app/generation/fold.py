"""Taking completions in: what a completion proposes is screened and stored, a round at a time, in order.

Here are those that bring new examples; ``answering`` and ``judging`` take in the others.

A run is a fold over its rounds. Each round is taken in exactly once, in the transaction that also counts it, so
a run that is stopped anywhere goes on as if it had not been.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import carrying
from app.errors import Conflict
from app.examples import Example
from app.generation.intake import Intake, Terms
from app.generation.pipeline import Demonstration, Proposal
from app.llm.endpoint import is_practice
from app.llm.prompt import Completion
from app.models.candidates import Candidate, Outcome
from app.models.comparisons import Alternative
from app.models.generation import Run
from app.models.projects import SeedTask
from app.screening.filter import Draft
from app.screening.pool import Pool
from app.screening.screen import Verdict, screen_instance, screen_instruction


@dataclass(frozen=True, slots=True)
class Proposed:
    """What the proposing call of a round brought, and the model that it came from."""

    call_id: int
    model: str
    completion: Completion


@dataclass(frozen=True, slots=True)
class Brought:
    """What a round came to: candidates that joined the pool, how much was kept, and whether it was of any use."""

    joined: Sequence[Candidate] = ()
    kept: int = 0
    is_useful: bool = False


NOTHING = Brought()


def seed_demonstrations(session: Session, project_id: int) -> list[Demonstration]:
    """Return the seed tasks in use as demonstrations, in the order in which they were added."""
    seeds = session.scalars(
        select(SeedTask).where(SeedTask.project_id == project_id, SeedTask.retired_at.is_(None)).order_by(SeedTask.id)
    )
    return [
        Demonstration(
            seed.instruction,
            tuple((instance.input, instance.output) for instance in seed.instances),
            seed.is_classification,
            seed_task_id=seed.id,
        )
        for seed in seeds
    ]


def hold(session: Session, run_id: int, carrier: str) -> Run:
    """Keep a run from being taken up by others until this transaction ends. Raises Conflict where one has."""
    return carrying.hold(session, Run, run_id, carrier)


def count_round(run: Run, round_: int) -> None:
    """Count a round of a run that the caller holds. Raises Conflict where it isn't this round's turn."""
    if run.rounds_folded != round_:
        raise Conflict(f"Round {round_} of run {run.id} was taken in by another process.")
    run.rounds_folded += 1


def take_in_round(
    intake: Intake, pool: Pool, round_: int, proposed: Proposed, shown: Sequence[Demonstration]
) -> Brought:
    """Store the examples that the proposing call of a round brought; instructions that pass join ``pool``."""
    terms = intake.terms
    source = intake.session.get_one(Candidate, shown[0].candidate_id) if terms.pipeline.over_chosen else None
    read = terms.pipeline.read(proposed.completion, shown, terms.parameters)
    candidates = [
        take_in_proposal(intake, pool, round_, proposed, each, source) for each in read if isinstance(each, Proposal)
    ]
    joined = [each for each in candidates if each.in_pool]
    return Brought(joined, sum(each.outcome is Outcome.KEPT for each in candidates), bool(joined))


def take_in_instances(
    intake: Intake, pool: Pool, candidate: Candidate, *, call_id: int, answers: Mapping[str, Completion]
) -> int:
    """Give an unfinished candidate its instances; a second and later one become candidates beside it.

    Returns how many were kept.
    """
    terms = intake.terms
    accepted = Example(candidate.instruction, candidate.input)
    drafts, is_classification = terms.pipeline.finish(accepted, answers, terms.parameters)
    kept = 0
    for draft in drafts:
        row = candidate if draft is drafts[0] else _beside(candidate, draft)
        row.input, row.output, row.is_classification = draft.input, draft.output, is_classification
        row.instance_call_id = call_id
        verdict = screen_instance(draft, terms.thresholds, pool)
        settle(row, verdict)
        kept += verdict.kept
        if row is candidate:
            intake.change(row)
        else:
            intake.add(row)
    return kept


def give_up_instances(intake: Intake, candidate: Candidate, sentence: str) -> None:
    """Reject an unfinished candidate whose instance never came."""
    intake.change(candidate)
    candidate.outcome, candidate.rejected_by, candidate.reason = Outcome.REJECTED, "format", sentence


def take_in_proposal(
    intake: Intake, pool: Pool, round_: int, proposed: Proposed, proposal: Proposal, source: Candidate | None
) -> Candidate:
    """Store one proposal as the filters judge it; ``source`` is the example that it was made from, if any."""
    draft, run, terms = proposal.draft, intake.run, intake.terms
    candidate = Candidate(
        project_id=run.project_id,
        run_id=run.id,
        call_id=proposed.call_id,
        round=round_,
        position=proposal.position,
        instance=0,
        instruction=draft.instruction,
        input=draft.input,
        output=draft.output,
        derived_from_id=source.id if source else None,
        is_classification=None,
        instance_call_id=None,
        rejected_by=None,
        reason="",
        evidence={},
        similarity=None,
        in_pool=False,
        from_practice=is_practice(proposed.model) or (source is not None and source.from_practice),
    )
    intake.number(candidate)
    verdict = screen_instruction(draft, terms.thresholds, pool)
    note_novelty(candidate, verdict)
    settle(candidate, verdict)
    if verdict.kept:
        _settle_instance(candidate, draft, terms, pool)
    if candidate.in_pool:
        pool.add(f"candidate:{candidate.id}", candidate.instruction)
    return candidate


def _settle_instance(candidate: Candidate, draft: Draft, terms: Terms, pool: Pool) -> None:
    """An accepted instruction either waits for its instance or has it already, in the same completion."""
    if terms.pipeline.asks_on:
        candidate.outcome, candidate.in_pool = Outcome.UNFINISHED, True
        return
    settle(candidate, screen_instance(draft, terms.thresholds, pool))
    candidate.in_pool = candidate.outcome is Outcome.KEPT


def settle(candidate: Candidate | Alternative, verdict: Verdict) -> None:
    """Write down what the filters made of a candidate, or of an answer to one."""
    candidate.outcome = Outcome.KEPT if verdict.kept else Outcome.REJECTED
    candidate.rejected_by = verdict.filter
    candidate.reason = verdict.objection.sentence if verdict.objection else ""
    if isinstance(candidate, Candidate) and verdict.objection:
        candidate.evidence = dict(candidate.evidence) | verdict.objection.evidence


def note_novelty(candidate: Candidate, verdict: Verdict) -> None:
    """Write down how a candidate compares to the pool, where that was asked."""
    comparison = verdict.comparison
    if comparison is None:
        return
    candidate.similarity, candidate.evidence = comparison.similarity, comparison.evidence()


def _beside(candidate: Candidate, draft: Draft) -> Candidate:
    return Candidate(
        project_id=candidate.project_id,
        run_id=candidate.run_id,
        call_id=candidate.call_id,
        derived_from_id=candidate.derived_from_id,
        round=candidate.round,
        position=candidate.position,
        instance=draft.instance,
        instruction=candidate.instruction,
        similarity=candidate.similarity,
        evidence=candidate.evidence,
        in_pool=False,
        from_practice=candidate.from_practice,
    )
