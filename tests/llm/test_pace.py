"""An endpoint is asked as fast as it may be, and left alone while it fails or asks for it."""

from itertools import pairwise

import pytest

from app.llm import ledger, pace
from app.llm.client import Reply
from app.llm.endpoint import EndpointForm, add_endpoint
from app.llm.ledger import Asking, Step
from app.llm.pace import Allowance
from app.llm.prompt import Prompt, Sampling
from app.llm.secrets import Vault
from tests.factories import project

VAULT = Vault(b"0" * 43 + b"=")
PROMPT = Prompt("x" * 40, Sampling(temperature=0, top_p=1, max_tokens=90))
ANSWER = b'{"choices": [{"message": {"content": "Hi"}}], "usage": {"prompt_tokens": 5, "completion_tokens": 5}}'
DOWN, BUSY = Reply(503), Reply(429, retry_after=30.0)


@pytest.fixture
def endpoint(session):
    form = EndpointForm(name="Ours", base_url="http://m.example/v1", model="m")
    return add_endpoint(session, VAULT, project(session).id, form, None)


def open_calls(session, endpoint, count):
    askings = [Asking(Step(0, place, "try"), 1, PROMPT) for place in range(count)]
    return ledger.open_calls(session, endpoint, None, askings)


def test_an_endpoint_without_limits_that_answers_may_be_asked_as_one_likes(session, endpoint):
    pace.heed(session, endpoint, [Reply(200, ANSWER)] * 9)
    assert pace.allowance(session, endpoint) == Allowance(None, None)


def test_a_minute_has_room_for_so_many_requests_and_tokens_of_all_runs_together(session, endpoint, clock):
    endpoint.requests_per_minute, endpoint.tokens_per_minute = 5, 1_000
    ids = open_calls(session, endpoint, 2)
    assert pace.allowance(session, endpoint) == Allowance(3, 800)  # each 40 / 4 letters and 90 tokens at most
    replies = {ids[0]: Reply(200, ANSWER)}
    ledger.store_replies(session, replies)
    ledger.close_calls(session, endpoint, replies)
    assert pace.allowance(session, endpoint) == Allowance(3, 890)  # one of them took 10
    open_calls(session, endpoint, 4)
    assert pace.allowance(session, endpoint).calls == 0
    clock.forward(seconds=61)
    assert pace.allowance(session, endpoint) == Allowance(5, 1_000)


def test_one_that_fails_time_after_time_is_held_longer_each_time_and_tried_by_one_call(session, endpoint, clock):
    pace.heed(session, endpoint, [DOWN] * 4)
    assert pace.allowance(session, endpoint) == Allowance(None, None)
    pace.heed(session, endpoint, [Reply(None, trouble="timed_out")])
    waits = []
    for _ in range(9):
        held = pace.held_until(endpoint)
        assert pace.allowance(session, endpoint) == Allowance(0, None)
        waits.append((held - pace.now()).total_seconds())
        clock.forward(seconds=waits[-1] + 1)
        assert pace.allowance(session, endpoint) == Allowance(1, None)
        pace.note_sent(endpoint)
        assert pace.allowance(session, endpoint) == Allowance(0, None)  # somebody tries it
        pace.heed(session, endpoint, [])
        pace.heed(session, endpoint, [DOWN])
    assert 3 <= waits[0] <= 4
    assert all(later > earlier for earlier, later in pairwise(waits[:7]))
    assert max(waits) <= 300
    clock.forward(seconds=301)
    pace.note_sent(endpoint)
    pace.heed(session, endpoint, [Reply(200, ANSWER)])
    assert pace.allowance(session, endpoint) == Allowance(None, None)
    assert (endpoint.holds, endpoint.failures_in_a_row) == (0, 0)


def test_who_tried_it_and_died_holds_it_up_for_minutes_only(session, endpoint, clock):
    pace.heed(session, endpoint, [DOWN] * 5)
    clock.forward(seconds=10)
    pace.note_sent(endpoint)
    assert pace.allowance(session, endpoint) == Allowance(0, None)
    clock.forward(seconds=181)
    assert pace.allowance(session, endpoint) == Allowance(1, None)


def test_one_that_asks_for_patience_gets_it_but_no_more_than_a_quarter_of_an_hour(session, endpoint, clock):
    pace.heed(session, endpoint, [BUSY, Reply(200, ANSWER)])
    assert pace.allowance(session, endpoint) == Allowance(0, None)
    clock.forward(seconds=31)
    assert pace.allowance(session, endpoint) == Allowance(None, None)
    pace.heed(session, endpoint, [Reply(429, retry_after=1e9)])
    clock.forward(seconds=901)
    assert pace.allowance(session, endpoint) == Allowance(None, None)


def test_failures_between_answers_hold_nothing(session, endpoint):
    for _ in range(9):
        pace.heed(session, endpoint, [DOWN] * 4)
        pace.heed(session, endpoint, [DOWN, Reply(400)])
    assert pace.allowance(session, endpoint) == Allowance(None, None)
