"""Calls wait for their turn, their time and their money."""

import pytest

from app.generation import outbox
from app.generation.budget import Budget
from app.generation.outbox import Outbox
from app.llm.ledger import PROPOSING, Step
from app.llm.prompt import Prompt, Sampling
from app.models.generation import Endpoint

PROMPT = Prompt("One two three", Sampling(temperature=0, top_p=1, max_tokens=10))


@pytest.fixture
def moment(monkeypatch):
    """The clock; add seconds to its only item."""
    seconds = [1000.0]
    monkeypatch.setattr(outbox.time, "monotonic", lambda: seconds[0])
    return seconds


def box(budget: Budget | None = None, **endpoint) -> Outbox:
    fields = {"price_in": 0, "price_out": 0, "requests_per_minute": None} | endpoint
    return Outbox(Endpoint(**fields), budget or Budget(10, None, None), {})


def step(number: int) -> Step:
    return Step(number, PROPOSING, "tasks")


def rounds(jobs) -> list[int]:
    return [job.step.round for job in jobs]


def test_jobs_go_in_order_and_what_is_begun_goes_first():
    waiting = box()
    waiting.add(step(1), PROMPT, ())
    waiting.add(step(2), PROMPT, ())
    waiting.add(step(0), PROMPT, (), first=True)
    assert rounds(waiting.take(2)) == [0, 1]
    assert rounds(waiting.take(2)) == [2]
    assert not waiting


def test_a_failed_job_waits_longer_each_time_and_is_given_up_in_the_end(moment):
    waiting = box()
    waiting.add(step(1), PROMPT, ())
    waits = []
    for attempt in range(1, 7):
        (job,) = waiting.take(1)
        assert job.attempt == attempt
        if not waiting.try_again(job, None):
            break
        assert waiting.take(1) == []
        start = moment[0]
        while not waiting._waiting[0].due <= moment[0]:
            moment[0] += 0.05
        waits.append(moment[0] - start)
    assert len(waits) == 5
    assert waits[-1] > 2 * waits[0]
    assert not waiting


def test_retry_after_holds_everything_but_never_for_longer_than_a_quarter_of_an_hour(moment):
    waiting = box()
    waiting.add(step(1), PROMPT, ())
    waiting.add(step(2), PROMPT, ())
    (job,) = waiting.take(1)
    assert waiting.try_again(job, 1e9)
    moment[0] += 899
    assert waiting.take(2) == []
    moment[0] += 2
    assert sorted(rounds(waiting.take(2))) == [1, 2]


def test_a_minute_holds_no_more_requests_than_the_endpoint_bears(moment):
    waiting = box(requests_per_minute=2)
    for number in range(3):
        waiting.add(step(number), PROMPT, ())
    assert rounds(waiting.take(3)) == [0, 1]
    moment[0] += 59
    assert waiting.take(3) == []
    moment[0] += 2
    assert rounds(waiting.take(3)) == [2]


def test_what_could_pass_the_limit_of_money_is_not_sent():
    budget = Budget(None, None, 100_000)
    waiting = box(budget, price_out=6_000_000)
    waiting.add(step(1), PROMPT, ())
    waiting.add(step(2), PROMPT, ())
    (job,) = waiting.take(2)
    assert budget.reserved == job.worst_cost == 60_000
    assert waiting.is_broke
