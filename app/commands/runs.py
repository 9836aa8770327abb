"""``tamis runs``."""

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app import projects
from app.commands.instance import DataDir, database_in, settings_in
from app.database import Database
from app.engine import Engine
from app.errors import Conflict, NotFound
from app.generation import runs
from app.generation.runs import RunForm
from app.llm.endpoint import endpoints_of
from app.models.generation import RunState
from app.people.accounts import first_owner
from app.settings import Settings
from app.terminal import watch_run

app = typer.Typer(no_args_is_help=True, help="Runs.")


@app.command("start")
def start_run(
    project: str,
    pipeline: str = "self_instruct",
    endpoint: Annotated[str, typer.Option(help="Name of one of the project's models.")] = "",
    target: Annotated[int, typer.Option(help="Stop at so many kept examples.")] = 200,
    seed: Annotated[str, typer.Option(help="The same seed repeats the same prompts.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Show the progress until the run has ended.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Start a run in PROJECT (its name or number)."""
    settings = settings_in(data_dir)
    database = database_in(data_dir)
    with database.writing() as session:
        found = projects.project_named(session, project)
        owner = first_owner(session)
        form = RunForm(pipeline, _endpoint_id(session, found.id, endpoint), target_kept=str(target), seed=seed)
        run = runs.start_run(session, found.id, form, owner.id)
    print(f"Run {run.id} is queued.", flush=True)
    if wait:
        _wait_for(settings, database, run.id)


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
