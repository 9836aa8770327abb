"""A dry run: the first prompts of a run, asked, read and screened; each call is made once and nothing else is kept."""

import threading

import pytest
from sqlalchemy import func, select

from app import jobs
from app.carrying import Interrupted
from app.errors import InvalidInput
from app.generation import runs
from app.generation.chosen import Choice, Which
from app.generation.dry_run import DryRun, form_of, outlook_after, start_dry_run
from app.generation.pipelines import alpaca
from app.generation.runs import RunForm
from app.generation.workflow import Surroundings
from app.llm import ledger, money
from app.llm.ledger import PROPOSING
from app.llm.practice.server import create_practice_app
from app.llm.prompt import Prompt, Sampling
from app.models.candidates import Candidate
from app.models.generation import Call, CallOutcome, Endpoint, RunState
from app.models.projects import Project
from tests.generation.workshop import serving
from tests.llm.scripted import saying_json, scripted

# With how many kept examples a run certainly has asked three rounds.
PIPELINES = {"self_instruct": "30", "alpaca": "45", "evolve": "12"}


def start(shop, endpoint_id, pipeline="self_instruct", words=None, **fields):
    with shop.database.writing() as session:
        form = RunForm(pipeline, endpoint_id, **({"seed": "5"} | fields))
        return start_dry_run(session, shop.project_id, form, shop.owner_id, words).id


def carry_out(shop, job_id, stopping=None):
    stopping = stopping or threading.Event()
    kind = DryRun(lambda: Surroundings(shop.database, shop.vault, 20.0, stopping))
    jobs.carry_out_job(shop.database, [kind], job_id, stopping)
    return shop.job(job_id)


def calls_of(shop, job_id):
    with shop.database.reading() as session:
        return session.scalars(select(Call).where(Call.job_id == job_id).order_by(Call.id)).all()


def spent(shop):
    with shop.database.reading() as session:
        return sum(money.spent_by_month(session, shop.project_id).values())


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_it_shows_what_a_run_with_its_seed_sends_first_and_makes_of_the_answers(shop, practice_url, pipeline):
    endpoint_id = shop.endpoint(practice_url, price_in="1", price_out="3")
    job = carry_out(shop, start(shop, endpoint_id, pipeline))
    assert job.state is RunState.DONE, job.sentence
    rounds = job.result["rounds"]
    assert len(rounds) == 3
    with shop.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Candidate)) == 0

    run = shop.carry_out(shop.queue(endpoint_id, pipeline, seed="5", target_kept=PIPELINES[pipeline]))
    sent = {call.round: call for call in shop.calls(run.id) if call.position == PROPOSING}
    assert [each["prompt"] for each in rounds] == [sent[number].prompt for number in range(3)]
    proposed = [each for each in shop.candidates(run.id) if each.round == 0 and each.instance == 0]
    tried = rounds[0]["proposals"]
    assert [each["instruction"] for each in tried] == [each.instruction for each in proposed]
    assert [each["said"][-1]["sentence"] for each in tried if each["outcome"] == "rejected"] == [
        each.reason for each in proposed if each.rejected_by and not each.in_pool
    ]
    calls = calls_of(shop, job.id)
    assert {call.outcome for call in calls} <= {CallOutcome.ANSWERED, CallOutcome.CUT_OFF}
    assert sum(each["cost"] for each in rounds) > 0
    assert spent(shop) == sum(call.cost for call in calls) + run.cost


@pytest.mark.parametrize(("pipeline", "told"), [("teacher", {}), ("translate", {"into": "French"})])
def test_chosen_examples_are_tried_in_the_order_in_which_the_run_takes_them(shop, practice_url, pipeline, told):
    endpoint_id = shop.endpoint(practice_url)
    made = shop.carry_out(shop.queue(endpoint_id, "alpaca", target_kept="9"))
    choice = Choice(Which.KEPT, run_id=made.id, most=2)
    job = carry_out(shop, start(shop, endpoint_id, pipeline, parameters=told, choice=choice))
    assert job.state is RunState.DONE, job.sentence
    assert len(job.result["rounds"]) == 2
    assert form_of(job).choice == choice
    assert form_of(job).target_kept == ""
    with shop.database.reading() as session:
        assert outlook_after(session, job).estimate.kept.middle <= 2

    with shop.database.writing() as session:
        run_id = runs.start_run(session, shop.project_id, form_of(job), shop.owner_id).id
    run = shop.carry_out(run_id)
    sent = {call.round: call.prompt for call in shop.calls(run.id) if call.position == PROPOSING}
    assert [each["prompt"] for each in job.result["rounds"]] == [sent[0], sent[1]]


