"""What a process had written down and never sent when it died costs nothing; what it may have sent counts."""

from contextlib import closing

import pytest

from app.llm.ledger import Asking, Step, open_calls
from app.llm.practice.server import create_practice_app
from app.llm.prompt import Prompt, Sampling
from app.llm.sent import SentNotes
from app.models.generation import CallOutcome, Endpoint, Run, RunState
from tests.generation.processes import Process
from tests.generation.workshop import serving, workshop

PROMPT = Prompt("x" * 40, Sampling(temperature=0.7, top_p=0.5, max_tokens=100))
CARRIER = "worker/dead"


def left_behind(shop, url, *, sent=None):
    """A run whose process died with three calls written down; the first ``sent`` of them were noted as sent."""
    run_id = shop.queue(shop.endpoint(url, price_in="1", price_out="4"), "alpaca", target_kept="", target_calls="8")
    with shop.database.writing() as session:
        run = session.get_one(Run, run_id)
        run.state, run.carrier = RunState.RUNNING, CARRIER
        asked = [Asking(Step(round_, -1, "tasks"), 1, PROMPT) for round_ in range(3)]
        ids = open_calls(session, session.get_one(Endpoint, run.endpoint_id), run_id, asked)
    if sent is not None:
        with closing(SentNotes(shop.settings.data_dir / "sent", CARRIER)) as notes:
            for call_id in ids[:sent]:
                notes.add(call_id)
    return run_id, ids


@pytest.mark.parametrize("sent", [0, 1, 3])
def test_only_what_was_sent_counts(shop, practice_url, sent):
    run_id, ids = left_behind(shop, practice_url, sent=sent)
    run = shop.carry_out(run_id)
    assert run.state is RunState.DONE
    calls = {call.id: call for call in shop.calls(run_id)}
    lost = [call.id for call in calls.values() if call.outcome is CallOutcome.LOST]
    assert lost == ids[:sent]
    assert all(calls[call_id].cost > 0 for call_id in lost)
    assert len(calls) == 8, "what was never sent is no call"
    assert run.cost == sum(call.cost for call in calls.values())
    assert sorted(call.attempt for call in calls.values() if call.round < 3) == [1] * 3 + [2] * sent
    assert not list((shop.settings.data_dir / "sent").iterdir())


def test_where_nobody_can_tell_all_of_it_counts(shop, practice_url):
    run_id, ids = left_behind(shop, practice_url)
    shop.carry_out(run_id)
    assert [call.id for call in shop.calls(run_id) if call.outcome is CallOutcome.LOST] == ids


def test_while_the_process_may_only_stand_still_all_of_it_counts(shop, practice_url):
    run_id, ids = left_behind(shop, practice_url)
    with closing(SentNotes(shop.settings.data_dir / "sent", CARRIER)):
        shop.carry_out(run_id)
    assert [call.id for call in shop.calls(run_id) if call.outcome is CallOutcome.LOST] == ids


class _Counting:
    """The practice model, with the number of requests that arrived."""

    def __init__(self):
        self._app, self.asked = create_practice_app(seed=7, latency_ms=3_000), 0

    async def __call__(self, scope, receive, send):
        self.asked += scope["type"] == "http"
        await self._app(scope, receive, send)


@pytest.mark.slow
def test_calls_that_wait_for_room_when_a_process_is_killed_are_taken_back(database_url, tmp_path):
    """After the first, which flies alone, sixteen fly and eight wait. Each lost row is a request that arrived."""
    model = _Counting()
    with serving(model) as url, workshop(database_url, tmp_path / "data", seed_tasks=60) as shop:
        endpoint_id = shop.endpoint(url, concurrency="16", price_in="1", price_out="4")
        run_id = shop.queue(endpoint_id, "alpaca", target_kept="", target_calls="30")
        with Process(shop.settings.data_dir, database_url, "serve", "--port", "0") as tamis:
            shop.wait_until(lambda: model.asked >= 17 and len(shop.calls(run_id)) >= 25, 60)
            tamis.kill()
        answered, arrived = len(shop.calls(run_id, usable=True)), model.asked
        assert len(shop.calls(run_id)) > arrived, "some waited"
        with Process(shop.settings.data_dir, database_url, "serve", "--port", "0"):
            shop.wait_until(lambda: shop.run(run_id).state is not RunState.RUNNING, 90)

        calls = shop.calls(run_id)
        lost = [call for call in calls if call.outcome is CallOutcome.LOST]
        assert 0 < len(lost) <= arrived - answered
        assert len(calls) == 30
