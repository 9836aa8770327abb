"""Rating at the speed of thought: 52,002 examples, real pages, real sign-ins, several people at once.

First as fast as the server answers, one web process on SQLite, both outside of studies and in a study of all examples
by two people each. Then 200 people at their own pace before two web processes, on each database, while nothing else
goes on and while a run, exports and backups do. Every answer that was said to be stored has to be there, once.
"""

import contextlib
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _figures import report
from _made import analyze, insert_all, made_examples
from _raters import Person, Work, rate_together
from _served import Browser, Server, databases, practice_model, serve, work
from playwright.sync_api import sync_playwright
from sqlalchemy import func, make_url, select
from sqlalchemy.orm import Session

from app import projects, seeds
from app.database import Database, migrate
from app.generation import runs
from app.generation.runs import RunForm
from app.llm.endpoint import EndpointForm, add_endpoint
from app.llm.practice.protocol import MODEL
from app.llm.secrets import open_vault
from app.models.base import now
from app.models.candidates import Candidate, Decision, Outcome, Rating, Verdict
from app.models.people import Membership, Role
from app.models.projects import Project
from app.people.accounts import create_person
from app.people.sessions import sign_in
from app.releases import snapshots
from app.settings import Settings
from app.studies import planning, studying
from app.studies.planning import StudyForm
from app.web.visit import COOKIE
from tests.browser.ratingdesk import Desk
from tests.databases import find_initdb

CANDIDATES = 52_002
AT_ONCE = {1: 80, 8: 150, 32: 150}
SECONDS = 8.0
LOOKS, KEYS = 100, 15
ANNOTATORS, PAUSE, WEB_PROCESSES = 200, 10.0, 2
LATENCY_MS, REST = 200, 4.0
FREELY, IN_A_STUDY = "", " in a study"


@dataclass
class Place:
    """A project with 52,002 kept candidates, a study of all of them, and people who sit down one after the other."""

    url: str
    project_id: int
    study_id: int
    owner: str
    tokens: Iterator[tuple[int, str]]

    def people(self, count: int, kinds: list[str], ports: list[int]) -> list[Person]:
        """Return so many new people, who rate freely or in the study, and on which web process, by turns."""
        project = f"/projects/{self.project_id}"
        paths = {
            FREELY: (f"{project}/rate", f"{project}/rate/ahead"),
            IN_A_STUDY: (f"{project}/studies/{self.study_id}/rate", f"{project}/studies/{self.study_id}/ahead"),
        }
        places = itertools.cycle([(*paths[kind], port) for port in ports for kind in kinds])
        people = []
        for path, ahead, port in itertools.islice(places, count):
            person_id, token = next(self.tokens)
            people.append(Person(person_id, token, port, path, ahead))
        return people


def main() -> None:
    with databases() as urls:
        places = {name: fill(url) for name, url in urls.items()}
        name, place = next(iter(places.items()))
        as_fast_as_it_goes(name, place)
        at_the_keyboard(name, place)
        for name, place in places.items():
            at_their_own_pace(name, place)


def fill(url: str) -> Place:
    """Migrate the database at ``url`` and make the project, its study and its people."""
    migrate(url)
    database = Database(url)
    with database.writing() as session:
        owner = create_person(session, "Owner")
        project = projects.create_project(session, "Benchmark", "", owner.id)
        insert_all(session, Candidate, _candidates(project.id))
        ids = session.scalars(select(Candidate.id).order_by(Candidate.id)).all()
        insert_all(session, Decision, (_decision(project.id, each, owner.id) for each in ids))
        form = StudyForm("Everything", size=f"{CANDIDATES}", seed="1", overlap="2", one_instance=False)
        study = planning.plan_study(session, project.id, form, owner.id)
        studying.open_study(session, study, owner.id)
        count = 2 * (sum(AT_ONCE) + 1) + 2 * ANNOTATORS
        tokens = [_annotator(session, project.id, number) for number in range(count)]
        made = Place(url, project.id, study.id, sign_in(session, owner, browser="benchmark", days=1), iter(tokens))
    analyze(database)
    database.dispose()
    return made


