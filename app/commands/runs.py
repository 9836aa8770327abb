"""``tamis runs``."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app import projects
from app.carrying import new_carrier
from app.commands.assignments import Thresholds, Without, read_parameters, read_thresholds, told_settings
from app.commands.instance import DataDir, database_in, settings_in
from app.database import Database
from app.engine import Engine
from app.errors import Conflict, InvalidInput, NotFound
from app.generation import runs
from app.generation.chosen import Choice, read_choice
from app.generation.pipeline import Makes, Pipeline
from app.generation.pipelines import PIPELINES, pipeline_named
from app.generation.reread import start_reread
from app.generation.runs import RunForm
from app.llm.endpoint import endpoints_of
from app.models.generation import Run, RunState
from app.people.accounts import first_owner
from app.settings import Settings
from app.terminal import carry_out_here, watch_run

app = typer.Typer(no_args_is_help=True, help="Runs.")


Endpoint = Annotated[str, typer.Option(help="Name of one of the project's models.")]
Target = Annotated[int | None, typer.Option(help="Stop at so many kept examples; 200 where nothing else ends the run.")]
Calls = Annotated[int | None, typer.Option(help="Stop at so many calls.")]
LimitCost = Annotated[str, typer.Option(help="Stop before the run costs more than so many dollars, such as 2.50.")]
Seed = Annotated[str, typer.Option(help="The same seed repeats the same prompts.")]
Concurrency = Annotated[int | None, typer.Option(help="Calls at the same time; those of the model where left out.")]
Parameters = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the pipeline, also a topic; may be given again."),
]
Which = Annotated[str, typer.Option("--examples", help="Work through kept, approved or unanswered examples.")]
Origin = Annotated[str, typer.Option("--from", help="Only those of one run or import: run-5, import-7.")]
Most = Annotated[int | None, typer.Option("--most", help="At most so many of them, drawn by lot.")]

# What the stages call these options.
_OPTIONS = {
    "Kept examples": "--target",
    "target_kept": "--target",
    "Calls": "--calls",
    "Money": "--limit-cost",
    "cost_limit": "--limit-cost",
    "Random seed": "--seed",
    "Calls at the same time": "--concurrency",
    "At most": "--most",
    "which": "--examples",
    "origin": "--from",
    "pipeline": "--pipeline",
}


@app.command("start")
def start_run(
    project: str,
    *,
    pipeline: str = "self_instruct",
    endpoint: Endpoint = "",
    target: Target = None,
    calls: Calls = None,
    limit_cost: LimitCost = "",
    seed: Seed = "",
    concurrency: Concurrency = None,
    parameters: Parameters = None,
    thresholds: Thresholds = None,
    without: Without = None,
    which: Which = "",
    origin: Origin = "",
    most: Most = None,
    wait: Annotated[bool, typer.Option("--wait", help="Show the progress until the run has ended.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Start a run in PROJECT (its name or number). `tamis runs settings PIPELINE` lists what can be set."""
    chosen = pipeline_named(pipeline)
    ends = target is not None or calls is not None or bool(limit_cost)
    form = RunForm(
        chosen.name,
        0,
        target_kept=runs.usual_target(chosen.name) if not ends else _typed(target),
        target_calls=_typed(calls),
        cost_limit=limit_cost,
        seed=seed,
        parameters=read_parameters(chosen, parameters or ()),
        thresholds=read_thresholds(thresholds or (), without or ()),
        choice=_choice(chosen, which, origin, _typed(most)),
    )
    settings, database = settings_in(data_dir), database_in(data_dir)
    with database.writing() as session, _naming_options():
        found, owner = projects.project_named(session, project), first_owner(session)
        form = replace(form, endpoint_id=_endpoint_id(session, found.id, endpoint))
        run = runs.start_run(session, found.id, form, owner.id)
        if concurrency is not None:
            runs.change_run(session, run, concurrency=str(concurrency), cost_limit=limit_cost, actor_id=owner.id)
    print(f"Run {run.id} is queued.", flush=True)
    if wait:
        _wait_for(settings, database, run.id)


@app.command("reread")
def read_again(
    run_id: Annotated[int, typer.Argument(metavar="RUN", help="The run's number.")],
    *,
    layout: Annotated[str, typer.Option(help="published or json; as the answers were asked for where left out.")] = "",
    thresholds: Thresholds = None,
    without: Without = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep what it brings; without this it is only looked at.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Read the stored answers of a run again: in another layout, by other filters. Nothing is asked or paid."""
    database, carrier = database_in(data_dir), new_carrier("")
    asked = read_thresholds(thresholds or (), without or ()) if thresholds or without else None
    with database.writing() as session:
        run = session.get(Run, run_id)
        if run is None:
            raise NotFound(f"There is no run {run_id}.")
        owner_id = first_owner(session).id
        job_id = start_reread(session, run, owner_id, layout=layout, thresholds=asked, keeps=keep, carrier=carrier).id
    job = carry_out_here(database, job_id, carrier)
    if job.state is not RunState.DONE:
        raise Conflict(job.sentence)
    print(job.sentence)


@app.command("settings")
def show_settings(pipeline: str) -> None:
    """List what can be set for a run of PIPELINE."""
    print(*told_settings(pipeline_named(pipeline)), sep="\n")


def _typed(number: int | None) -> str:
    return "" if number is None else str(number)


def _choice(pipeline: Pipeline, which: str, origin: str, most: str) -> Choice:
    """Return which examples a run is over. Raises InvalidInput where the pipeline makes its own."""
    if not pipeline.over_chosen and (which or origin or most):
        able = ", ".join(each.name for each in PIPELINES if each.over_chosen and each.makes is not Makes.SCORES)
        raise InvalidInput(f"--examples, --from and --most go with {able}: {pipeline.label} makes examples of its own.")
    with _naming_options():
        return read_choice(which, origin, most)


@contextmanager
def _naming_options() -> Iterator[None]:
    """Say of what a stage refuses which option it was."""
    try:
        yield
    except InvalidInput as error:
        field = error.field or ""
        option = f"--set {field[len('parameter.') :]}" if field.startswith("parameter.") else _OPTIONS.get(field)
        if option is None:
            raise
        raise InvalidInput(f"{option}: {error.sentence}", field=field) from error


def _endpoint_id(session: Session, project_id: int, name: str) -> int:
    found = endpoints_of(session, project_id)
    chosen = [each for each in found if each.name == name] if name else list(found)
    if len(chosen) == 1:
        return chosen[0].id
    names = ", ".join(f"“{each.name}”" for each in found) or "none yet: add one under Models"
    raise NotFound(f"Name one of the project's models with --endpoint. There is: {names}.")


def _wait_for(settings: Settings, database: Database, run_id: int) -> None:
    """Show a run's progress until it ends; carry it out here where no other process does."""
    # Nobody else is served from a file that this process alone works on; any other database may be a team's.
    is_alone = settings.url.startswith("sqlite")
    engine = Engine(settings.served_on("localhost") if is_alone else settings, database)
    try:
        engine.start()
    except Conflict:
        state = watch_run(database, run_id)
    else:
        try:
            state = watch_run(database, run_id)
        finally:
            engine.stop()
    if state is not RunState.DONE:
        raise typer.Exit(1)
