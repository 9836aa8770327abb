"""``tamis projects``: named, put into the archive and taken out of it, and deleted."""

import sys
from typing import Annotated

import typer

from app.amounts import format_cost
from app.archive.archiving import archive_project, restore_project
from app.archive.deleting import being_deleted, go_on_deleting, start_deletion
from app.archive.inventory import Inventory, inventory_of
from app.carrying import new_carrier
from app.commands.instance import DataDir, database_in
from app.database import Database
from app.errors import Conflict
from app.people.accounts import first_owner
from app.projects import all_projects, project_named
from app.terminal import carry_out_whole
from app.text import whole_number

app = typer.Typer(no_args_is_help=True, help="Projects.")


@app.command("list")
def list_projects(
    archived: Annotated[
        bool, typer.Option("--archived", help="Those in the archive, and those being deleted.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Name the projects of this instance, newest first."""
    with database_in(data_dir).reading() as session:
        for project in all_projects(session, archived=archived):
            state = "being deleted" if project.deleted_at else "archived" if project.archived_at else "open"
            print(f"{project.id}\t{state}\t{project.created_at:%Y-%m-%d}\t{project.name}")


@app.command()
def archive(project: str, data_dir: DataDir = None) -> None:
    """Put PROJECT (its name or number) into the archive: it can be read, and nothing in it changes."""
    with database_in(data_dir).writing() as session:
        found = project_named(session, project)
        print(archive_project(session, found, first_owner(session).id).sentence)


@app.command()
def restore(project: str, data_dir: DataDir = None) -> None:
    """Take PROJECT (its name or number) out of the archive."""
    with database_in(data_dir).writing() as session:
        restore_project(session, project_named(session, project), first_owner(session).id)
    print("Taken out of the archive.")


@app.command()
def delete(
    project: str,
    name: Annotated[str, typer.Option(help="The project's name once more; asked for where left out.")] = "",
    data_dir: DataDir = None,
) -> None:
    """Delete the archived PROJECT (its name or number) for good. One that was interrupted goes on, by its number."""
    database, carrier = database_in(data_dir), new_carrier("")
    with database.writing() as session:
        interrupted = being_deleted(session, whole_number(project))
        job_id = go_on_deleting(session, interrupted, carrier).id if interrupted else None
    if job_id is None:
        job_id = _begin(database, project, name, carrier)
    if not carry_out_whole(database, job_id, carrier):
        raise Conflict("Interrupted. It is hidden already, and goes on when Tamis runs.")
    print("Deleted.")


def _begin(database: Database, project: str, name: str, carrier: str) -> int:
    with database.reading() as session:
        found = project_named(session, project)
        if found.archived_at is None:
            raise Conflict("Archive the project first: only an archived one can be deleted.")
        print(*_what_goes(inventory_of(session, found)), sep="\n", file=sys.stderr)
    typed = name or typer.prompt("Type its name to delete it for good", err=True)
    with database.writing() as session:
        found = project_named(session, str(found.id))
        return start_deletion(session, found, typed, first_owner(session).id, carrier=carrier).id


def _what_goes(inventory: Inventory) -> list[str]:
    lines = [f"{count:>10,} {noun}" for noun, count in inventory.lines()]
    lines += [f"ratings by {inventory.raters:,} people; calls for {format_cost(inventory.cost)}"]
    lines += [f"release {each.name}: {each.examples:,} examples, sha256 {each.sha256}" for each in inventory.releases]
    return ["This goes for good; tamis export writes a release to a file first.", *lines]