def as_fast_as_it_goes(name: str, place: Place) -> None:
    """Report rated items a second with nobody thinking, one web process."""
    with serve(place.url) as server:
        for kind in (FREELY, IN_A_STUDY):
            for count, least in AT_ONCE.items():
                people, looks = place.people(count, [kind], [server.port]), LOOKS if count == 1 else 0
                done = rate_together(people, [server.pid], SECONDS, looks=looks)
                said = f"{kind}, {count} at once, {name}"
                report(f"rated items{said}", done.rate, "a second", f">= {least}", **_load(done))
                report(f"p95 of a save{said}", _p95(done.saves), "ms", "< 250" if count == max(AT_ONCE) else "")
                if done.looks:
                    report(f"next item{said}", statistics.median(done.looks), "ms", "< 15", p95=_p95(done.looks))
                _report_stored(said, place, done)


def at_the_keyboard(name: str, place: Place) -> None:
    """Report how soon the next example is visible after a key, in a browser of one person."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with serve(place.url) as server, sync_playwright() as playwright:
        for kind in (FREELY, IN_A_STUDY):
            (person,) = place.people(1, [kind], [server.port])
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = browser.new_page()
            page.context.add_cookies(
                [{"name": COOKIE, "value": person.token, "url": f"http://127.0.0.1:{person.port}"}]
            )
            page.goto(f"http://127.0.0.1:{person.port}{person.path}")
            page.wait_for_load_state("networkidle")
            skipped, answered = Desk(page).time_keys(KEYS)
            browser.close()
            said = f"from a key to the next one{kind}, in the browser, {name}"
            report(said, statistics.median([*skipped, *answered]), "ms", "< 100", p95=_p95([*skipped, *answered]))


def at_their_own_pace(name: str, place: Place) -> None:
    """Report how long 200 people wait for their answers to be stored, with and without other work beside."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(serve(place.url)) for _ in range(WEB_PROCESSES)]
        ports, pids = [each.port for each in servers], [each.pid for each in servers]
        said = f"{ANNOTATORS} people, one rating each {PAUSE:.0f} s, {name}"
        people = place.people(ANNOTATORS, [FREELY, IN_A_STUDY], ports)
        quiet = rate_together(people, pids, 2 * PAUSE, pause=PAUSE)
        report(f"p95 of a save, {said}", _p95(quiet.saves), "ms", "< 250", **_load(quiet))
        _report_stored(f", {said}", place, quiet)
        people = place.people(ANNOTATORS, [FREELY, IN_A_STUDY], ports)
        with busy(place, servers) as times:
            loud = rate_together(people, pids, 2 * PAUSE, pause=PAUSE)
        times_longer = _p95(loud.saves) / _p95(quiet.saves)
        said = f"{said}, beside a run, exports and backups"
        report(f"p95 of a save, {said}", _p95(loud.saves), "ms", "< 250", **_load(loud), **times)
        report(f"times as long, {said}", times_longer, "times", "<= 3")
        _report_stored(f", {said}", place, loud)


@contextlib.contextmanager
def busy(place: Place, servers: list[Server]) -> Iterator[Counter[str]]:
    """While the block lasts a run asks a practice model, a release is downloaded and the database backed up, again a
    few seconds after each has ended. Yields how often each was done, complete when the block has ended."""
    done: Counter[str] = Counter()
    over = threading.Event()
    with tempfile.TemporaryDirectory(prefix="tamis-benchmark-") as folder, practice_model(LATENCY_MS) as model:
        release, run_id = _release_and_run(place, folder, model.url)
        browser = Browser(servers[0].port, place.owner)
        jobs: dict[str, Callable[[], Any]] = {
            "exports": lambda: browser.get(f"/projects/{place.project_id}/releases/{release}/download/alpaca"),
            "backups": lambda: _back_up(place.url, Path(folder) / "copy"),
        }

        def repeat(name: str) -> None:
            while not over.wait(REST):
                jobs[name]()
                done[name] += 1

        threads = [threading.Thread(target=repeat, args=[name]) for name in jobs]
        with work(place.url, folder):
            before = _wait_for_candidates(place.url, run_id)
            for thread in threads:
                thread.start()
            try:
                yield done
            finally:
                over.set()
                for thread in threads:
                    thread.join()
                done["candidates"] = _candidates_of(place.url, run_id) - before


