"""Rows that tests start from, built by the stages themselves where a stage can build them."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from app import approval, projects
from app.database import Database
from app.models.candidates import Candidate, Outcome, Rating, Verdict
from app.models.generation import Call, CallOutcome, DemonstrationShown, Endpoint, Run
from app.models.people import Person
from app.models.projects import Project, SeedInstance, SeedTask
from app.people.accounts import create_person
from app.rating import ratings
from app.rating.ratings import RatingForm
from app.rating.rubrics import quality_study

ALL_VALID = {"valid_task": "yes", "input_appropriate": "yes", "output_correct": "yes"}
WRONG_OUTPUT = ALL_VALID | {"output_correct": "no"}


def add_person(session: Session, name: str = "Ada") -> Person:
    return create_person(session, name)


def add_project(session: Session, *, approval_ratings: int = 0, name: str = "First sieve") -> Project:
    owner = add_person(session, f"Owner of {name}")
    project = projects.create_project(session, name, "", owner.id)
    project.approval_ratings = approval_ratings
    session.flush()
    return project


def add_candidate(
    session: Session,
    project: Project,
    instruction: str = "Name a fruit.",
    *,
    output: str = "An apple.",
    outcome: Outcome = Outcome.KEPT,
    **more: Any,
) -> Candidate:
    rejected_by = more.pop("rejected_by", "novelty" if outcome is Outcome.REJECTED else None)
    candidate = Candidate(
        project_id=project.id,
        instruction=instruction,
        output=output,
        outcome=outcome,
        rejected_by=rejected_by,
        **more,
    )
    session.add(candidate)
    session.flush()
    return candidate


def add_run(session: Session, project: Project, starter: Person, *, pipeline: str = "self_instruct") -> Run:
    name = f"Model {secrets.token_hex(4)}"
    endpoint = Endpoint(project_id=project.id, name=name, base_url="http://127.0.0.1/v1", model="tamis-practice")
    session.add(endpoint)
    session.flush()
    run = Run(
        project_id=project.id,
        endpoint_id=endpoint.id,
        started_by_id=starter.id,
        pipeline=pipeline,
        parameters={},
        thresholds={},
        seed=1,
        target_kept=10,
    )
    session.add(run)
    session.flush()
    return run


def add_call(session: Session, run: Run, *, purpose: str = "propose", position: int = -1, text: str = "1. …") -> Call:
    call = Call(
        project_id=run.project_id,
        run_id=run.id,
        endpoint_id=run.endpoint_id,
        position=position,
        purpose=purpose,
        prompt="Come up with tasks:",
        sampling={},
        outcome=CallOutcome.ANSWERED,
        model="tamis-practice-1",
        text=text,
    )
    session.add(call)
    session.flush()
    return call


def add_seed_task(session: Session, project: Project, instruction: str = "Spell “cat”.") -> SeedTask:
    instance = SeedInstance(project_id=project.id, position=0, output="c, a, t")
    name = f"seed_{secrets.token_hex(4)}"
    seed = SeedTask(
        project_id=project.id, name=name, instruction=instruction, is_classification=False, instances=[instance]
    )
    session.add(seed)
    session.flush()
    return seed


def show_in_prompt(session: Session, call: Call, position: int, source: SeedTask | Candidate) -> None:
    key = "seed_task_id" if isinstance(source, SeedTask) else "candidate_id"
    shown = DemonstrationShown(project_id=call.project_id, call_id=call.id, position=position, **{key: source.id})
    session.add(shown)
    session.flush()


def rating_form(**changes: Any) -> RatingForm:
    return RatingForm(**({"version": 1, "submission": secrets.token_hex(8), "answers": ALL_VALID} | changes))


def rate(session: Session, candidate: Candidate, annotator: Person, *, valid: bool = True, **changes: Any) -> Rating:
    answers = ALL_VALID if valid else WRONG_OUTPUT
    form = rating_form(**({"version": candidate.version, "answers": answers} | changes))
    return ratings.submit(session, candidate, quality_study, form, annotator.id)


def skip(session: Session, candidate: Candidate, annotator: Person) -> Rating:
    return rate(session, candidate, annotator, skipped=True, answers={})


def approve(session: Session, candidate: Candidate, curator: Person) -> None:
    approval.decide(session, candidate, Verdict.APPROVED, curator.id)


@contextmanager
def counting_queries(database: Database) -> Iterator[list[str]]:
    """Collect the statements that reach the database inside the block."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