def test_a_judge_has_nothing_to_try(shop, practice_url):
    with pytest.raises(InvalidInput, match="a judge needs the answers"):
        start(shop, shop.endpoint(practice_url), "judge")


def test_an_instruction_or_two_are_asked_about_to_the_end(shop, practice_url):
    job = carry_out(shop, start(shop, shop.endpoint(practice_url)))
    tried = [each for round_ in job.result["rounds"] for each in round_["proposals"]]
    asked = [each for each in tried if each["is_asked"]]
    passed = [each for each in tried if each["outcome"] == "unfinished"]
    assert asked == passed[:2]
    for each in asked:
        assert [question["purpose"] for question in each["questions"]] == ["classification", "instances"]
        assert each["written"]
        assert all(written["output"] or written["outcome"] == "rejected" for written in each["written"])
    assert len(calls_of(shop, job.id)) == 3 + 2 * 2


def test_the_pool_forgets_what_a_dry_run_let_through(shop, practice_url):
    endpoint_id = shop.endpoint(practice_url)
    first, again = (carry_out(shop, start(shop, endpoint_id, "alpaca")) for _ in range(2))
    outcomes = [
        [each["outcome"] for round_ in job.result["rounds"] for each in round_["proposals"]] for job in (first, again)
    ]
    assert "kept" in outcomes[0]
    assert outcomes[0] == outcomes[1]


def test_typed_words_are_sent_without_being_stored(shop, practice_url):
    endpoint_id = shop.endpoint(practice_url)
    job = carry_out(shop, start(shop, endpoint_id, "alpaca", words={alpaca.TASKS.name: "Think of a row of tasks:"}))
    assert all(each["prompt"].startswith("Think of a row of tasks:") for each in job.result["rounds"])
    with pytest.raises(InvalidInput):
        start(shop, endpoint_id, "alpaca", words={alpaca.TASKS.name: "{{ list }} {{ lost }}"})


def test_what_a_stopped_process_was_told_is_not_asked_again(shop, practice_url, monkeypatch):
    """It stops after the first answers are stored, and between all steps that follow."""
    job_id = start(shop, shop.endpoint(practice_url, concurrency="1"))
    stops = 0
    progress = jobs.Task.progress

    def stop_now_and_then(task, done, total=None):
        nonlocal stops
        progress(task, done, total)
        if total is not None and len(calls_of(shop, job_id)) > stops:
            stops += 1
            raise Interrupted

    monkeypatch.setattr(jobs.Task, "progress", stop_now_and_then)
    for _ in range(20):
        if not shop.job(job_id).is_active:
            break
        try:
            carry_out(shop, job_id)
        except Interrupted:
            continue
    assert shop.job(job_id).state is RunState.DONE
    steps = [(call.round, call.position, call.purpose) for call in calls_of(shop, job_id)]
    assert stops >= 3
    assert len(set(steps)) == len(steps) == 7
    assert {call.outcome for call in calls_of(shop, job_id)} <= {CallOutcome.ANSWERED, CallOutcome.CUT_OFF}


def test_a_call_whose_answer_was_lost_is_not_paid_for_again(shop, practice_url):
    """As after a power cut while the first prompt was under way."""
    endpoint_id = shop.endpoint(practice_url, price_in="1", price_out="3")
    job_id = start(shop, endpoint_id, "alpaca")
    prompts = carry_out(shop, start(shop, endpoint_id, "alpaca")).result["rounds"]
    before = spent(shop)
    with shop.database.writing() as session:
        endpoint = session.get_one(Endpoint, endpoint_id)
        prompt = Prompt(prompts[0]["prompt"], Sampling(1.0, 1.0, 3072))
        ledger.open_calls(
            session, endpoint, None, [ledger.Asking(ledger.Step(0, -1, "tasks"), 1, prompt)], job_id=job_id
        )
    job = carry_out(shop, job_id)
    lost, *others = calls_of(shop, job_id)
    assert (lost.outcome, len(others)) == (CallOutcome.LOST, 2)
    assert "stopped before the answer came" in job.result["rounds"][0]["sentence"]
    assert spent(shop) == before + sum(call.cost for call in (lost, *others))


