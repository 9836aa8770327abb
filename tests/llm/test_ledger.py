"""The ledger: a row before a call is sent, its bytes and its cost after."""

import threading
import time

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.llm.client import Reply
from app.llm.endpoint import EndpointForm, add_endpoint
from app.llm.ledger import (
    Asking,
    Shown,
    Step,
    close_calls,
    is_sent_already,
    open_calls,
    settle_calls_in_flight,
    settle_trials,
    spent,
    store_replies,
    withdraw_calls,
)
from app.llm.money import spent_by_month
from app.llm.prompt import Prompt, Sampling
from app.llm.secrets import Vault
from app.models.generation import Call, CallOutcome, DemonstrationShown, Endpoint, Run
from app.seeds import SeedForm, add_seed_task
from tests.factories import person, project
from tests.racing import race

VAULT = Vault(b"0" * 43 + b"=")
PROMPT = Prompt("x" * 40, Sampling(temperature=0.7, top_p=0.5, max_tokens=100, stop=("\n16.",)))
STEP = Step(0, 3, "instance")
ANSWER = (
    b'{ "model": "m-1", "choices": [{"message": {"content": "Hello!\\ud83d"}}],'
    b' "usage": {"prompt_tokens": 1000, "completion_tokens": 500}}\n'
)


def endpoint_and_run(session):
    ada = person(session)
    recipes = project(session, owner=ada)
    form = EndpointForm(name="Ours", base_url="http://m.example/v1", model="m", price_in="0.15", price_out="0.60")
    endpoint = add_endpoint(session, VAULT, recipes.id, form, ada.id)
    run = Run(project_id=recipes.id, endpoint_id=endpoint.id, started_by_id=ada.id, pipeline="alpaca")
    run.parameters, run.thresholds, run.seed, run.target_calls = {}, {}, 1, 10
    session.add(run)
    session.flush()
    return endpoint, run


def sent(session, endpoint, run, step=STEP, attempt=1, shown=()):
    (call_id,) = open_calls(session, endpoint, run.id if run else None, [Asking(step, attempt, PROMPT, shown)])
    return session.get_one(Call, call_id)


def close(session, call_id, endpoint, reply):
    store_replies(session, {call_id: reply})
    closed = close_calls(session, endpoint, {call_id: reply})[call_id]
    session.expire_all()
    return closed.reading


def test_a_call_is_in_the_ledger_before_it_is_sent(database):
    with database.writing() as session:
        call_id = sent(session, *endpoint_and_run(session)).id
    with database.reading() as session:
        call = session.get_one(Call, call_id)
        assert (call.outcome, call.prompt, call.answered_at) == (CallOutcome.IN_FLIGHT, PROMPT.text, None)
        assert (call.round, call.position, call.purpose, call.attempt) == (0, 3, "instance", 1)
        assert call.sampling["stop"] == ["\n16."]
        assert call.sampling["temperature"] == 0.7


def test_what_a_prompt_showed_is_kept_in_its_order(session):
    endpoint, run = endpoint_and_run(session)
    seeds = [
        add_seed_task(
            session,
            run.project_id,
            SeedForm(name=name, instruction=name, instances=[("", "a")], is_classification=False),
            None,
        ).id
        for name in ("first", "second")
    ]
    call = sent(session, endpoint, run, shown=[Shown(seed, None) for seed in reversed(seeds)])
    rows = session.scalars(select(DemonstrationShown).order_by(DemonstrationShown.position)).all()
    assert [(row.call_id, row.position, row.seed_task_id) for row in rows] == [
        (call.id, 0, seeds[1]),
        (call.id, 1, seeds[0]),
    ]


def test_an_answer_is_kept_byte_for_byte_beside_what_it_means(database):
    with database.writing() as session:
        endpoint, run = endpoint_and_run(session)
        call_id = sent(session, endpoint, run).id
        reading = close(session, call_id, endpoint, Reply(200, ANSWER))
    with database.reading() as session:
        call = session.get_one(Call, call_id)
        assert (call.raw, call.http_status, call.outcome) == (ANSWER, 200, CallOutcome.ANSWERED)
        assert call.text == reading.text == "Hello!\ufffd"
        assert (call.model, call.tokens_in, call.tokens_out) == ("m-1", 1000, 500)
        assert call.cost == 450_000  # 1,000 tokens at $0.15 and 500 at $0.60 a million
        assert call.answered_at >= call.sent_at


@pytest.mark.parametrize("raw", [b"\x00\xff\xfe\n", b"<html>", b""])
def test_bytes_that_mean_nothing_are_kept_as_well(database, raw):
    with database.writing() as session:
        endpoint, run = endpoint_and_run(session)
        call_id = sent(session, endpoint, run).id
        close(session, call_id, endpoint, Reply(200, raw))
    with database.reading() as session:
        assert session.get_one(Call, call_id).raw == raw
        assert session.get_one(Call, call_id).outcome is CallOutcome.UNREADABLE


