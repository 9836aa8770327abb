"""Calls wait for their turn, their time and their money."""

import pytest

from app.generation import outbox
from app.generation.budget import Budget
from app.generation.outbox import Outbox
from app.llm.ledger import PROPOSING, Step
from app.llm.pace import Allowance
from app.llm.prompt import Prompt, Sampling
from app.models.generation import Endpoint

ANY = Allowance(None, None)
PROMPT = Prompt("One two three", Sampling(temperature=0, top_p=1, max_tokens=10))


@pytest.fixture
def moment(monkeypatch):
    """The clock; add seconds to its only item."""
    seconds = [1000.0]
    monkeypatch.setattr(outbox.time, "monotonic", lambda: seconds[0])
    return seconds


def box(budget: Budget | None = None, **endpoint) -> Outbox:
    return Outbox(Endpoint(**{"price_in": 0, "price_out": 0} | endpoint), budget or Budget(10, None), {})


def step(number: int) -> Step:
    return Step(number, PROPOSING, "tasks")


def rounds(jobs) -> list[int]:
    return [job.step.round for job in jobs]


def test_jobs_go_in_order_and_what_is_begun_goes_first():
    waiting = box()
    waiting.add(step(1), PROMPT, ())
    waiting.add(step(2), PROMPT, ())
    waiting.add(step(0), PROMPT, (), first=True)
    assert rounds(waiting.take(2, ANY)) == [0, 1]
    assert rounds(waiting.take(2, ANY)) == [2]
    assert not waiting


def test_a_failed_job_waits_longer_each_time_and_is_given_up_in_the_end(moment):
    waiting = box()
    waiting.add(step(1), PROMPT, ())
    waits = []
    for attempt in range(1, 7):
        (job,) = waiting.take(1, ANY)
        assert job.attempt == attempt
        if not waiting.try_again(job, counts=True):
            break
        assert waiting.take(1, ANY) == []
        start = moment[0]
        while not waiting._waiting[0].due <= moment[0]:
            moment[0] += 0.05
        waits.append(moment[0] - start)
    assert len(waits) == 5
    assert waits[-1] > 2 * waits[0]
    assert not waiting


def test_a_call_that_a_busy_server_put_off_is_never_given_up(moment):
    waiting = box()
    waiting.add(step(1), PROMPT, ())
    for attempt in range(1, 30):
        (put_off,) = waiting.take(1, ANY)
        assert (put_off.attempt, put_off.failures) == (attempt, 0)
        assert waiting.try_again(put_off, counts=False)
        moment[0] += 60


def test_no_more_is_taken_than_the_endpoint_allows():
    waiting = box()
    for number in range(4):
        waiting.add(step(number), PROMPT, ())
    assert rounds(waiting.take(4, Allowance(1, None))) == [0]
    assert rounds(waiting.take(4, Allowance(None, 26))) == [1, 2]  # 13 tokens each: a quarter of the letters, and 10
    assert waiting.take(4, Allowance(0, None)) == []


def test_what_could_pass_the_limit_of_money_is_not_sent():
    budget = Budget(None, None, left=100_000)
    waiting = box(budget, price_out=6_000_000)
    waiting.add(step(1), PROMPT, ())
    waiting.add(step(2), PROMPT, ())
    (job,) = waiting.take(2, ANY)
    assert job.worst_cost == 60_000
    assert budget.left == 40_000
    assert waiting.is_broke
