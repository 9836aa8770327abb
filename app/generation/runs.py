"""Runs: started, stopped and continued by people; carried out elsewhere."""

import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.amounts import format_amount, parse_amount
from app.carrying import PAUSED, STOPPED
from app.database import lock
from app.errors import Conflict, InvalidInput, NotFound
from app.generation.chosen import EVERY_KEPT, Choice, Chosen, choose, store_chosen
from app.generation.fold import seed_demonstrations
from app.generation.layout import settle_layout
from app.generation.pipeline import Demonstration, Makes, Pipeline
from app.generation.pipelines import pipeline_named
from app.generation.prompt_versions import versions_in_force
from app.llm import ledger
from app.llm.dialect import dialect_in
from app.llm.endpoint import endpoint_in
from app.models.base import now
from app.models.events import record
from app.models.generation import Endpoint, Run, RunState
from app.projects import refuse_archived
from app.screening.screen import default_thresholds, parse_thresholds
from app.text import parse_whole

# How many kept examples the form suggests.
_USUAL_TARGET = "200"
_LARGEST_SEED = 2**31 - 1
# Stands for a chosen example where only the parameters are looked at.
_BLANK = Demonstration("", (("", ""),), is_classification=False)


@dataclass(frozen=True, slots=True)
class RunForm:
    """What a person chooses. Targets are typed texts, empty where not set; without rounds to an end one must be set."""

    pipeline: str
    endpoint_id: int
    target_kept: str = ""
    target_calls: str = ""
    cost_limit: str = ""
    seed: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    thresholds: Mapping[str, Any] | None = None
    choice: Choice = EVERY_KEPT


def plan_run(session: Session, project_id: int, form: RunForm, actor_id: int) -> tuple[Run, Chosen]:
    """Return the run that a form describes, stored nowhere, and the examples that it is over, where it is over any.

    Raises InvalidInput with the field named.
    """
    pipeline = pipeline_named(form.pipeline)
    endpoint = endpoint_in(session, project_id, form.endpoint_id)
    parameters = settle_layout(
        parse_parameters(pipeline, form.parameters), knows_json=dialect_in(endpoint.dialect).knows_json
    )
    thresholds = parse_thresholds(default_thresholds() if form.thresholds is None else form.thresholds)
    seed = _seed(form.seed)
    chosen = choose(session, project_id, form.choice, seed) if pipeline.over_chosen else []
    if pipeline.over_chosen and not chosen:
        raise InvalidInput("No example fits this choice. Choose others, or begin with a run or an import.")
    _check_draw(session, project_id, pipeline, parameters)
    run = Run(
        project_id=project_id,
        endpoint_id=endpoint.id,
        started_by_id=actor_id,
        pipeline=pipeline.name,
        parameters=parameters.model_dump(mode="json"),
        wording=versions_in_force(session, project_id, pipeline),
        thresholds={name: each.model_dump(mode="json") for name, each in thresholds.items()},
        seed=seed,
        target_kept=parse_whole(form.target_kept, "Kept examples", 1, 1_000_000),
        target_calls=parse_whole(form.target_calls, "Calls", 1, 10_000_000),
        cost_limit=parse_amount(form.cost_limit, "Money") or None,
        choice=form.choice.as_json() if pipeline.over_chosen else {},
        rounds=pipeline.rounds(parameters, len(chosen)),
        concurrency=endpoint.concurrency,
        window=_window(session, project_id, pipeline, seed),
    )
    return run, chosen


def form_like(run: Run, *, seed: int | None = None) -> RunForm:
    """Return the form that a run was started with. Without a ``seed`` it has a new one: other prompts."""
    return RunForm(
        run.pipeline,
        run.endpoint_id,
        target_kept=str(run.target_kept or ""),
        target_calls=str(run.target_calls or ""),
        cost_limit=format_amount(run.cost_limit),
        seed=str(secrets.randbelow(_LARGEST_SEED) if seed is None else seed),
        parameters=run.parameters,
        thresholds=run.thresholds,
        choice=Choice.from_json(run.choice),
    )


