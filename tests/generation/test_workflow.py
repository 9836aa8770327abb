"""A run from its first call to its end, over real HTTP, on both databases."""

import pytest
from sqlalchemy import func, select

from app.llm.practice.server import create_practice_app
from app.models.candidates import Outcome
from app.models.events import Event
from app.models.generation import Call, CallOutcome, RunState
from tests.generation.workshop import serving, workshop

PIPELINES = ["self_instruct", "alpaca"]
USABLE = {CallOutcome.ANSWERED, CallOutcome.CUT_OFF}


def steps(calls):
    return [(call.round, call.position, call.purpose) for call in calls]


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_a_run_reaches_its_target(shop, practice_url, pipeline):
    run = shop.carry_out(shop.queue(shop.endpoint(practice_url), pipeline, target_kept="20"))

    kept = sum(each.outcome is Outcome.KEPT for each in shop.candidates(run.id))
    assert run.state is RunState.DONE
    assert kept >= 20
    assert run.sentence == f"Reached its target: {kept} kept."
    assert run.started_at <= run.ended_at
    with shop.database.reading() as session:
        ended = session.scalars(select(Event).where(Event.kind == "run.ended", Event.subject_id == run.id)).one()
    assert ended.after == {"state": "done", "sentence": run.sentence}


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_every_call_is_in_the_ledger_with_its_bytes_and_its_cost(shop, practice_url, pipeline):
    endpoint_id = shop.endpoint(practice_url, price_in="1", price_out="2")
    run = shop.carry_out(shop.queue(endpoint_id, pipeline))

    calls = shop.calls(run.id)
    assert len(set(steps(calls))) == len(calls)
    for call in calls:
        assert call.outcome in USABLE
        assert call.http_status == 200
        assert call.model == "tamis-practice"
        assert call.text
        assert call.text.encode() in shop.raw(call.id).replace(b"\\n", b"\n").replace(b'\\"', b'"')
        assert call.cost == call.tokens_in * 1000 + call.tokens_out * 2000
        assert call.sent_at <= call.answered_at


def test_a_run_that_has_ended_is_left_alone(shop, practice_url):
    run_id = shop.queue(shop.endpoint(practice_url))
    ended = shop.carry_out(run_id)
    again = shop.carry_out(run_id)
    assert (again.ended_at, again.rounds_folded) == (ended.ended_at, ended.rounds_folded)


@pytest.mark.parametrize("pipeline", PIPELINES)
@pytest.mark.parametrize("limit", [1, 7, 30])
def test_a_limit_of_calls_is_reached_and_never_passed(shop, practice_url, pipeline, limit):
    run = shop.carry_out(shop.queue(shop.endpoint(practice_url), pipeline, target_kept="", target_calls=str(limit)))
    assert run.state is RunState.DONE
    assert run.sentence == f"Reached its limit of {limit} calls."
    assert len(shop.calls(run.id)) == limit


@pytest.mark.parametrize(("pipeline", "dollars"), [("self_instruct", "0.02"), ("alpaca", "0.05"), ("alpaca", "0.001")])
def test_a_limit_of_money_is_never_passed(shop, practice_url, pipeline, dollars):
    endpoint_id = shop.endpoint(practice_url, price_in="1", price_out="4", concurrency="8")
    run = shop.carry_out(shop.queue(endpoint_id, pipeline, target_kept="", cost_limit=dollars))

    with shop.database.reading() as session:
        spent = int(session.scalar(select(func.sum(Call.cost)).where(Call.run_id == run.id)) or 0)
    assert run.state is RunState.PAUSED
    assert run.sentence == "The next call could pass the limit of money of this run. Raise it to go on."
    assert run.cost_limit - 20_000_000 < spent == run.cost <= run.cost_limit
    assert bool(shop.calls(run.id)) is (dollars != "0.001")


def test_a_run_of_a_model_that_only_repeats_itself_ends(shop):
    """Nothing new comes of it, so its target is out of reach."""
    with serving(_Parrot()) as url:
        run = shop.carry_out(shop.queue(shop.endpoint(url), "alpaca", target_kept="50"))
    assert run.state is RunState.DONE
    assert run.sentence.startswith("Stopped: 40 completions in a row brought nothing new.")
    assert sum(each.outcome is Outcome.KEPT for each in shop.candidates(run.id)) == 1


