"""Money and patience: no limit is passed, whoever races for what is left; a run pauses and goes on."""

import threading
from datetime import timedelta

import pytest

from app import projects
from app.generation import runs
from app.llm import ledger, money, pace
from app.llm.ledger import Asking, Step
from app.llm.practice.server import create_practice_app
from app.llm.prompt import Prompt, Sampling
from app.models.candidates import Outcome
from app.models.generation import CallOutcome, Endpoint, Run, RunState
from app.models.projects import Project
from tests.generation.workshop import serving
from tests.racing import race

PROMPT = Prompt("x" * 100, Sampling(temperature=0, top_p=1, max_tokens=100))
PRICES = {"price_in": "1", "price_out": "4"}


def limit(shop, **limits):
    with shop.database.writing() as session:
        project = session.get_one(Project, shop.project_id)
        texts = {"name": "First sieve", "description": "", "guidelines": "", "approval_ratings": "0"}
        limits = {"cost_limit": "", "monthly_cost_limit": ""} | limits
        projects.edit_project(session, project, **texts, **limits, actor_id=shop.owner_id)


def change(shop, run_id, **changes):
    with shop.database.writing() as session:
        run = session.get_one(Run, run_id)
        texts = {"concurrency": str(run.concurrency), "cost_limit": ""} | changes
        runs.change_run(session, run, **texts, actor_id=shop.owner_id)


def spent(shop):
    with shop.database.reading() as session:
        return sum(money.spent_by_month(session, shop.project_id).values())


@pytest.mark.parametrize("which", ["cost_limit", "monthly_cost_limit"])
def test_who_races_for_the_last_money_never_passes_the_limit(shop, which):
    """Each call may cost half a thousandth of a dollar, so two go into this limit."""
    endpoint_id = shop.endpoint("http://m.example/v1", **PRICES)
    limit(shop, **{which: "0.001"})

    def ask(place):
        with shop.database.writing() as session:
            endpoint = session.get_one(Endpoint, endpoint_id)
            left, _ = money.left(session, shop.project_id)
            asking = Asking(Step(0, place, "try"), 1, PROMPT)
            return ledger.open_calls(session, endpoint, None, [asking] if left >= 500_000 else [])

    opened = race(*[lambda place=place: ask(place) for place in range(8)])
    assert sum(map(len, opened)) == 2
    assert spent(shop) == 1_000_000


@pytest.mark.parametrize(
    ("which", "whose"), [("cost_limit", "this project"), ("monthly_cost_limit", "this project a month")]
)
def test_runs_that_race_pause_at_the_limit_of_their_project_and_go_on_when_it_is_raised(
    shop, practice_url, which, whose
):
    limit(shop, **{which: "0.05"})
    endpoint_id = shop.endpoint(practice_url, concurrency="6", **PRICES)
    run_ids = [shop.queue(endpoint_id, "alpaca", target_kept="300", seed=str(seed)) for seed in range(2)]
    threads = [shop.begin(run_id) for run_id in run_ids]
    for thread in threads:
        thread.join()

    for run_id in run_ids:
        run = shop.run(run_id)
        assert run.state is RunState.PAUSED
        assert run.sentence == f"The next call could pass the limit of money of {whose}. Raise it to go on."
    assert 0 < spent(shop) == sum(shop.run(run_id).cost for run_id in run_ids) <= 50_000_000
    limit(shop, **{which: "50"})
    shop.go_on(run_ids[0])
    again = shop.carry_out(run_ids[0])
    assert again.state is RunState.DONE
    assert sum(each.outcome is Outcome.KEPT for each in shop.candidates(again.id)) >= 300


def test_a_run_pauses_by_hand_takes_in_what_is_under_way_and_goes_on_faster(shop):
    busy = _Busy(create_practice_app(seed=7, latency_ms=80))
    with serving(busy) as url:
        run_id = shop.queue(shop.endpoint(url, concurrency="2"), "alpaca", target_kept="100")
        carried_out = shop.begin(run_id)
        shop.wait_until(lambda: shop.candidates(run_id))
        with shop.database.writing() as session:
            runs.pause_run(session, session.get_one(Run, run_id), shop.owner_id)
        carried_out.join()
        paused, calls = shop.run(run_id), shop.calls(run_id)
        assert (paused.state, paused.sentence) == (RunState.PAUSED, "Paused by hand.")
        assert {call.outcome for call in calls} == {CallOutcome.ANSWERED}

        assert busy.most <= 2
        change(shop, run_id, concurrency="9")
        shop.go_on(run_id)
        run = shop.carry_out(run_id)
    assert (run.state, run.concurrency, run.pause_requested_at) == (RunState.DONE, 9, None)
    assert 2 < busy.most <= 9


def test_a_server_that_is_down_for_a_while_costs_a_run_time_and_nothing_else(shop, monkeypatch):
    monkeypatch.setattr(pace, "_FIRST_HOLD", timedelta(seconds=0.1))
    moody = _Moody()
    with serving(moody) as url:
        run_id = shop.queue(shop.endpoint(url, concurrency="4"), "alpaca", target_kept="300")
        carried_out = shop.begin(run_id)
        shop.wait_until(lambda: shop.calls(run_id, usable=True))
        moody.is_down.set()
        shop.wait_until(lambda: any(call.outcome is CallOutcome.SERVER_ERROR for call in shop.calls(run_id)))
        shop.wait_until(lambda: _holds(shop, run_id) >= 3)
        moody.is_down.clear()
        carried_out.join()
    run = shop.run(run_id)
    assert run.state is RunState.DONE, run.sentence
    failed = [call for call in shop.calls(run_id) if call.outcome is CallOutcome.SERVER_ERROR]
    assert len(failed) < 20  # it was asked by one call at a time while it was down
    assert _holds(shop, run_id) == 0


class _Moody:
    """The practice model, which is down while it is told to be."""

    def __init__(self):
        self._app, self.is_down = create_practice_app(seed=7, latency_ms=50), threading.Event()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and self.is_down.is_set():
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})
            return
        await self._app(scope, receive, send)


def _holds(shop, run_id):
    with shop.database.reading() as session:
        return session.get_one(Endpoint, session.get_one(Run, run_id).endpoint_id).holds


class _Busy:
    """An application that knows how many requests it had at the same time, at most."""

    def __init__(self, app):
        self._app, self._now, self.most = app, 0, 0

    async def __call__(self, scope, receive, send):
        self._now += scope["type"] == "http"
        self.most = max(self.most, self._now)
        try:
            await self._app(scope, receive, send)
        finally:
            self._now -= scope["type"] == "http"
