"""The command line: thin commands that open a session, call a stage and print."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from cryptography.fernet import Fernet
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session

from app import __version__, projects, seeds
from app.carrying import new_carrier
from app.database import Database, migrate
from app.demo import run_demo
from app.engine import Engine
from app.errors import AppError, Conflict, ImportRefused, NotFound
from app.files import open_file, write_file
from app.generation import runs
from app.generation.runs import RunForm
from app.imports.importing import ImportForm, findings_of, start_import
from app.imports.readers import READERS
from app.llm.endpoint import endpoints_of
from app.llm.practice.server import serve as serve_practice_model
from app.models.generation import RunState
from app.people.accounts import first_owner
from app.people.sessions import new_sign_in_link
from app.releases import snapshots
from app.releases.formats import format_named
from app.screening.screen import default_thresholds
from app.screening.tokenizers import TOKENIZERS
from app.serving import serve_app, wait_for_signal
from app.settings import Settings
from app.sifting import lines_of, sift_stream
from app.statistics import answer_files
from app.statistics.level import Level
from app.terminal import carry_out_here, watch_run

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Human-in-the-loop curation of instruction data.")
seeds_app = typer.Typer(no_args_is_help=True, help="Seed tasks.")
runs_app = typer.Typer(no_args_is_help=True, help="Runs.")
app.add_typer(seeds_app, name="seeds")
app.add_typer(runs_app, name="runs")

DataDir = Annotated[Path | None, typer.Option(help="Folder of the data; TAMIS_DATA_DIR where left out.")]


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
        _refuse(f"TAMIS_{str(first['loc'][0]).upper()} does not fit: {first['msg']}.")
    except (ArgumentError, OperationalError, OSError) as error:
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
    run_demo(_settings(data_dir), port, open_browser=browser)


@app.command()
def serve(host: str = "127.0.0.1", port: int = 8000, data_dir: DataDir = None) -> None:
    """Start Tamis. The first start prints a link that signs its owner in."""
    settings = _settings(data_dir)
    migrate(settings.url)
    database = Database(settings.url)
    with database.writing() as session:
        owner = first_owner(session)
        token = None if owner.password_hash else new_sign_in_link(session, owner)
    database.dispose()
    serve_app(settings, host, port, path=f"/sign-in/{token}" if token else "/sign-in")


@app.command()
def worker(data_dir: DataDir = None) -> None:
    """Carry out runs in a process of its own; the web process then has TAMIS_EMBEDDED_ENGINE=false."""
    settings = _settings(data_dir)
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
    migrate(_settings(data_dir).url)


@app.command("sign-in")
def sign_in(
    base_url: Annotated[str, typer.Option(help="TAMIS_BASE_URL where left out.")] = "", data_dir: DataDir = None
) -> None:
    """Print a link that signs the owner of this instance in, once, within a day."""
    base = base_url or _settings(data_dir).base_url or "http://127.0.0.1:8000"
    with _database(data_dir).writing() as session:
        print(f"{base.rstrip('/')}/sign-in/{new_sign_in_link(session, first_owner(session))}")


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
) -> None:
    """Serve a model without a model: an offline OpenAI-compatible server to practise with."""
    try:
        serve_practice_model(
            port=port, seed=seed, latency_ms=latency_ms, fault_rate=fault_rate, faults=tuple(fault or ())
        )
    except ValueError as error:
        _refuse(str(error))


@app.command("import")
def import_examples(
    project: str,
    file: Path,
    format_: Annotated[str, typer.Option("--format", help=", ".join(reader.name for reader in READERS))] = "alpaca",
    screen: Annotated[bool, typer.Option(help="Ask the filters about each example, as a run does.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Bring every example of FILE into PROJECT (its name or number), or none."""
    database = _database(data_dir)
    form = ImportForm(file.name, format_, default_thresholds() if screen else None)
    carrier = new_carrier("")
    with open_file(file) as stream, database.writing() as session:
        found = projects.project_named(session, project)
        job_id = start_import(session, found.id, form, stream, first_owner(session).id, carrier=carrier).id
    job = carry_out_here(database, job_id, carrier)
    if job.state is not RunState.DONE:
        raise ImportRefused(job.sentence, job.result.get("problems", []))
    print(*findings_of(job), sep="\n")


@seeds_app.command("import")
def import_seeds(project: str, file: Path, data_dir: DataDir = None) -> None:
    """Add every seed task of a JSONL FILE to PROJECT (its name or number), or none."""
    with open_file(file) as stream:
        raw = stream.read()
    with _database(data_dir).writing() as session:
        found = projects.project_named(session, project)
        print(f"Imported {seeds.import_jsonl(session, found.id, raw, None)} seed tasks.")


@runs_app.command("start")
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
    settings = _settings(data_dir)
    database = _database(data_dir)
    with database.writing() as session:
        found = projects.project_named(session, project)
        owner = first_owner(session)
        form = RunForm(pipeline, _endpoint_id(session, found.id, endpoint), target_kept=str(target), seed=seed)
        run = runs.start_run(session, found.id, form, owner.id)
    print(f"Run {run.id} is queued.", flush=True)
    if wait:
        _wait_for(settings, database, run.id)


@app.command()
def export(
    release: Annotated[str, typer.Argument(help="The release's number, name, or the start of its sha256.")],
    out: Annotated[Path, typer.Option(help="File to write.")],
    format_: Annotated[str, typer.Option("--format", help="full, alpaca, chat or completion.")] = "full",
    data_dir: DataDir = None,
) -> None:
    """Write a RELEASE to a file."""
    chosen = format_named(format_)
    with _database(data_dir).reading() as session:
        found = snapshots.release_named(session, release)
        write_file(out, chosen.write(snapshots.records_of(session, found.id)))
    print(f"Wrote {found.examples:,} examples to {out}.")


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
    with open_file(file) as stream:
        rows, summary = sift_stream(stream, threshold=threshold, tokenizer=tokenizer, exact=exact)
    write_file(out, lines_of(rows))
    print(summary, file=sys.stderr)


@app.command()
def agreement(
    file: Annotated[Path, typer.Argument(help="CSV with columns item, annotator, answer; - reads standard input.")],
    level: Annotated[Level, typer.Option(help="What the distance between two answers means.")] = Level.NOMINAL,
    scale: Annotated[str, typer.Option(help="Ordinal answers in words, lowest first: bad,fair,good.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Say how far the annotators in FILE agree, with intervals, without any project."""
    with open_file(file) as stream:
        matrix = answer_files.read_matrix(stream, level, scale)
    print(*answer_files.report(matrix, level, as_json=as_json), sep="\n")


def _settings(data_dir: Path | None) -> Settings:
    return Settings(data_dir=data_dir) if data_dir else Settings()


def _database(data_dir: Path | None) -> Database:
    settings = _settings(data_dir)
    migrate(settings.url)
    return Database(settings.url)


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
