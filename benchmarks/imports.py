"""A file of 52,002 examples, the size of Alpaca, packed with gzip: imported by a job, in time, memory and patience.

Patience is how long anybody else has to wait who wants to write meanwhile, as a rater does.
"""

import gzip
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from _figures import report
from _made import examples
from _served import databases

from app import projects
from app.database import Database, migrate
from app.imports.importing import Import, ImportForm, start_import
from app.jobs import carry_out_job
from app.models.generation import RunState
from app.models.jobs import Job
from app.models.projects import Project
from app.people.accounts import create_person

EXAMPLES = 52_002
SCREENED = 5_000
ONE = b'[{"instruction": "Name a sea.", "output": "The Baltic."}]'
NOVELTY = {"novelty": {"max_similarity": 0.7}}


def main() -> None:
    given, source = examples(EXAMPLES)
    print(f"{EXAMPLES:,} examples, {source}", file=sys.stderr)
    records = [{"instruction": each.instruction, "input": each.input, "output": each.output} for each in given]
    whole = gzip.compress(json.dumps(records, indent=4).encode(), 6)
    few = json.dumps(records[:SCREENED]).encode()
    del given, records
    with databases() as urls:
        for name, url in urls.items():
            migrate(url)
            database = Database(url)
            with waiting(database) as waits:
                seconds = import_(database, whole, None)
            grown = highest_memory(url, whole) - highest_memory(url, ONE)
            report(f"importing {EXAMPLES:,} examples, {name}", seconds, "s", "< 10", data=source)
            report(f"memory of tamis import beyond that for one example, {name}", grown, "MB", "< 64")
            report(f"longest wait of another writer while importing, {name}", max(waits), "s", "< 2")
            with waiting(database) as waits:
                seconds = import_(database, few, NOVELTY)
            report(f"importing {SCREENED:,} screened examples, {name}", seconds, "s", data=source)
            report(f"longest wait of another writer while screening, {name}", max(waits), "s", "< 1")
            database.dispose()


def highest_memory(url: str, raw: bytes) -> float:
    """Import a file by the command, into the first project. Returns the most resident memory it had, in MB."""
    with tempfile.TemporaryDirectory(prefix="tamis-benchmark-") as folder:
        file = Path(folder) / "examples.json"
        file.write_bytes(raw)
        command: list[str | Path] = [Path(sys.executable).with_name("tamis"), "import", "1", file, "--data-dir", folder]
        with_url, quiet = os.environ | {"TAMIS_DATABASE_URL": url}, subprocess.DEVNULL
        process = subprocess.Popen(command, env=with_url, stdout=quiet, stderr=quiet)
        highest = 0
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status").read_text()
            highest = max([highest, *map(int, re.findall(r"^VmHWM:\s+(\d+)", status, re.MULTILINE))])
            time.sleep(0.005)
        assert process.returncode == 0
    return highest / 1024


def import_(database: Database, raw: bytes, thresholds: dict[str, dict[str, float]] | None) -> float:
    """Import a file into a project of its own. Returns the seconds it took."""
    project_id = new_project(database, "Imported")
    begun = time.perf_counter()
    with database.writing() as session:
        form = ImportForm("examples.json", "alpaca", thresholds)
        job_id = start_import(session, project_id, form, io.BytesIO(raw), None).id
    carry_out_job(database, [Import()], job_id, threading.Event())
    seconds = time.perf_counter() - begun
    with database.reading() as session:
        job = session.get_one(Job, job_id)
        assert job.state is RunState.DONE, job.sentence
    return seconds


def new_project(database: Database, name: str) -> int:
    with database.writing() as session:
        return projects.create_project(session, name, "", create_person(session, "Ada").id).id


@contextmanager
def waiting(database: Database) -> Iterator[list[float]]:
    """Write a word again and again, in a thread beside the block; yields how long each time took in seconds."""
    waits: list[float] = []
    ended = threading.Event()
    project_id = new_project(database, "Beside")

    def write() -> None:
        while not ended.wait(0.02):
            begun = time.perf_counter()
            with database.writing() as session:
                session.get_one(Project, project_id).description = f"{begun}"
            waits.append(time.perf_counter() - begun)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        ended.set()
        thread.join()


if __name__ == "__main__":
    main()
