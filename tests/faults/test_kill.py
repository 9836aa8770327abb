"""A power cut in the middle of a run or job, again and again: nothing is lost, nothing is kept twice."""

import io
import json
import random

import pytest
from sqlalchemy import func, select

from app.generation.dry_run import start_dry_run
from app.generation.runs import RunForm
from app.imports.importing import ImportForm, start_import
from app.llm.practice.server import create_practice_app
from app.models.candidates import Candidate, Outcome
from app.models.generation import Call, CallOutcome, RunState
from app.models.imports import Arrival, ImportChunk
from tests.generation.processes import Process
from tests.generation.workshop import serving, workshop

KILLS, TARGET, CONCURRENCY = 3, 30, 3
USABLE = {CallOutcome.ANSWERED, CallOutcome.CUT_OFF}


@pytest.mark.slow
def test_a_run_survives_power_cuts(database_url, tmp_path):
    rng = random.Random(19)
    with (
        serving(create_practice_app(seed=7, latency_ms=150)) as url,
        workshop(database_url, tmp_path / "data", seed_tasks=175) as shop,
    ):
        run_id = shop.queue(shop.endpoint(url, concurrency=str(CONCURRENCY)), target_kept=str(TARGET))
        answers = 0
        for _ in range(KILLS):
            answers += rng.randint(3, 9)
            with Process(shop.settings.data_dir, database_url, "serve", "--port", "0") as tamis:
                shop.wait_until(lambda wanted=answers: len(shop.calls(run_id, usable=True)) >= wanted, 60)
                tamis.kill()
            assert shop.run(run_id).state is RunState.RUNNING
        answered = {call.id for call in shop.calls(run_id, usable=True)}
        with Process(shop.settings.data_dir, database_url, "serve", "--port", "0"):
            shop.wait_until(lambda: shop.run(run_id).state is not RunState.RUNNING, 90)

        run, calls, candidates = shop.run(run_id), shop.calls(run_id), shop.candidates(run_id)
        assert run.state is RunState.DONE, run.sentence
        assert sum(each.outcome is Outcome.KEPT for each in candidates) >= TARGET
        usable = [(call.round, call.position, call.purpose) for call in calls if call.outcome in USABLE]
        assert len(set(usable)) == len(usable)
        assert answered <= {call.id for call in calls if call.outcome in USABLE}
        lost = [call for call in calls if call.outcome is CallOutcome.LOST]
        assert 0 < len(lost) <= KILLS * CONCURRENCY
        assert len(lost) + len(usable) == len(calls)
        places = [(each.round, each.position, each.instance) for each in candidates]
        assert len(set(places)) == len(places)
        accepted = [each.instruction for each in candidates if each.in_pool]
        assert len(set(accepted)) == len(accepted)
        assert {each.round for each in candidates} == set(range(run.rounds_folded))


@pytest.mark.slow
def test_an_import_survives_power_cuts(database_url, tmp_path):
    """Cut while its file is read and while it is screened, it ends as if nothing had happened."""
    raw = json.dumps([{"instruction": f"Name {n % 1_900} of {n % 1_900} rivers", "output": "x"} for n in range(2_000)])
    with workshop(database_url, tmp_path / "data", seed_tasks=5) as shop:
        with shop.database.writing() as session:
            form = ImportForm("rivers.json", "alpaca", {"novelty": {"max_similarity": 0.99}})
            job_id = start_import(session, shop.project_id, form, io.BytesIO(raw.encode()), shop.owner_id).id
        for enough in (Arrival.id.is_not(None), Arrival.outcome.is_not(None)):
            with Process(shop.settings.data_dir, database_url, "worker") as tamis:
                shop.wait_until(lambda enough=enough: count(shop, Arrival, enough), 60)
                tamis.kill()
            assert count(shop, Candidate) == 0
            assert shop.job(job_id).state is RunState.RUNNING
        with Process(shop.settings.data_dir, database_url, "worker"):
            # What it read is swept up after it has ended, a few rows at once.
            shop.wait_until(lambda: shop.job(job_id).ended_at and not count(shop, Arrival), 90)

        ended = shop.job(job_id)
        assert ended.state is RunState.DONE, ended.sentence
        assert ended.result["kept"] == 1_900
        assert ended.result["rejected"] == {"novelty": 100}
        with shop.database.reading() as session:
            places = session.scalars(select(Candidate.position).order_by(Candidate.id)).all()
        assert places == list(range(2_000))
        assert count(shop, Arrival) == count(shop, ImportChunk) == 0


def count(shop, table, *conditions):
    with shop.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table).where(*conditions))


@pytest.mark.slow
def test_a_dry_run_pays_for_each_call_once_across_a_power_cut(database_url, tmp_path):
    """What was under way is lost and shown as such; what was not sent yet is asked afterwards."""
    with (
        serving(create_practice_app(seed=7, latency_ms=1_500)) as url,
        workshop(database_url, tmp_path / "data") as shop,
    ):
        form = RunForm("alpaca", shop.endpoint(url, concurrency="1"), seed="5")
        with shop.database.writing() as session:
            job_id = start_dry_run(session, shop.project_id, form, shop.owner_id).id
        of_job = Call.job_id == job_id
        with Process(shop.settings.data_dir, database_url, "worker") as tamis:
            shop.wait_until(lambda: count(shop, Call, of_job) == 2, 60)
            tamis.kill()
        with Process(shop.settings.data_dir, database_url, "worker"):
            shop.wait_until(lambda: shop.job(job_id).ended_at, 90)

        job = shop.job(job_id)
        assert job.state is RunState.DONE, job.sentence
        with shop.database.reading() as session:
            calls = session.scalars(select(Call).where(of_job).order_by(Call.id)).all()
        assert [call.outcome for call in calls] == [CallOutcome.ANSWERED, CallOutcome.LOST, CallOutcome.ANSWERED]
        assert [bool(each["proposals"]) for each in job.result["rounds"]] == [True, False, True]
        assert count(shop, Candidate) == 0