def test_tokens_that_were_not_counted_cost_the_most_that_they_can_be(session):
    endpoint, run = endpoint_and_run(session)
    call = sent(session, endpoint, run)
    close(session, call.id, endpoint, Reply(200, b'{"choices": [{"message": {"content": "12345678"}}]}'))
    assert (call.tokens_in, call.tokens_out) == (None, None)
    assert call.cost == (40 * 150_000 + 100 * 600_000) // 1_000


@pytest.mark.parametrize(
    "reply",
    [
        *(Reply(429, b"{}"), Reply(500, ANSWER), Reply(401, b""), Reply(None, trouble="unreachable")),
        Reply(200, b'{"error": {"code": 429, "message": "Slow down."}}'),
    ],
)
def test_what_the_server_did_not_do_costs_nothing(session, reply):
    endpoint, run = endpoint_and_run(session)
    call = sent(session, endpoint, run)
    close(session, call.id, endpoint, reply)
    assert (call.cost, call.http_status, call.text) == (0, reply.status, None)
    assert call.sentence


@pytest.mark.parametrize(
    "reply",
    [
        *(Reply(None, trouble="timed_out"), Reply(None, trouble="broken")),
        *(Reply(200, b"<html>"), Reply(200, b'{"choices": []}'), Reply(200, b" " * 9_000_000)),
    ],
)
def test_what_may_have_been_billed_counts_with_the_most(session, reply):
    """However large it is, an answer that nobody counted takes no run past its limit."""
    endpoint, run = endpoint_and_run(session)
    call = sent(session, endpoint, run)
    most = call.cost
    close(session, call.id, endpoint, reply)
    assert call.cost == run.cost == most == 66_000


def test_the_same_attempt_at_the_same_step_is_sent_once(database):
    with database.writing() as session:
        endpoint, run = endpoint_and_run(session)
        sent(session, endpoint, run)
        sent(session, endpoint, run, attempt=2)
        sent(session, endpoint, run, Step(0, 4, "instance"))
    with pytest.raises(IntegrityError) as refused, database.writing() as session:
        sent(session, endpoint, run)
    assert is_sent_already(refused.value)
    with database.reading() as session:
        assert spent(session, run.id)[0] == 3


def test_other_reasons_not_to_take_a_call_are_told_apart(database):
    with database.writing() as session:
        endpoint, run = endpoint_and_run(session)
    with pytest.raises(IntegrityError) as refused, database.writing() as session:
        sent(session, endpoint, run, shown=[Shown(999, None)])
    assert not is_sent_already(refused.value)


def test_who_races_to_send_a_step_one_sends_it(database):
    with database.writing() as session:
        endpoint, run = endpoint_and_run(session)

    def send_it():
        with database.writing() as session:
            return sent(session, endpoint, run).id

    outcomes = race(*[send_it] * 4)
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1


def test_trials_outside_a_run_may_be_repeated(session):
    endpoint, _ = endpoint_and_run(session)
    first, second = (sent(session, endpoint, None) for _ in range(2))
    assert first.id != second.id


def test_calls_in_flight_of_a_stopped_process_are_lost_and_no_others(session):
    endpoint, run = endpoint_and_run(session)
    answered = sent(session, endpoint, run, Step(0, 0, "instance"))
    close(session, answered.id, endpoint, Reply(200, ANSWER))
    flying = [sent(session, endpoint, run, Step(0, place, "instance")) for place in (1, 2)]
    trial = sent(session, endpoint, None)
    session.flush()
    settle_calls_in_flight(session, run.id, endpoint)
    session.flush()
    assert [call.outcome for call in flying] == [CallOutcome.LOST] * 2
    assert flying[0].answered_at is not None
    assert "stopped before the answer came" in flying[0].sentence
    assert flying[0].cost > 0  # the most that it can have been
    assert (answered.outcome, trial.outcome) == (CallOutcome.ANSWERED, CallOutcome.IN_FLIGHT)


@pytest.mark.parametrize(("tier", "cost"), [("flex", 225_000), ("default", 450_000)])
def test_a_call_costs_what_the_service_that_was_given_costs(session, tier, cost):
    endpoint, run = endpoint_and_run(session)
    endpoint.flex_percent = 50
    call = sent(session, endpoint, run)
    close(session, call.id, endpoint, Reply(200, ANSWER[:-2] + f', "service_tier": "{tier}"}}'.encode()))
    assert (call.service_tier, call.cost) == (tier, cost)
    session.refresh(run)
    assert run.cost == cost


