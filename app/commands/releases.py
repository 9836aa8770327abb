"""``tamis export``: a release as a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.commands.instance import DataDir, database_in
from app.errors import InvalidInput
from app.files import write_file
from app.releases import snapshots
from app.releases.format import choose
from app.releases.formats import FORMATS, format_named

_OPTIONS = ", ".join(f"{option.name} ({each.name})" for each in FORMATS for option in each.options)


def export(
    release: Annotated[str, typer.Argument(help="The release's number, name, or the start of its sha256.")],
    out: Annotated[Path, typer.Option(help="File to write.")],
    format_: Annotated[str, typer.Option("--format", help=", ".join(each.name for each in FORMATS))] = "full",
    option: Annotated[
        list[str] | None,
        typer.Option(help=f"NAME=VALUE, an option of the format; may be given again. There is: {_OPTIONS}."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Write a RELEASE to a file."""
    chosen = format_named(format_)
    options = choose(chosen, _pairs(option or ()))
    with database_in(data_dir).reading() as session:
        found = snapshots.release_named(session, release)
        left_out = 0 if chosen.holds_all else snapshots.count_blank(session, found)
        write_file(out, chosen.write(snapshots.records_of(session, found.id), options))
    print(f"Wrote {found.examples - left_out:,} examples to {out}.")
    if left_out:
        print(f"{left_out:,} that were frozen without an output were left out: there is nothing to learn from them.")


def _pairs(options: Sequence[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in options]
    if strange := next((name for name, sign, _ in pairs if not sign), None):
        raise InvalidInput(f"“{strange}” is no option: write it as NAME=VALUE.", field="option")
    return {name: value for name, _, value in pairs}