def test_what_fails_is_said_in_the_words_of_the_endpoint(shop):
    with scripted(saying_json("401 Unauthorized", {"error": {"message": "no such key"}})) as server:
        job = carry_out(shop, start(shop, shop.endpoint(server.url)))
    assert job.state is RunState.FAILED
    assert job.sentence.startswith("The endpoint rejected the API key")


def test_one_answer_in_three_is_enough(shop):
    with serving(create_practice_app(seed=1, fault_rate=0.5)) as url:
        for seed in range(6):
            job = carry_out(shop, start(shop, shop.endpoint(url, name=f"Moody {seed}"), "alpaca", seed=str(seed)))
            if job.state is RunState.DONE and any(each["sentence"] for each in job.result["rounds"]):
                break
    failed = next(each for each in job.result["rounds"] if each["sentence"])
    assert len(job.result["rounds"]) == 3
    assert failed["sentence"].endswith((".", "”"))


@pytest.mark.parametrize(("limit", "asked"), [("0.0001", 0), ("0.008", 1)])
def test_no_limit_of_money_is_passed(shop, practice_url, limit, asked):
    endpoint_id = shop.endpoint(practice_url, price_in="0", price_out="2", concurrency="1")
    with shop.database.writing() as session:
        session.get_one(Project, shop.project_id).cost_limit = int(float(limit) * 10**9)
    job = carry_out(shop, start(shop, endpoint_id, "alpaca"))
    assert len(calls_of(shop, job.id)) >= asked
    assert spent(shop) <= int(float(limit) * 10**9)
    said = job.sentence if not asked else job.result["rounds"][-1]["sentence"]
    assert said.startswith("The next call could pass the limit of money of this project.")
    assert job.state is (RunState.DONE if asked else RunState.FAILED)


def test_a_model_that_is_left_alone_is_not_waited_for(shop, practice_url, clock):
    endpoint_id = shop.endpoint(practice_url)
    with shop.database.writing() as session:
        endpoint = session.get_one(Endpoint, endpoint_id)
        endpoint.holds, endpoint.held_until = 3, clock().replace(year=2099)
    job = carry_out(shop, start(shop, endpoint_id))
    assert (job.state, calls_of(shop, job.id)) == (RunState.FAILED, [])
    assert "is left alone for now" in job.sentence


def test_a_dry_run_that_is_stopped_keeps_what_was_under_way(shop):
    with serving(create_practice_app(seed=7, latency_ms=600)) as url:
        job_id = start(shop, shop.endpoint(url, price_out="1"))
        thread = threading.Thread(target=carry_out, args=[shop, job_id])
        thread.start()
        # The first call goes alone; the others follow once it was understood.
        shop.wait_until(lambda: len(calls_of(shop, job_id)) == 3)
        with shop.database.writing() as session:
            jobs.cancel_job(session, jobs.job_in(session, shop.project_id, job_id), shop.owner_id)
        thread.join()
    assert shop.job(job_id).state is RunState.CANCELLED
    calls = calls_of(shop, job_id)
    assert len(calls) == 3
    assert {call.outcome for call in calls} <= {CallOutcome.ANSWERED, CallOutcome.CUT_OFF}
    assert spent(shop) == sum(call.cost for call in calls)


def test_its_form_starts_the_run_that_it_tried(shop, practice_url):
    endpoint_id = shop.endpoint(practice_url, price_in="1", price_out="1")
    fields = {"target_kept": "30", "cost_limit": "2.5", "parameters": {"tasks": "10"}, "thresholds": {"length": {}}}
    job = shop.job(start(shop, endpoint_id, "alpaca", **fields))
    with shop.database.writing() as session:
        run = runs.start_run(session, shop.project_id, form_of(job), shop.owner_id)
    assert (run.seed, run.target_kept, run.cost_limit) == (5, 30, 2_500_000_000)
    assert run.parameters["tasks"] == 10
    assert set(run.thresholds) == {"length"}