def start_run(session: Session, project_id: int, form: RunForm, actor_id: int) -> Run:
    """Queue a run. Raises InvalidInput with the field named where something doesn't fit."""
    if pipeline_named(form.pipeline).makes is Makes.SCORES:
        raise InvalidInput("A judge needs answers to compare: start a comparison.", field="pipeline")
    return queue_run(session, *plan_run(session, project_id, form, actor_id))


def queue_run(session: Session, run: Run, chosen: Chosen) -> Run:
    """Queue a planned run, over the examples that were ``chosen`` for it. Raises as ``start_run`` does."""
    refuse_archived(session, run.project_id)
    endpoint = endpoint_in(session, run.project_id, run.endpoint_id)
    if run.rounds is None and run.target_kept is None and run.target_calls is None and run.cost_limit is None:
        raise InvalidInput("Say when to stop: kept examples, calls, or money.", field="target_kept")
    if run.cost_limit is not None and not (endpoint.price_in or endpoint.price_out):
        raise InvalidInput(
            "A limit of money needs the endpoint's prices; without them every call seems free. Set them under Models.",
            field="cost_limit",
        )
    session.add(run)
    session.flush()
    store_chosen(session, run, chosen)
    after = {"pipeline": run.pipeline, "endpoint": endpoint.name, "seed": run.seed, "target_kept": run.target_kept}
    record(
        session,
        "run.started",
        project_id=run.project_id,
        actor_id=run.started_by_id,
        subject_id=run.id,
        after=after,
    )
    return run


def parse_parameters(pipeline: Pipeline, raw: Mapping[str, Any]) -> BaseModel:
    """Return a pipeline's parameters, or raise InvalidInput naming the first that doesn't fit."""
    try:
        return pipeline.Parameters.model_validate(dict(raw))
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        known = pipeline.Parameters.model_fields.get(name)
        title = known.title if known and known.title else name
        raise InvalidInput(f"{title}: {first['msg']}.", field=name) from error


def cancel_run(session: Session, run: Run, actor_id: int | None) -> None:
    """Ask a run to stop. Calls in flight are still taken in: they are paid for. Asking twice changes nothing.

    One that nobody carries out, since it waits or paused, ends at once.
    """
    _read_anew(session, run)
    is_paused = run.state is RunState.PAUSED
    if not (run.is_active or is_paused) or run.cancel_requested_at is not None:
        return
    run.cancel_requested_at = now()
    if is_paused:
        run.state, run.ended_at, run.sentence = RunState.CANCELLED, now(), STOPPED
    _end_if_queued(session, run, RunState.CANCELLED, STOPPED)
    record(session, "run.cancelled", project_id=run.project_id, actor_id=actor_id, subject_id=run.id)


def pause_run(session: Session, run: Run, actor_id: int) -> None:
    """Ask a run to pause. Calls in flight are still taken in: they are paid for. Asking twice changes nothing."""
    _read_anew(session, run)
    if not run.is_active or run.pause_requested_at is not None:
        return
    run.pause_requested_at = now()
    _end_if_queued(session, run, RunState.PAUSED, PAUSED)
    record(session, "run.paused", project_id=run.project_id, actor_id=actor_id, subject_id=run.id)


def continue_run(session: Session, run: Run, actor_id: int) -> None:
    """Queue a run that paused, failed or was stopped; it goes on where it stood. Raises Conflict for any other."""
    refuse_archived(session, run.project_id)
    _read_anew(session, run)
    if run.state not in {RunState.PAUSED, RunState.CANCELLED, RunState.FAILED}:
        raise Conflict("Only a run that paused, failed or was stopped can be continued.")
    endpoint = endpoint_in(session, run.project_id, run.endpoint_id)
    # Somebody looked at it: it is tried at once.
    endpoint.holds = endpoint.failures_in_a_row = 0
    endpoint.held_until = endpoint.tried_at = None
    run.state, run.attempt, run.ended_at, run.sentence = RunState.QUEUED, run.attempt + 1, None, ""
    run.cancel_requested_at = run.pause_requested_at = None
    record(session, "run.continued", project_id=run.project_id, actor_id=actor_id, subject_id=run.id)


