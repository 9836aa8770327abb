"""``tamis import``: examples from a file."""

from pathlib import Path
from typing import Annotated

import typer

from app import projects
from app.carrying import new_carrier
from app.commands.instance import DataDir, database_in
from app.errors import ImportRefused
from app.files import open_file
from app.imports.importing import ImportForm, findings_of, start_import
from app.imports.readers import READERS
from app.models.generation import RunState
from app.people.accounts import first_owner
from app.screening.screen import default_thresholds
from app.terminal import carry_out_here


def import_examples(
    project: str,
    file: Path,
    format_: Annotated[str, typer.Option("--format", help=", ".join(reader.name for reader in READERS))] = "alpaca",
    extra: Annotated[
        list[str] | None,
        typer.Option(
            help="What becomes of keys that hold text and are no part of an example: leave-out, before-input or "
            "metadata; for one key as system=metadata. May be given again."
        ),
    ] = None,
    screen: Annotated[bool, typer.Option(help="Ask the filters about each example, as a run does.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Bring every example of FILE into PROJECT (its name or number), or none."""
    database = database_in(data_dir)
    form = ImportForm(file.name, format_, default_thresholds() if screen else None, extra or ())
    carrier = new_carrier("")
    with open_file(file) as stream, database.writing() as session:
        found = projects.project_named(session, project)
        job_id = start_import(session, found.id, form, stream, first_owner(session).id, carrier=carrier).id
    job = carry_out_here(database, job_id, carrier)
    if job.state is not RunState.DONE:
        raise ImportRefused(job.sentence, job.result.get("problems", []))
    print(*findings_of(job), sep="\n")
