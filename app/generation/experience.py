"""What rounds of runs and dry runs took so far: what the next run is estimated from."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, case, func, select
from sqlalchemy.orm import Session

from app.amounts import parse_amount
from app.errors import AppError
from app.generation.chosen import count_chosen
from app.generation.estimate import Estimate, Goal, Sample, Speed, estimate
from app.generation.pipeline import Makes
from app.generation.pipelines import pipeline_named
from app.generation.runs import RunForm, parse_parameters
from app.llm.endpoint import endpoint_in
from app.llm.prices import CHARACTERS_PER_TOKEN
from app.llm.reading import USABLE
from app.models.candidates import Candidate, Outcome, is_approved
from app.models.generation import Call, Endpoint, Run, RunState
from app.models.jobs import Job
from app.text import parse_whole

DRY_RUN = "dry_run"
# The newest ones met the pool as it is now.
_MOST_ROUNDS = 300
_FEWEST_ROUNDS = 3
_TAKEN = ("calls", "tokens_in", "tokens_out", "cached", "seconds")


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a run will take, or a sentence that says why that can't be told.

    ``source`` says where it was learned: “run 4”. ``is_timed``: by the same model, so that its time is known, too.
    ``cost_per_approved`` is in nano-dollars, None where nothing of that run was approved.
    """

    estimate: Estimate | None = None
    problem: str = ""
    source: str = ""
    is_timed: bool = True
    cost_per_approved: int | None = None


@dataclass(frozen=True, slots=True)
class Experience:
    """Rounds like those to come, and where they were. ``approved_of_kept`` is a share."""

    samples: Sequence[Sample]
    source: str
    is_timed: bool = True
    approved_of_kept: float = 0.0


def look_ahead(session: Session, project_id: int, form: RunForm) -> Outlook:
    """Return what the run that a form describes will take. What is wrong with the form is said, never raised."""
    try:
        endpoint = endpoint_in(session, project_id, form.endpoint_id)
        is_over = pipeline_named(form.pipeline).over_chosen
        goal = goal_of(form, count_chosen(session, project_id, form.choice) if is_over else 0)
    except AppError as refused:
        return Outlook(problem=refused.sentence)
    if not goal.is_set:
        return Outlook(problem="Say when to stop: kept examples, calls, or money.")
    known = experience_of(session, project_id, form.pipeline, endpoint.id)
    return outlook_of(known, goal, endpoint) if known else Outlook()


def outlook_of(known: Experience, goal: Goal, endpoint: Endpoint) -> Outlook:
    """Return what a run to ``goal`` takes at an endpoint by what is ``known``."""
    speed = Speed(endpoint.concurrency, endpoint.requests_per_minute, endpoint.tokens_per_minute)
    found = estimate(known.samples, goal, endpoint, speed)
    per_approved = None
    if known.approved_of_kept and found.cost_per_kept is not None:
        per_approved = round(found.cost_per_kept / known.approved_of_kept)
    return Outlook(found, "", known.source, known.is_timed, per_approved)


def goal_of(form: RunForm, chosen: int = 0) -> Goal:
    """Return what ends the run that a form describes, over ``chosen`` examples. Raises InvalidInput."""
    pipeline = pipeline_named(form.pipeline)
    return Goal(
        parse_whole(form.target_kept, "Kept examples", 1, 1_000_000),
        parse_whole(form.target_calls, "Calls", 1, 10_000_000),
        parse_amount(form.cost_limit, "Money") or None,
        pipeline.rounds(parse_parameters(pipeline, form.parameters), chosen),
    )


def experience_of(session: Session, project_id: int, pipeline: str, endpoint_id: int) -> Experience | None:
    """Return what the newest run or dry run of a pipeline with an endpoint took, else one with another endpoint."""
    dry_run = _newest_dry_run(session, project_id, pipeline, endpoint_id)
    run = _newest_run(session, project_id, pipeline, endpoint_id)
    is_same = run is not None and run.endpoint_id == endpoint_id
    if dry_run is not None and not (is_same and run is not None and run.created_at > dry_run.created_at):
        return Experience(samples_in(dry_run.samples), "the dry run")
    return _of_run(session, run, is_timed=is_same) if run else None


def samples_in(stored: Sequence[Mapping[str, float]]) -> list[Sample]:
    """Return the rounds of a dry run as its job stored them."""
    return [Sample(**each) for each in stored]


def _newest_dry_run(session: Session, project_id: int, pipeline: str, endpoint_id: int) -> Row[tuple[Any, ...]] | None:
    return session.execute(
        select(Job.created_at, Job.result["samples"].label("samples"))
        .where(Job.project_id == project_id, Job.kind == DRY_RUN, Job.state == RunState.DONE)
        .where(Job.parameters["pipeline"].as_string() == pipeline)
        .where(Job.parameters["endpoint_id"].as_integer() == endpoint_id)
        .order_by(Job.id.desc())
        .limit(1)
    ).one_or_none()


def _newest_run(session: Session, project_id: int, pipeline: str, endpoint_id: int) -> Run | None:
    return session.scalar(
        select(Run)
        .where(Run.project_id == project_id, Run.pipeline == pipeline, Run.rounds_folded >= _FEWEST_ROUNDS)
        .order_by((Run.endpoint_id == endpoint_id).desc(), Run.id.desc())
        .limit(1)
    )


def _of_run(session: Session, run: Run, *, is_timed: bool) -> Experience:
    first = max(0, run.rounds_folded - _MOST_ROUNDS)
    were_kept = (Candidate.run_id == run.id, Candidate.round >= first, Candidate.outcome == Outcome.KEPT)
    by_round = select(Candidate.round, func.count()).where(*were_kept).group_by(Candidate.round)
    kept: dict[int, int] = dict(session.execute(by_round).all())
    approved = session.scalar(select(func.count()).where(*were_kept, is_approved())) or 0
    if pipeline_named(run.pipeline).makes is not Makes.EXAMPLES:  # nearly every round brings its one answer
        kept = dict.fromkeys(range(first, run.rounds_folded), 1)
    took: defaultdict[int, dict[str, float]] = defaultdict(lambda: dict.fromkeys(_TAKEN, 0.0))
    for call in session.execute(_calls(run, first)):
        seconds = (call.answered_at - call.sent_at).total_seconds() if call.answered_at else 0.0
        for name, amount in zip(_TAKEN, (1, call.tokens_in, call.tokens_out, call.cached, seconds), strict=True):
            took[call.round][name] += amount
    samples = [Sample(**each, kept=kept.get(round_, 0)) for round_, each in took.items()]
    return Experience(samples, f"run {run.id}", is_timed, approved / max(1, sum(kept.values())))


def _calls(run: Run, first: int) -> Select[*tuple[Any, ...]]:
    """Tokens that a server didn't count are guessed from the lengths, as the ledger does."""
    is_usable = Call.outcome.in_(USABLE)
    guessed_in = case((is_usable, func.length(Call.prompt) // CHARACTERS_PER_TOKEN), else_=0)
    guessed_out = case((is_usable, func.length(Call.text) // CHARACTERS_PER_TOKEN), else_=0)
    return select(
        Call.round,
        Call.sent_at,
        Call.answered_at,
        func.coalesce(Call.tokens_in, guessed_in).label("tokens_in"),
        func.coalesce(Call.tokens_out, guessed_out).label("tokens_out"),
        func.coalesce(Call.tokens_cached, 0).label("cached"),
    ).where(Call.run_id == run.id, Call.round >= first, Call.round < run.rounds_folded)