def test_that_a_model_only_repeats_itself_is_not_forgotten_when_a_run_is_taken_up_again(shop):
    with serving(_Parrot()) as url:
        run_id = shop.queue(shop.endpoint(url, concurrency="1"), "alpaca", target_kept="50")
        stopped = shop.stop_when(run_id, lambda run: run.rounds_folded > 15)
        assert stopped.state is RunState.RUNNING
        run = shop.carry_out(run_id)
    assert run.sentence.startswith("Stopped: 40 completions in a row brought nothing new.")
    assert run.rounds_folded in {41, 42}  # one may be under way


class _Parrot:
    """Answers every request with the same task."""

    async def __call__(self, scope, _receive, send):
        if scope["type"] != "http":
            return
        body = (
            b'{"model": "parrot", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant",'
            b' "content": "4. Instruction: Name the seven colours of a rainbow in order.\\n4. Input:\\n<noinput>\\n'
            b'4. Output:\\nRed, orange, yellow, green, blue, indigo, violet\\n###"}}]}'
        )
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize(("pipeline", "target"), [("self_instruct", 40), ("alpaca", 150)])
def test_with_two_faults_in_five_the_target_is_still_reached(shop, pipeline, target):
    with serving(create_practice_app(seed=3, fault_rate=0.4)) as url:
        run = shop.carry_out(shop.queue(shop.endpoint(url, concurrency="16"), pipeline, target_kept=str(target)))

    calls = shop.calls(run.id)
    assert run.state is RunState.DONE
    assert sum(each.outcome is Outcome.KEPT for each in shop.candidates(run.id)) >= target
    assert len({call.outcome for call in calls}) > 3
    for call in calls:
        assert call.outcome is not CallOutcome.IN_FLIGHT
        is_counted = call.tokens_in is not None and call.tokens_out is not None
        assert bool(call.sentence) is (call.outcome is not CallOutcome.ANSWERED or not is_counted)
    usable = steps(call for call in calls if call.outcome in USABLE)
    assert len(set(usable)) == len(usable)
    attempts = {}
    for call in calls:
        attempts.setdefault((call.round, call.position, call.purpose), []).append(call.attempt)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in attempts.values())


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_many_calls_at_the_same_time_hardly_bring_more_than_is_wanted(sqlite_url, tmp_path, pipeline):
    with (
        serving(create_practice_app(seed=7, latency_ms=50)) as url,
        workshop(sqlite_url, tmp_path / "data", seed_tasks=175) as shop,
    ):
        run = shop.carry_out(shop.queue(shop.endpoint(url, concurrency="64"), pipeline, target_kept="50"))
    candidates = shop.candidates(run.id)
    assert 50 <= sum(each.outcome is Outcome.KEPT for each in candidates) <= 75
    unfinished = {(each.round, each.position) for each in candidates if each.outcome is Outcome.UNFINISHED}
    for_nothing = [call for call in shop.calls(run.id) if (call.round, call.position) in unfinished]
    assert len(for_nothing) <= 30


def test_a_declined_question_rejects_its_instruction_with_the_sentence(shop):
    with serving(create_practice_app(seed=5, fault_rate=0.4)) as url:
        run = shop.carry_out(shop.queue(shop.endpoint(url, concurrency="16"), target_kept="40"))

    declined = [call for call in shop.calls(run.id) if call.outcome in {CallOutcome.REFUSED, CallOutcome.FILTERED}]
    rows = {(each.round, each.position): each for each in shop.candidates(run.id) if each.instance == 0}
    asked = [call for call in declined if call.position >= 0]
    assert asked
    for call in asked:
        candidate = rows[call.round, call.position]
        assert (candidate.outcome, candidate.rejected_by) == (Outcome.REJECTED, "format")
        assert candidate.reason == call.sentence


def test_a_run_makes_the_calls_that_it_was_told_to_make_and_no_more(shop):
    """Also where some of them are written down before there is room to send them."""
    with serving(create_practice_app(seed=7, latency_ms=40)) as url:
        endpoint_id = shop.endpoint(url, concurrency="10")
        run = shop.carry_out(shop.queue(endpoint_id, "alpaca", target_kept="", target_calls="23"))
    assert (run.state, run.sentence) == (RunState.DONE, "Reached its limit of 23 calls.")
    calls = shop.calls(run.id)
    assert len(calls) == 23
    assert {call.outcome for call in calls} == {CallOutcome.ANSWERED}
