"""``tamis import``: examples from a file; ``tamis imports``: those that came in, and their undoing."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app import projects
from app.carrying import new_carrier
from app.commands.assignments import Thresholds, Without, read_thresholds
from app.commands.instance import DataDir, database_in, settings_in
from app.errors import AlreadyHere, Conflict, ImportRefused, InvalidInput
from app.files import open_file
from app.imports.importing import ImportForm, findings_of, start_import
from app.imports.readers import AUTO, READERS
from app.imports.ties import outlook_of
from app.imports.undoing import import_in, imports_of, is_undone, refuse_unless_quiet, start_undo
from app.models.generation import RunState
from app.people.accounts import first_owner
from app.terminal import carry_out_here

app = typer.Typer(no_args_is_help=True, help="Imports.")


def import_examples(
    project: str,
    file: Path,
    *,
    format_: Annotated[
        str, typer.Option("--format", help=", ".join([AUTO, *(reader.name for reader in READERS)]))
    ] = AUTO,
    extra: Annotated[
        list[str] | None,
        typer.Option(
            help="What becomes of keys that hold text and are no part of an example: leave-out, before-input or "
            "metadata; for one key as system=metadata. May be given again."
        ),
    ] = None,
    screen: Annotated[bool, typer.Option(help="Ask the filters about each example, as a run does.")] = False,
    thresholds: Thresholds = None,
    without: Without = None,
    again: Annotated[bool, typer.Option("--again", help="Also where the file came in before.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Bring every example of FILE into PROJECT (its name or number), or none."""
    if (thresholds or without) and not screen:
        raise InvalidInput("--threshold and --without go with --screen.")
    asked = read_thresholds(thresholds or (), without or ()) if screen else None
    form = ImportForm(file.name, format_, asked, again=again, extra=extra or ())
    database = database_in(data_dir)
    carrier = new_carrier("")
    limits = settings_in(data_dir).file_limits._replace(sent_mb=None)
    try:
        with open_file(file) as stream, database.writing() as session:
            found = projects.project_named(session, project)
            owner_id = first_owner(session).id
            job_id = start_import(session, found.id, form, stream, owner_id, limits=limits, carrier=carrier).id
    except AlreadyHere as error:
        raise Conflict(f"{error.sentence} Add --again to import it again.") from error
    job = carry_out_here(database, job_id, carrier)
    if job.state is not RunState.DONE:
        raise ImportRefused(job.sentence, job.result.get("problems", []))
    print(*findings_of(job), sep="\n")


@app.command("list")
def list_imports(project: str, data_dir: DataDir = None) -> None:
    """Name the imports of PROJECT (its name or number), newest first."""
    with database_in(data_dir).reading() as session:
        found = projects.project_named(session, project)
        for job in imports_of(session, found.id):
            undone = "undone" if is_undone(job) else job.state.value
            print(f"{job.id}\t{undone}\t{job.created_at:%Y-%m-%d}\t{job.parameters['file']}\t{job.sentence}")


@app.command("undo")
def undo_import(
    project: str,
    number: Annotated[int, typer.Argument(help="The import's number, as tamis imports list names it.")],
    others: Annotated[bool, typer.Option("--others", help="Leave what can't go, and remove the others.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without a question.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Remove what an import brought into PROJECT, but for what people or runs have worked with since."""
    database = database_in(data_dir)
    with database.reading() as session:
        job = import_in(session, projects.project_named(session, project).id, number)
        refuse_unless_quiet(session, job)
        outlook = outlook_of(session, job)
    print(*outlook.sentences(), sep="\n", file=sys.stderr)
    if not (yes or outlook.is_vain or (outlook.has_ties and not others)):
        typer.confirm("Remove it?", abort=True, err=True)
    carrier = new_carrier("")
    with database.writing() as session:
        job = import_in(session, job.project_id, number)
        undo_id = start_undo(session, job, first_owner(session).id, others=others, carrier=carrier).id
    undo = carry_out_here(database, undo_id, carrier)
    if undo.state is not RunState.DONE:
        raise Conflict(undo.sentence)
    print(undo.sentence)
