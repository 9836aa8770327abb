"""Answers to chosen examples taken in: each is kept beside the output that its example has, or in place of it."""

from collections.abc import Sequence

from sqlalchemy import select

from app.database import lock
from app.examples import Example
from app.generation.fold import Brought, Proposed, note_novelty, settle
from app.generation.intake import Intake, Terms
from app.generation.own_outputs import keep_own_output
from app.generation.pipeline import Demonstration, Proposal
from app.llm.endpoint import is_practice
from app.models.candidates import Candidate, Outcome
from app.models.comparisons import Alternative, ChosenExample
from app.screening.filter import Draft
from app.screening.pool import Pool
from app.screening.screen import screen_instance, screen_instruction
from app.versions import put_text


def take_in_answer(
    intake: Intake, pool: Pool, round_: int, proposed: Proposed, shown: Sequence[Demonstration]
) -> Brought:
    """Store the answer of a round; one that the filters let through replaces the output where the run is told so.

    A text that somebody edited meanwhile is left alone: the answer is to the one before.
    """
    session, run, terms = intake.session, intake.run, intake.terms
    (draft,) = [
        each.draft
        for each in terms.pipeline.read(proposed.completion, shown, terms.parameters)
        if isinstance(each, Proposal)
    ]
    chosen = session.execute(
        select(ChosenExample.candidate_id, ChosenExample.candidate_version).where(
            ChosenExample.run_id == run.id, ChosenExample.position == round_
        )
    ).one()
    answer = Alternative(
        project_id=run.project_id,
        candidate_id=chosen.candidate_id,
        candidate_version=chosen.candidate_version,
        run_id=run.id,
        call_id=proposed.call_id,
        model=proposed.model,
        output=draft.output,
        from_practice=is_practice(proposed.model),
    )
    settle(answer, screen_instance(draft, terms.thresholds, pool))
    session.add(answer)
    if answer.outcome is Outcome.KEPT and terms.parameters.replaces:
        _replace(intake, pool, answer, draft)
    is_kept = answer.outcome is Outcome.KEPT
    return Brought((), int(is_kept), is_kept)


def _replace(intake: Intake, pool: Pool, answer: Alternative, draft: Draft) -> None:
    session, started_by_id = intake.session, intake.run.started_by_id
    lock(session, Candidate, answer.candidate_id)
    candidate = session.get_one(Candidate, answer.candidate_id, populate_existing=True)
    if candidate.version != answer.candidate_version or candidate.output == draft.output:
        return
    keep_own_output(session, candidate)
    put_text(session, candidate, Example(candidate.instruction, candidate.input, draft.output), started_by_id)
    candidate.instance_call_id = answer.call_id
    candidate.from_practice = candidate.from_practice or answer.from_practice
    if candidate.outcome is Outcome.REJECTED:
        _screen_anew(candidate, draft, intake.terms, pool)


def _screen_anew(candidate: Candidate, draft: Draft, terms: Terms, pool: Pool) -> None:
    """What was rejected for having no output is a whole example now, and is screened like a new one."""
    verdict = screen_instruction(draft, terms.thresholds, pool)
    note_novelty(candidate, verdict)
    settle(candidate, verdict)
    if verdict.kept:
        candidate.in_pool = True
        pool.add(f"candidate:{candidate.id}", candidate.instruction)
