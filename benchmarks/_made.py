"""Made data in the amounts that benchmarks need: a run has proposed, people have rated, a curator has decided."""

import gzip
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import projects
from app.database import Database, migrate
from app.examples import Example
from app.models.base import now
from app.models.candidates import Candidate, Decision, Outcome, Rating, Verdict
from app.models.generation import Call, CallOutcome, Endpoint, Run, RunState
from app.people.accounts import create_person
from app.people.sessions import sign_in
from app.rating.rubrics import quality_study
from app.screening.filters import FILTERS

ALPACA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "alpaca_data.json.gz"
_PER_CALL = 8
_BATCH = 5_000


@dataclass(frozen=True)
class Made:
    """The project, its run, and the cookie of its owner, who has rated the first half of what was kept."""

    project_id: int
    run_id: int
    token: str


def examples(count: int) -> tuple[list[Example], str]:
    """Return ``count`` examples and whether they are "real" (Alpaca's) or "made"."""
    if ALPACA.exists():
        records = json.loads(gzip.decompress(ALPACA.read_bytes()))
        real = [Example(each["instruction"], each["input"], each["output"]) for each in records]
        return list(itertools.islice(itertools.cycle(real), count)), "real"
    return made_examples(count), "made"


def made_examples(count: int) -> list[Example]:
    """Return ``count`` examples of made texts, each with an instruction of its own."""
    words = ["sort", "these", "rivers", "by", "length", "and", "say", "in", "a", "sentence", "why", "each", "matters"]
    made = []
    for n in range(count):
        start = n % len(words)
        sentence = " ".join(words[start:] + words[:start])
        made.append(Example(f"{sentence} {n}", sentence if n % 3 == 0 else "", f"{sentence}. " * (1 + n % 5)))
    return made


def fill(url: str, given: list[Example], *, approved: float, kept: float = 1.0, raters: int = 1) -> Made:
    """Migrate the database at ``url`` and put ``given`` into a project of it.

    The share ``kept`` passes the filters; of that, the first half is rated by each of ``raters`` annotators and the
    share ``approved``, evenly spread, is approved.
    """
    migrate(url)
    database = Database(url)
    with database.writing() as session:
        people = [create_person(session, f"Annotator {n}") for n in range(1, raters + 1)]
        owner = people[0]
        project = projects.create_project(session, "Benchmark", "", owner.id)
        run = _run(session, project.id, owner.id)
        candidates = list(_candidates(run, given, kept))
        calls = -(-len(given) // _PER_CALL)
        insert_all(session, Call, (_call(run, n) for n in range(calls)))
        ids = list(session.scalars(select(Call.id).order_by(Call.id)))
        for position, candidate in enumerate(candidates):
            candidate["call_id"] = ids[position // _PER_CALL]
        insert_all(session, Candidate, candidates)
        kept_ids = list(session.scalars(select(Candidate.id).where(Candidate.outcome == Outcome.KEPT).order_by("id")))
        rated = kept_ids[: len(kept_ids) // 2]
        insert_all(session, Rating, (_rating(run, each, person.id) for each in rated for person in people))
        insert_all(session, Decision, (_decision(run, each, owner.id) for each in _share(kept_ids, approved)))
        token = sign_in(session, owner, browser="benchmark", days=1)
    analyze(database)
    database.dispose()
    return Made(project.id, run.id, token)


def analyze(database: Database) -> None:
    """Let the database learn how much there is, as it does by itself after a while."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if not database.is_sqlite else "PRAGMA optimize")


def _run(session: Session, project_id: int, owner_id: int) -> Run:
    endpoint = Endpoint(project_id=project_id, name="Benchmark", base_url="http://127.0.0.1:9/v1", model="none")
    session.add(endpoint)
    session.flush()
    run = Run(
        project_id=project_id,
        endpoint_id=endpoint.id,
        started_by_id=owner_id,
        pipeline="self_instruct",
        parameters={},
        thresholds={},
        seed=0,
        target_kept=1_000_000,
        state=RunState.DONE,
        started_at=now(),
        ended_at=now(),
    )
    session.add(run)
    session.flush()
    return run


def _call(run: Run, n: int) -> dict[str, Any]:
    return {
        "project_id": run.project_id,
        "run_id": run.id,
        "endpoint_id": run.endpoint_id,
        "round": n,
        "purpose": "instructions",
        "prompt": "Come up with a series of tasks:\n" * 40,
        "sampling": {"temperature": 0.7},
        "outcome": CallOutcome.ANSWERED,
        "raw": b"{}" * 500,
        "text": "1. Sort the rivers.\n" * 30,
        "model": "benchmark-1",
        "tokens_in": 500,
        "tokens_out": 300,
        "cost": 1_000,
        "answered_at": now(),
    }


def _candidates(run: Run, given: list[Example], kept: float) -> Iterator[dict[str, Any]]:
    for n, example in enumerate(given):
        is_kept = int((n + 1) * kept) > int(n * kept)
        yield {
            "project_id": run.project_id,
            "run_id": run.id,
            "round": n // _PER_CALL,
            "position": n % _PER_CALL,
            "instruction": example.instruction,
            "input": example.input,
            "output": example.output,
            "is_classification": False,
            "outcome": Outcome.KEPT if is_kept else Outcome.REJECTED,
            "rejected_by": None if is_kept else FILTERS[n % len(FILTERS)].name,
            "reason": "" if is_kept else "It says what the pool says already.",
            "similarity": 0.4 if is_kept else 0.9,
            "in_pool": is_kept,
            "from_practice": True,
        }


def _rating(run: Run, candidate_id: int, person_id: int) -> dict[str, Any]:
    return {
        "project_id": run.project_id,
        "candidate_id": candidate_id,
        "candidate_version": 1,
        "annotator_id": person_id,
        "rubric": quality_study.name,
        "rubric_version": quality_study.version,
        "answers": {question.name: question.valid for question in quality_study.questions},
        "all_valid": True,
        "seconds": 5.0,
        "submission": f"made-{candidate_id}",
    }


def _decision(run: Run, candidate_id: int, person_id: int) -> dict[str, Any]:
    return {
        "project_id": run.project_id,
        "candidate_id": candidate_id,
        "candidate_version": 1,
        "verdict": Verdict.APPROVED,
        "decided_by_id": person_id,
    }


def _share(ids: list[int], share: float) -> list[int]:
    return [each for n, each in enumerate(ids) if int((n + 1) * share) > int(n * share)]


def insert_all(session: Session, table: type[Any], rows: Any) -> None:
    """Insert rows, a few thousand at a time."""
    rows = iter(rows)
    while batch := list(itertools.islice(rows, _BATCH)):
        session.execute(insert(table), batch)
