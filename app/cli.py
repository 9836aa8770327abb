"""The command line: what serves an instance, and every other command from ``commands``."""

import sqlite3
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from cryptography.fernet import Fernet
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DatabaseError

from app import __version__, projects, seeds
from app.commands import imports, runs
from app.commands import projects as project_commands
from app.commands.agreement import measure_agreement
from app.commands.instance import DataDir, database_in, settings_in
from app.commands.releases import export
from app.database import Database, migrate
from app.demo import run_demo
from app.engine import Engine
from app.errors import AppError, ImportRefused
from app.files import open_file, write_file
from app.llm.practice.dialects import DIALECTS, PLAIN
from app.llm.practice.reasoning import REASONINGS
from app.llm.practice.server import create_practice_app
from app.llm.practice.server import serve as serve_practice_model
from app.people.accounts import first_owner
from app.people.links import had_link, new_link
from app.screening.tokenizers import TOKENIZERS
from app.serving import serve_app, wait_for_signal
from app.sifting import lines_of, sift_stream

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Human-in-the-loop curation of instruction data.")
seeds_app = typer.Typer(no_args_is_help=True, help="Seed tasks.")
app.add_typer(seeds_app, name="seeds")
app.add_typer(project_commands.app, name="projects")
app.add_typer(runs.app, name="runs")
app.command("export")(export)
app.add_typer(imports.app, name="imports")
app.command("import")(imports.import_examples)
app.command("agreement")(measure_agreement)


def main() -> None:
    """Run the command line; a refusal is a sentence on standard error and exit code 2."""
    try:
        app()
    except ImportRefused as error:
        print(error.sentence, *error.problems, sep="\n", file=sys.stderr)
        sys.exit(2)
    except AppError as error:
        _refuse(error.sentence)
    except ValidationError as error:
        first = error.errors()[0]
        _refuse(f"TAMIS_{str(first['loc'][0]).upper()} does not fit: {first['msg'].removeprefix('Value error, ')}.")
    except (ArgumentError, DatabaseError, sqlite3.DatabaseError, OSError) as error:
        _refuse(f"The database can't be used; look at TAMIS_DATABASE_URL and TAMIS_DATA_DIR: {_first_line(error)}")


def _refuse(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(2)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"tamis {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, help="Print the version.")] = False,
) -> None:
    del version


@app.command()
def demo(
    port: int = 8000,
    data_dir: DataDir = None,
    browser: Annotated[bool, typer.Option(help="Open the sign-in link in a browser.")] = True,
) -> None:
    """Start Tamis with an example project, seed tasks and a practice model, without any key."""
    run_demo(settings_in(data_dir), port, open_browser=browser)


@app.command()
def serve(host: str = "127.0.0.1", port: int = 8000, data_dir: DataDir = None) -> None:
    """Start Tamis. The first start prints a link that signs its owner in; later, `tamis sign-in` does."""
    settings = settings_in(data_dir)
    migrate(settings.url)
    database = Database(settings.url)
    with database.writing() as session:
        owner = first_owner(session)
        token = None if had_link(session, owner) else new_link(session, owner)
        has_no_way = token is None and owner.password_hash is None
    database.dispose()
    if has_no_way:
        print("For a link that signs its owner in, run `tamis sign-in`.", file=sys.stderr)
    serve_app(settings, host, port, path=f"/sign-in/{token}" if token else "/sign-in")


@app.command()
def worker(data_dir: DataDir = None) -> None:
    """Carry out runs in a process of its own; the web process then has TAMIS_EMBEDDED_ENGINE=false."""
    settings = settings_in(data_dir)
    migrate(settings.url)
    engine = Engine(settings, Database(settings.url))
    engine.start()
    print("This worker carries out runs. Stop it with Ctrl+C.", flush=True)
    try:
        wait_for_signal()
    finally:
        engine.stop()


@app.command("migrate")
def migrate_command(data_dir: DataDir = None) -> None:
    """Bring the database to the newest schema."""
    migrate(settings_in(data_dir).url)


@app.command("sign-in")
def sign_in(
    base_url: Annotated[str, typer.Option(help="TAMIS_BASE_URL where left out.")] = "", data_dir: DataDir = None
) -> None:
    """Print a link that signs the owner of this instance in, once, within a day."""
    base = base_url or settings_in(data_dir).base_url or "http://127.0.0.1:8000"
    with database_in(data_dir).writing() as session:
        print(f"{base.rstrip('/')}/sign-in/{new_link(session, first_owner(session))}")


@app.command("secret-key")
def secret_key() -> None:
    """Print a fresh key for TAMIS_SECRET_KEY."""
    print(Fernet.generate_key().decode())


@app.command("practice-model")
def practice_model(
    port: int = 8100,
    seed: Annotated[int, typer.Option(help="The same seed gives the same completions.")] = 0,
    latency_ms: Annotated[int, typer.Option(help="Milliseconds that every answer takes.")] = 0,
    fault_rate: Annotated[float, typer.Option(min=0, max=1, help="Share of requests that fail.")] = 0.0,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="A kind of fault to draw from, by name; may be given again. all: every one."),
    ] = None,
    dialect: Annotated[
        str, typer.Option(help=f"The family of models whose rules it keeps: {', '.join(DIALECTS)}.")
    ] = PLAIN.name,
    reasoning: Annotated[
        str, typer.Option(help=f"How it reasons; as the family does where left out: {', '.join(REASONINGS)}.")
    ] = "",
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="A parameter that it takes and doesn't heed: n, stop or max_tokens; may be given again."),
    ] = None,
) -> None:
    """Serve a model without a model: an offline OpenAI-compatible server to practise with."""
    try:
        app = create_practice_app(
            seed, latency_ms, fault_rate, tuple(fault or ()), dialect, reasoning, tuple(ignore or ())
        )
    except ValueError as error:
        _refuse(str(error))
    serve_practice_model(app, port)


@seeds_app.command("import")
def import_seeds(project: str, file: Path, data_dir: DataDir = None) -> None:
    """Add every seed task of a JSONL FILE to PROJECT (its name or number), or none."""
    limits = settings_in(data_dir).file_limits._replace(sent_mb=None)
    with open_file(file) as stream:
        seed_file = seeds.read_jsonl(stream.read(((seeds.seed_limits(limits).sent_mb or 0) << 20) + 1), limits)
    with database_in(data_dir).writing() as session:
        found = projects.project_named(session, project)
        projects.refuse_archived(session, found.id)
        print(f"Imported {seeds.import_file(session, found.id, seed_file, None)} seed tasks.")


@app.command()
def screen(
    file: Annotated[Path, typer.Argument(help="JSON or JSONL, packed with gzip or not; - reads standard input.")],
    out: Annotated[Path, typer.Option(help="File to write, one line of JSON per instruction.")],
    threshold: Annotated[float, typer.Option(help="The highest similarity that is kept.")] = 0.7,
    tokenizer: Annotated[
        str, typer.Option(help=f"What counts as a word: {' or '.join(each.name for each in TOKENIZERS)}.")
    ] = (TOKENIZERS[0].name),
    exact: Annotated[bool, typer.Option("--exact", help="Find the nearest of what is kept, too.")] = False,
) -> None:
    """Say of each instruction in FILE whether it repeats an earlier one, without any project."""
    limits = settings_in(None).file_limits
    with open_file(file) as stream:
        rows, summary = sift_stream(stream, limits, threshold=threshold, tokenizer=tokenizer, exact=exact)
    write_file(out, lines_of(rows))
    print(summary, file=sys.stderr)