def change_run(session: Session, run: Run, *, concurrency: str, cost_limit: str, actor_id: int) -> None:
    """Change how many calls fly at the same time and what a run may cost, while it goes on, too.

    Texts as typed; an empty limit is none. Raises InvalidInput with the field named where one doesn't fit.
    """
    before = {"concurrency": run.concurrency, "cost_limit": run.cost_limit}
    run.concurrency = parse_whole(concurrency, "Calls at the same time", 1, 256) or run.concurrency
    run.cost_limit = parse_amount(cost_limit, "Money") or None
    if run.rounds is None and run.cost_limit is None and run.target_kept is None and run.target_calls is None:
        raise InvalidInput("This run has no other end than its money: give it a limit.", field="cost_limit")
    after = {"concurrency": run.concurrency, "cost_limit": run.cost_limit}
    if after != before:
        ids = {"project_id": run.project_id, "actor_id": actor_id, "subject_id": run.id}
        record(session, "run.changed", **ids, before=before, after=after)


def run_in(session: Session, project_id: int, run_id: int) -> Run:
    """Return one run of a project, or raise NotFound."""
    run = session.get(Run, run_id, options=[joinedload(Run.endpoint)])
    if run is None or run.project_id != project_id:
        raise NotFound("There is no such run in this project.")
    return run


def runs_of(session: Session, project_id: int, *, limit: int = 100) -> Sequence[tuple[Run, Endpoint]]:
    """Return a project's runs with their endpoints, newest first."""
    rows = session.execute(
        select(Run, Endpoint)
        .join(Endpoint, Endpoint.id == Run.endpoint_id)
        .where(Run.project_id == project_id)
        .order_by(Run.id.desc())
        .limit(limit)
    )
    return [(run, endpoint) for run, endpoint in rows]


def usual_target(pipeline: str) -> str:
    """Return how many kept examples the form suggests: none where a run ends by itself, with its examples."""
    return "" if pipeline_named(pipeline).over_chosen else _USUAL_TARGET


def _seed(typed: str) -> int:
    return (parse_whole(typed, "Random seed", 0, _LARGEST_SEED) or 0) if typed.strip() else secrets.randbelow(2**31)


def _window(session: Session, project_id: int, pipeline: Pipeline, seed: int) -> int:
    """Return how a run looks back: as the one that it repeats did, which an earlier version may have started."""
    repeated = select(Run.window).where(Run.project_id == project_id, Run.seed == seed, Run.pipeline == pipeline.name)
    return session.scalar(repeated.order_by(Run.id.desc()).limit(1)) or 0


def _read_anew(session: Session, run: Run) -> None:
    """Keep others from changing a run until this transaction ends, and see it as they left it."""
    session.flush()
    lock(session, Run, run.id)
    session.refresh(run)


def _end_if_queued(session: Session, run: Run, state: RunState, sentence: str) -> None:
    """End a run that nobody carries out; whoever left it behind may have had calls under way."""
    if run.state is RunState.QUEUED:
        ledger.settle_calls_in_flight(session, run.id, session.get_one(Endpoint, run.endpoint_id))
        run.state, run.ended_at, run.sentence = state, now(), sentence


def _check_draw(session: Session, project_id: int, pipeline: Pipeline, parameters: BaseModel) -> None:
    """Draw once before anything is queued: too few seed tasks are said in the form, not in a failed run."""
    kept = [_BLANK] if pipeline.over_chosen else []
    pipeline.draw(random.Random(0), seed_demonstrations(session, project_id), kept, parameters, 0)  # noqa: S311 - guards nothing