@pytest.mark.parametrize(
    ("usage", "cost"),
    [("", 0), (', "usage": {"prompt_tokens": 1000, "completion_tokens": 0}', 150_000), (', "usage": {}', 0)],
)
def test_an_error_within_a_200_costs_what_was_counted_and_nothing_by_its_length(session, usage, cost):
    endpoint, run = endpoint_and_run(session)
    call = sent(session, endpoint, run)
    close(session, call.id, endpoint, Reply(200, f'{{"error": {{"message": "{"x" * 999}"}}{usage}}}'.encode()))
    assert (call.outcome, call.cost) == (CallOutcome.SERVER_ERROR, cost)


def test_trials_that_nobody_waits_for_are_settled_and_no_others(session, clock):
    endpoint, run = endpoint_and_run(session)
    of_run = sent(session, endpoint, run)
    lost, stored = (sent(session, endpoint, None) for _ in range(2))
    store_replies(session, {stored.id: Reply(200, ANSWER)})
    moment = clock()
    clock.forward(seconds=10)
    fresh = sent(session, endpoint, None)
    settle_trials(session, moment)
    session.flush()
    session.expire_all()
    assert (lost.outcome, stored.outcome) == (CallOutcome.LOST, CallOutcome.ANSWERED)
    assert (of_run.outcome, fresh.outcome) == (CallOutcome.IN_FLIGHT, CallOutcome.IN_FLIGHT)
    assert stored.cost == 450_000


def test_calls_that_were_not_sent_are_withdrawn_with_what_they_could_have_cost(session):
    endpoint, run = endpoint_and_run(session)
    task = SeedForm(name="one", instruction="Name a sea.", instances=[("", "a")], is_classification=False)
    seed = add_seed_task(session, run.project_id, task, None)
    flying = sent(session, endpoint, run)
    before = spent_by_month(session, run.project_id)
    waiting = sent(session, endpoint, run, Step(1, -1, "tasks"), shown=[Shown(seed.id, None)])
    lost = sent(session, endpoint, run, Step(2, -1, "tasks"))
    lost_cost, lost.outcome = lost.cost, CallOutcome.LOST
    session.flush()

    withdraw_calls(session, endpoint, run.id, [waiting.id, lost.id])
    session.expire_all()
    assert session.scalars(select(Call.id).order_by(Call.id)).all() == [flying.id, lost.id]
    assert session.scalars(select(DemonstrationShown)).all() == []
    assert spent_by_month(session, run.project_id) == {month: cost + lost_cost for month, cost in before.items()}
    assert run.cost == flying.cost + lost_cost


def test_what_a_run_spent_is_the_sum_of_its_calls(session):
    endpoint, run = endpoint_and_run(session)
    assert spent(session, run.id) == (0, 0)
    for place in range(3):
        call = sent(session, endpoint, run, Step(0, place, "instance"))
        close(session, call.id, endpoint, Reply(200, ANSWER))
    assert spent(session, run.id) == (3, 3 * 450_000)
    flying = sent(session, endpoint, run)
    assert spent(session, run.id) == (4, 3 * 450_000 + flying.cost)
    assert flying.cost == (40 * 150_000 + 100 * 600_000) // 1_000  # the most that it can be
    session.refresh(run)
    assert run.cost == sum(spent_by_month(session, run.project_id).values()) == spent(session, run.id)[1]
    assert session.get_one(Endpoint, endpoint.id).price_in == 150_000


def test_a_reply_that_was_stored_but_not_read_is_read_when_its_run_is_taken_up(session):
    endpoint, run = endpoint_and_run(session)
    call = sent(session, endpoint, run)
    store_replies(session, {call.id: Reply(200, ANSWER)})
    settle_calls_in_flight(session, run.id, endpoint)
    session.expire_all()
    assert (call.outcome, call.cost, call.raw) == (CallOutcome.ANSWERED, 450_000, ANSWER)


def test_a_call_is_settled_and_answered_by_one_after_the_other(database):
    """As where a process that was thought dead brings its answer at that moment: both know what became of it."""
    with database.writing() as session:
        endpoint, run = endpoint_and_run(session)
        call_id = sent(session, endpoint, run).id
    settled = threading.Event()

    def answer():
        settled.wait(10)
        with database.writing() as session:
            store_replies(session, {call_id: Reply(200, ANSWER)})
            return close_calls(session, endpoint, {call_id: Reply(200, ANSWER)})[call_id].is_lost

    def settle():
        with database.writing() as session:
            settle_calls_in_flight(session, run.id, endpoint)
            settled.set()
            time.sleep(0.3)  # long enough for the answer, were it not to wait

    is_lost, _ = race(answer, settle)
    with database.reading() as session:
        assert (session.get_one(Call, call_id).outcome is CallOutcome.LOST) is is_lost
