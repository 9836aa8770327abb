"""What people do with a run: start, stop, continue."""

from contextlib import suppress

import pytest
from sqlalchemy import select

from app.errors import Conflict, InvalidInput, NotFound
from app.generation import runs
from app.llm.practice.server import create_practice_app
from app.models.candidates import Outcome
from app.models.events import Event
from app.models.generation import Call, CallOutcome, Run, RunState
from tests.generation.workshop import serving, workshop

NOWHERE = "http://127.0.0.1:9/v1"


class _Keeper:
    """The practice model behind an API key."""

    def __init__(self):
        self._app = create_practice_app(seed=7)

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization") != b"Bearer right":
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 401, "headers": headers})
            await send({"type": "http.response.body", "body": b'{"error": {"message": "Incorrect key."}}'})
            return
        await self._app(scope, receive, send)


def kinds(shop, run_id):
    with shop.database.reading() as session:
        query = select(Event.kind).where(Event.subject_id == run_id, Event.kind.startswith("run.")).order_by(Event.id)
        return list(session.scalars(query))


@pytest.mark.parametrize(
    ("fields", "sentence", "field"),
    [
        ({"target_kept": ""}, "Say when to stop: kept examples, calls, or money.", "target_kept"),
        ({"target_kept": "0"}, "Kept examples must be a whole number from 1 to 1,000,000.", "Kept examples"),
        ({"target_calls": "²"}, "Calls must be a whole number from 1 to 10,000,000.", "Calls"),
        ({"seed": "-1"}, "Random seed must be a whole number from 0 to 2,147,483,647.", "Random seed"),
        ({"cost_limit": "1"}, "A limit of money needs the endpoint's prices", "cost_limit"),
        ({"parameters": {"demonstrations": "many"}}, "Input should be a valid integer", "demonstrations"),
        ({"parameters": {"demonstrations": 99}}, "", "demonstrations"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_was_typed(shop, fields, sentence, field):
    endpoint_id = shop.endpoint(NOWHERE)
    with pytest.raises(InvalidInput) as refused:
        shop.queue(endpoint_id, **fields)
    assert sentence in refused.value.sentence
    assert refused.value.field == field
    with shop.database.reading() as session:
        assert session.scalars(select(Run)).all() == []


def test_a_run_of_another_project_is_not_found(shop):
    run_id = shop.queue(shop.endpoint(NOWHERE))
    other = shop.new_project("Other", 10)
    with shop.database.reading() as session, pytest.raises(NotFound):
        runs.run_in(session, other, run_id)


def test_a_queued_run_is_stopped_at_once(shop):
    run_id = shop.queue(shop.endpoint(NOWHERE))
    for _ in range(2):
        shop.cancel(run_id)
    run = shop.carry_out(run_id)
    assert (run.state, run.sentence) == (RunState.CANCELLED, "Stopped by hand.")
    assert shop.calls(run_id) == []
    assert kinds(shop, run_id) == ["run.started", "run.cancelled"]


@pytest.mark.parametrize(("ask", "state"), [(runs.cancel_run, RunState.CANCELLED), (runs.pause_run, RunState.PAUSED)])
def test_a_queued_run_that_somebody_left_behind_leaves_no_call_under_way(shop, practice_url, ask, state):
    run_id = shop.queue(shop.endpoint(practice_url, price_in="1", price_out="1"), target_kept="3")
    shop.carry_out(run_id)
    first, second = shop.calls(run_id)[:2]
    with shop.database.writing() as session:  # its process died; the engine queued it again
        session.get_one(Run, run_id).state = RunState.QUEUED
        session.get_one(Call, first.id).outcome = CallOutcome.IN_FLIGHT  # the reply is stored
        lost = session.get_one(Call, second.id)
        lost.outcome, lost.http_status = CallOutcome.IN_FLIGHT, None
    with shop.database.writing() as session:
        ask(session, session.get_one(Run, run_id), shop.owner_id)
    assert shop.run(run_id).state is state
    assert [each.outcome for each in shop.calls(run_id)[:2]] == [first.outcome, CallOutcome.LOST]


@pytest.mark.parametrize("ask", [runs.cancel_run, runs.pause_run, runs.continue_run])
def test_what_happened_to_a_run_since_it_was_read_is_seen(postgresql_url, tmp_path, ask):
    with workshop(postgresql_url, tmp_path / "data") as shop:
        run_id = shop.queue(shop.endpoint(NOWHERE))
        before, after = RunState.RUNNING, RunState.DONE
        if ask is runs.continue_run:
            before, after = RunState.FAILED, RunState.QUEUED
        with shop.database.writing() as session:
            session.get_one(Run, run_id).state = before
        with suppress(Conflict), shop.database.writing() as session:
            read = session.get_one(Run, run_id)
            with shop.database.writing() as other:
                other.get_one(Run, run_id).state = after
            ask(session, read, shop.owner_id)
        run = shop.run(run_id)
        assert (run.state, run.cancel_requested_at, run.pause_requested_at, run.attempt) == (after, None, None, 1)
        assert kinds(shop, run_id) == ["run.started"]


def test_a_run_that_is_stopped_takes_in_what_is_under_way_and_can_be_continued(shop):
    with serving(create_practice_app(seed=7, latency_ms=80)) as url:
        run_id = shop.queue(shop.endpoint(url, concurrency="2"), "alpaca", target_kept="100")
        carried_out = shop.begin(run_id)
        shop.wait_until(lambda: shop.candidates(run_id))
        shop.cancel(run_id)
        carried_out.join()

        stopped, calls = shop.run(run_id), shop.calls(run_id)
        assert (stopped.state, stopped.sentence) == (RunState.CANCELLED, "Stopped by hand.")
        assert {call.outcome for call in calls} == {CallOutcome.ANSWERED}
        assert {each.call_id for each in shop.candidates(run_id)} == {call.id for call in calls}

        shop.go_on(run_id)
        assert shop.run(run_id).state is RunState.QUEUED
        run = shop.carry_out(run_id)
    assert run.state is RunState.DONE
    assert run.attempt == 2
    assert sum(each.outcome is Outcome.KEPT for each in shop.candidates(run_id)) >= 100
    assert {call.attempt for call in shop.calls(run_id)} == {1}
    assert kinds(shop, run_id) == ["run.started", "run.cancelled", "run.ended", "run.continued", "run.ended"]


def test_a_run_whose_key_is_rejected_says_so_and_goes_on_with_the_right_one(shop):
    with serving(_Keeper()) as url:
        endpoint_id = shop.endpoint(url, api_key="wrong")
        run = shop.carry_out(shop.queue(endpoint_id))
        assert run.state is RunState.FAILED
        assert run.sentence == "The endpoint rejected the API key (HTTP 401). It says: Incorrect key."
        assert {call.outcome for call in shop.calls(run.id)} == {CallOutcome.KEY_REJECTED}
        assert len(shop.calls(run.id)) <= 4

        shop.change_endpoint(endpoint_id, url, api_key="right")
        shop.go_on(run.id)
        again = shop.carry_out(run.id)
    assert (again.state, again.attempt) == (RunState.DONE, 2)


def test_a_run_to_which_nobody_answers_fails_and_says_so(shop):
    run = shop.carry_out(shop.queue(shop.endpoint(NOWHERE, concurrency="24"), target_kept="500"))
    assert run.state is RunState.FAILED
    assert run.sentence == "Nothing answers at the endpoint's address. Is the server running?"
    assert {call.outcome for call in shop.calls(run.id)} == {CallOutcome.UNREACHABLE}


def test_only_what_was_stopped_or_failed_can_be_continued(shop, practice_url):
    run_id = shop.queue(shop.endpoint(practice_url))
    for _ in range(2):
        with pytest.raises(Conflict, match="Only a run that paused, failed or was stopped can be continued"):
            shop.go_on(run_id)
        shop.carry_out(run_id)
