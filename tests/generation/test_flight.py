"""Calls in flight: what comes back is collected, whatever happens beside it."""

import threading
import time

import pytest

from app.generation import workflow
from app.generation.flight import Flight
from app.generation.outbox import Outgoing
from app.llm.client import Reply
from app.llm.ledger import Step
from app.llm.prompt import Prompt, Sampling
from app.models.generation import CallOutcome, RunState

PROMPT = Prompt("…", Sampling(temperature=0, top_p=1, max_tokens=10))


def job(round_):
    return Outgoing(Step(round_, -1, "instructions"), PROMPT, (), attempt=1, worst_cost=0)


def collect_all(flight):
    landed = {}
    while flight:
        landed |= flight.collect(5)
    return landed


def test_replies_are_collected_by_call_with_their_jobs():
    with Flight(lambda each: Reply(200, b"%d" % each.step.round), "run-1") as flight:
        flight.send({7: job(0), 9: job(1)})
        landed = collect_all(flight)
    assert {call_id: (each.sent.step.round, each.reply.raw) for call_id, each in landed.items()} == {
        7: (0, b"0"), 9: (1, b"1"),
    }  # fmt: skip


def test_so_many_are_sent_at_the_same_time_and_the_others_when_one_is_back():
    flying, most, room = set(), [], threading.Event()

    def send_one(each):
        flying.add(each.step.round)
        most.append(len(flying))
        room.wait(5)
        time.sleep(0.002)
        flying.discard(each.step.round)
        return Reply(200)

    with Flight(send_one, "run-1") as flight:
        flight.send({call_id: job(call_id) for call_id in range(20)}, most=3)
        flight.send({call_id: job(call_id) for call_id in range(20, 30)}, most=5)
        room.set()
        assert {*collect_all(flight)} == {*range(30)}
    assert max(most) == 5


def test_calls_that_still_wait_are_recalled_and_never_sent():
    sent, room = [], threading.Event()

    def send_one(each):
        sent.append(each.step.round)
        room.wait(5)
        return Reply(200)

    with Flight(send_one, "run-1") as flight:
        flight.send({call_id: job(call_id) for call_id in range(5)}, most=2)
        while len(sent) < 2:
            time.sleep(0.001)
        assert [*flight.recall()] == [2, 3, 4]
        assert len(flight) == 2
        room.set()
        assert {*collect_all(flight)} == {0, 1}
    assert sorted(sent) == [0, 1]


def test_a_call_that_could_not_be_sent_takes_no_reply_with_it():
    def send_one(each):
        if each.step.round % 2:
            raise ValueError("no such proxy")
        return Reply(200)

    with Flight(send_one, "run-1") as flight:
        flight.send({call_id: job(call_id) for call_id in range(6)})
        assert {*collect_all(flight)} == {0, 2, 4}
        with pytest.raises(ValueError, match="no such proxy"):
            flight.check()


def test_a_run_whose_calls_cannot_be_sent_fails_and_leaves_none_in_flight(shop, monkeypatch):
    def fall_over(*_, **__):
        raise ValueError("nonsense")

    monkeypatch.setattr(workflow, "send", fall_over)
    run_id = shop.queue(shop.endpoint("http://unsendable.example/v1"))
    with pytest.raises(ValueError, match="nonsense"):
        shop.carry_out(run_id)
    assert shop.run(run_id).state is RunState.FAILED
    assert {call.outcome for call in shop.calls(run_id)} == {CallOutcome.LOST}
