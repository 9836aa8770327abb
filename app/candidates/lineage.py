"""Where a candidate came from and what became of it: everything its page shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.jobs import job_in
from app.models.candidates import Candidate, CandidateVersion, Decision, Rating
from app.models.generation import Call, DemonstrationShown, Endpoint, Run
from app.models.jobs import Job
from app.models.people import Person
from app.models.projects import SeedTask


@dataclass(frozen=True, slots=True)
class Shown:
    """One demonstration of the prompt: its text, and the seed task or candidate that it is."""

    instruction: str
    seed_task_id: int | None
    candidate_id: int | None


@dataclass(frozen=True, slots=True)
class Lineage:
    """``imported`` is the job that brought it in, where a file did.

    ``calls`` are the proposing call and those that wrote the instance, in the order in which they were sent.
    """

    run: Run | None
    endpoint: Endpoint | None
    imported: Job | None
    calls: Sequence[Call]
    shown: Sequence[Shown]
    siblings: Sequence[Candidate]
    versions: Sequence[CandidateVersion]
    ratings: Sequence[Rating]
    decisions: Sequence[tuple[Decision, str | None]]


def lineage_of(session: Session, candidate: Candidate) -> Lineage:
    """Gather the lineage of one candidate, one query per kind."""
    run = session.get(Run, candidate.run_id, options=[joinedload(Run.endpoint)]) if candidate.run_id else None
    return Lineage(
        run=run,
        endpoint=run.endpoint if run else None,
        imported=job_in(session, candidate.project_id, candidate.import_id) if candidate.import_id else None,
        calls=_calls(session, candidate),
        shown=_shown(session, candidate),
        siblings=_siblings(session, candidate),
        versions=session.scalars(
            select(CandidateVersion)
            .where(CandidateVersion.candidate_id == candidate.id)
            .order_by(CandidateVersion.version.desc())
        ).all(),
        ratings=session.scalars(
            select(Rating)
            .options(joinedload(Rating.annotator))
            .where(Rating.candidate_id == candidate.id, Rating.replaced_at.is_(None))
            .order_by(Rating.id)
        ).all(),
        decisions=[
            (decision, name)
            for decision, name in session.execute(
                select(Decision, Person.name)
                .outerjoin(Person, Person.id == Decision.decided_by_id)
                .where(Decision.candidate_id == candidate.id)
                .order_by(Decision.id.desc())
            )
        ],
    )


def _calls(session: Session, candidate: Candidate) -> Sequence[Call]:
    proposed_or_answered = [each for each in (candidate.call_id, candidate.instance_call_id) if each is not None]
    if not proposed_or_answered:
        return []
    about_it = (Call.run_id == candidate.run_id) & (Call.round == candidate.round)
    own = about_it & (Call.position == candidate.position) & Call.text.is_not(None)
    return session.scalars(select(Call).where(Call.id.in_(proposed_or_answered) | own).order_by(Call.id)).all()


def _shown(session: Session, candidate: Candidate) -> Sequence[Shown]:
    if candidate.call_id is None:
        return []
    rows = session.execute(
        select(SeedTask.instruction, Candidate.instruction, SeedTask.id, Candidate.id)
        .select_from(DemonstrationShown)
        .outerjoin(SeedTask, SeedTask.id == DemonstrationShown.seed_task_id)
        .outerjoin(Candidate, Candidate.id == DemonstrationShown.candidate_id)
        .where(DemonstrationShown.call_id == candidate.call_id)
        .order_by(DemonstrationShown.position)
    )
    return [
        Shown(seed_text or candidate_text or "", seed_task_id, candidate_id)
        for seed_text, candidate_text, seed_task_id, candidate_id in rows
    ]


def _siblings(session: Session, candidate: Candidate) -> Sequence[Candidate]:
    """The other candidates out of the same completion."""
    if candidate.call_id is None:
        return []
    return session.scalars(
        select(Candidate)
        .where(Candidate.call_id == candidate.call_id, Candidate.id != candidate.id)
        .order_by(Candidate.position, Candidate.instance)
    ).all()
