"""Several processes at once: two that carry out one run, two runs of one project, people who edit meanwhile."""

import itertools
import threading
import time

import pytest
from rouge_score.rouge_scorer import _score_lcs
from rouge_score.tokenize import tokenize
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from app import seeds
from app.carrying import WENT_WRONG
from app.database import lock
from app.llm.practice.server import create_practice_app
from app.models.candidates import Outcome
from app.models.generation import CallOutcome, DemonstrationShown, Run, RunState
from app.models.projects import SeedInstance, SeedTask
from app.seeds import SeedForm
from tests.generation.workshop import ENDED, serving

USABLE = {CallOutcome.ANSWERED, CallOutcome.CUT_OFF}


@pytest.fixture
def slow_url():
    with serving(create_practice_app(seed=7, latency_ms=30)) as url:
        yield url


@pytest.mark.parametrize("pipeline", ["self_instruct", "alpaca"])
def test_two_that_carry_out_one_run_pay_for_no_step_twice_and_keep_nothing_twice(shop, slow_url, pipeline):
    """As where a worker that was thought dead wakes up: the one that came first has to give way."""
    run_id = shop.queue(shop.endpoint(slow_url), pipeline, target_kept="40")
    threads = [shop.begin(run_id)]
    for _ in range(2):
        time.sleep(0.3)
        threads.append(shop.begin(run_id))
    for thread in threads:
        thread.join()

    run = shop.run(run_id)
    assert run.state is RunState.DONE, run.sentence
    usable = [(call.round, call.position, call.purpose) for call in shop.calls(run_id) if call.outcome in USABLE]
    assert len(set(usable)) == len(usable)
    assert all(call.outcome is not CallOutcome.IN_FLIGHT for call in shop.calls(run_id))
    rounds = {each.round for each in shop.candidates(run_id)}
    assert rounds == set(range(run.rounds_folded))
    places = [(each.round, each.position, each.instance) for each in shop.candidates(run_id)]
    assert len(set(places)) == len(places)


def test_what_a_database_refuses_for_any_other_reason_is_no_rival(shop, slow_url):
    """The run says that it failed; taken for a rival, it would stay as it is for good."""
    run_id = shop.queue(shop.endpoint(slow_url), target_kept="40")

    def remove_seed_tasks():
        shop.wait_until(lambda: shop.calls(run_id, usable=True))
        with shop.database.writing() as session:
            lock(session, Run, run_id)
            for table in (DemonstrationShown, SeedInstance, SeedTask):
                session.execute(delete(table))

    thread = threading.Thread(target=remove_seed_tasks)
    thread.start()
    with pytest.raises(IntegrityError):
        shop.carry_out(run_id)
    thread.join()
    assert (shop.run(run_id).state, shop.run(run_id).sentence) == (RunState.FAILED, WENT_WRONG)


def test_two_runs_of_one_project_share_its_pool(shop, slow_url):
    """The same seed makes both ask the same, so without a lock both would keep the same."""
    endpoint_id = shop.endpoint(slow_url)
    run_ids = [shop.queue(endpoint_id, "alpaca", target_kept="40") for _ in range(2)]
    threads = [shop.begin(run_id) for run_id in run_ids]
    for thread in threads:
        thread.join()

    assert {shop.run(run_id).state for run_id in run_ids} <= {RunState.DONE}
    kept = [each for run_id in run_ids for each in shop.candidates(run_id) if each.in_pool]
    assert len(kept) >= 80
    words = [tokenize(each.instruction, None) for each in kept]
    worst = max(_score_lcs(one, other).fmeasure for one, other in itertools.combinations(words, 2))
    assert worst <= 0.7


def test_seed_tasks_that_come_and_change_meanwhile_are_respected(shop, slow_url):
    """Whatever was in the pool when a candidate was admitted, it differs from that."""
    run_id = shop.queue(shop.endpoint(slow_url), "alpaca", target_kept="100")
    texts = _what_a_run_would_keep(shop, slow_url)
    moments, ended = [], threading.Event()

    def edit():
        for number, text in enumerate(texts):
            form = SeedForm(name=f"late {number}", instruction=text, instances=[("", "…")], is_classification=False)
            with shop.database.writing() as session:
                seed = seeds.add_seed_task(session, shop.project_id, form, None)
                seeds.retire_seed_task(session, session.get_one(SeedTask, seed.id), shop.owner_id)
                seeds.retire_seed_task(session, session.get_one(SeedTask, seed.id), shop.owner_id, retired=False)
            with shop.database.reading() as session:  # what was admitted before this seed task is excused
                moments.append((text, max((each.id for each in shop.candidates(run_id)), default=0)))
            if ended.wait(0.01):
                return

    editor = threading.Thread(target=edit)
    editor.start()
    run = shop.carry_out(run_id)
    ended.set()
    editor.join()

    assert run.state in ENDED
    admitted = [each for each in shop.candidates(run_id) if each.in_pool]
    compared = 0
    for text, last_before in moments:
        for candidate in admitted:
            if candidate.id > last_before:
                compared += 1
                assert _score_lcs(tokenize(text, None), tokenize(candidate.instruction, None)).fmeasure <= 0.7
    assert compared
    assert any(each.rejected_by == "novelty" and each.similarity == 1 for each in shop.candidates(run_id))


def _what_a_run_would_keep(shop, url):
    """The instructions that the run is about to be offered, from its twin in another project."""
    project_id, shop.project_id = shop.project_id, shop.new_project("Twin", 60)
    twin = shop.carry_out(shop.queue(shop.endpoint(url), "alpaca", target_kept="60"))
    found = [each.instruction for each in shop.candidates(twin.id) if each.outcome is Outcome.KEPT]
    shop.project_id = project_id
    return found[::-1]