def _release_and_run(place: Place, folder: str, model: str) -> tuple[int, int]:
    vault = open_vault(Settings(data_dir=Path(folder), private_endpoints="yes"))
    database = Database(place.url)
    with database.writing(snapshot=True) as session:
        project = session.get_one(Project, place.project_id)
        owner_id = session.scalars(select(Membership.person_id).where(Membership.role == Role.OWNER)).one()
        release = snapshots.freeze(session, project, name="Everything", notes="", actor_id=owner_id)
        seeds.import_jsonl(session, project.id, seeds.shipped_seed_tasks(), owner_id)
        form = EndpointForm(name="Practice model", base_url=model, model=MODEL)
        endpoint = add_endpoint(session, vault, project.id, form, owner_id)
        run = runs.start_run(
            session, project.id, RunForm("self_instruct", endpoint.id, target_calls="100000", seed="1"), owner_id
        )
        ids = release.id, run.id
    database.dispose()
    return ids


def _back_up(url: str, to: Path) -> None:
    """As docs/teams.md says."""
    if make_url(url).get_backend_name() == "sqlite":
        script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))"
        command = [sys.executable, "-c", script, str(make_url(url).database), str(to)]
    else:
        initdb = find_initdb()
        assert initdb
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        command = [str(initdb.with_name("pg_dump")), "--format=custom", f"--file={to}", plain]
    subprocess.run(command, check=True)


def _wait_for_candidates(url: str, run_id: int) -> int:
    """Wait until a run has its first ones; before, it gets to know the whole pool."""
    end = time.monotonic() + 120
    while not (count := _candidates_of(url, run_id)):
        assert time.monotonic() < end, "the run brings nothing"
        time.sleep(0.5)
    return count


def _candidates_of(url: str, run_id: int) -> int:
    database = Database(url)
    with database.reading() as session:
        count = session.scalar(select(func.count()).where(Candidate.run_id == run_id)) or 0
    database.dispose()
    return count


def _report_stored(said: str, place: Place, done: Work) -> None:
    """Every answer that was acknowledged is stored once, and nothing else; each counts, and nothing went wrong."""
    database = Database(place.url)
    people = {person for person, _ in done.saved}
    with database.reading() as session:
        stored = Counter(
            (row.annotator_id, row.submission)
            for row in session.execute(
                select(Rating.annotator_id, Rating.submission).where(
                    Rating.annotator_id.in_(people), Rating.replaced_at.is_(None)
                )
            )
        )
    database.dispose()
    wrong = sum(((Counter(done.saved) - stored) + (stored - Counter(done.saved))).values())
    report(f"ratings not stored exactly once{said}", wrong, "ratings", "== 0", acknowledged=len(done.saved))
    report(f"errors{said}", len(done.errors), "errors", "== 0", **({"first": done.errors[0]} if done.errors else {}))


def _load(done: Work) -> dict[str, Any]:
    """What an answer costs the server, how much of a core the asking took from it, and how busy the machine was."""
    return {
        "cpu_ms": round(1_000 * done.cpu_of_servers / len(done.saved), 2),
        "cpu_of_asking": f"{done.cpu / done.seconds:.0%}",
        "load": round(os.getloadavg()[0], 1),
    }


def _p95(took: list[float]) -> float:
    return round(statistics.quantiles(took, n=20)[-1], 2)


def _candidates(project_id: int) -> Iterator[dict[str, Any]]:
    for example in made_examples(CANDIDATES):
        yield {
            "project_id": project_id,
            "instruction": example.instruction,
            "input": example.input,
            "output": example.output,
            "outcome": Outcome.KEPT,
            "in_pool": True,
        }


def _decision(project_id: int, candidate_id: int, person_id: int) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "candidate_id": candidate_id,
        "candidate_version": 1,
        "verdict": Verdict.APPROVED,
        "decided_by_id": person_id,
    }


def _annotator(session: Session, project_id: int, number: int) -> tuple[int, str]:
    person = create_person(session, f"Annotator {number}")
    session.add(Membership(project_id=project_id, person_id=person.id, role=Role.ANNOTATOR, created_at=now()))
    return person.id, sign_in(session, person, browser="benchmark", days=1)


if __name__ == "__main__":
    main()
