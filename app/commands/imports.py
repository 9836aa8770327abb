"""``tamis import``: examples from a file."""

from pathlib import Path
from typing import Annotated

import typer

from app import projects
from app.carrying import new_carrier
from app.commands.assignments import Thresholds, Without, read_thresholds
from app.commands.instance import DataDir, database_in
from app.errors import ImportRefused, InvalidInput
from app.files import open_file
from app.imports.importing import ImportForm, findings_of, start_import
from app.imports.readers import READERS
from app.models.generation import RunState
from app.people.accounts import first_owner
from app.terminal import carry_out_here


def import_examples(
    project: str,
    file: Path,
    format_: Annotated[str, typer.Option("--format", help=", ".join(reader.name for reader in READERS))] = "alpaca",
    screen: Annotated[bool, typer.Option(help="Ask the filters about each example, as a run does.")] = False,
    thresholds: Thresholds = None,
    without: Without = None,
    data_dir: DataDir = None,
) -> None:
    """Bring every example of FILE into PROJECT (its name or number), or none."""
    if (thresholds or without) and not screen:
        raise InvalidInput("--threshold and --without go with --screen.")
    asked = read_thresholds(thresholds or (), without or ()) if screen else None
    form = ImportForm(file.name, format_, asked)
    database = database_in(data_dir)
    carrier = new_carrier("")
    with open_file(file) as stream, database.writing() as session:
        found = projects.project_named(session, project)
        job_id = start_import(session, found.id, form, stream, first_owner(session).id, carrier=carrier).id
    job = carry_out_here(database, job_id, carrier)
    if job.state is not RunState.DONE:
        raise ImportRefused(job.sentence, job.result.get("problems", []))
    print(*findings_of(job), sep="\n")
