"""The figures of a run are those of its ledger and its candidates."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import approval
from app.generation.figures import newest_candidates, run_figures, waits_for
from app.generation.runs import run_in
from app.llm.practice.server import create_practice_app
from app.llm.write_off import Lost
from app.models.base import now
from app.models.candidates import Candidate, Outcome, Verdict
from app.models.generation import CallOutcome, Run, RunState
from tests.builders import add_call
from tests.generation.workshop import serving


def figures_of(shop, run_id):
    with shop.database.reading() as session:
        return run_figures(session, session.get_one(Run, run_id))


def waiting(shop, run_id):
    with shop.database.reading() as session:
        run = run_in(session, shop.project_id, run_id)
        return waits_for(run, run_figures(session, run))


def open_call(shop, run_id, number, **more):
    with shop.database.writing() as session:
        run = session.get_one(Run, run_id)
        call = add_call(session, run, position=number)
        call.outcome = CallOutcome.IN_FLIGHT
        for name, value in more.items():
            setattr(call, name, value)
        if call.outcome is not CallOutcome.IN_FLIGHT:
            call.answered_at = call.sent_at + timedelta(seconds=1)


@pytest.mark.parametrize(("pipeline", "target"), [("self_instruct", "30"), ("alpaca", "120")])
def test_they_add_up(shop, pipeline, target):
    with serving(create_practice_app(seed=7, fault_rate=0.4)) as url:
        endpoint_id = shop.endpoint(url, price_in="1", price_out="3", concurrency="8")
        run = shop.carry_out(shop.queue(endpoint_id, pipeline, target_kept=target))

    found, calls, candidates = figures_of(shop, run.id), shop.calls(run.id), shop.candidates(run.id)
    by_filter = Counter(each.rejected_by for each in candidates if each.outcome is Outcome.REJECTED)
    assert {name: count for name, count in found.rejected.items() if count} == by_filter
    assert found.rejected_in_all == by_filter.total()
    assert found.proposed == len(candidates) == found.kept + found.unfinished + found.rejected_in_all
    assert (found.calls, found.in_flight) == (len(calls), 0)
    usable = {CallOutcome.ANSWERED, CallOutcome.CUT_OFF}
    assert found.failed == Counter(call.outcome for call in calls if call.outcome not in usable)
    assert found.failed
    assert found.cost == sum(call.cost for call in calls) > 0
    assert found.cost_per_kept == found.cost // found.kept
    assert found.tokens_in == sum(call.tokens_in or 0 for call in calls)
    assert found.tokens_out == sum(call.tokens_out or 0 for call in calls)
    assert (found.share, found.left, found.per_minute) == (1.0, None, None)
    with shop.database.writing() as session:
        for each in [each for each in candidates if each.outcome is Outcome.KEPT][:4]:
            approval.decide(session, session.get_one(Candidate, each.id), Verdict.APPROVED, shop.owner_id)
    found = figures_of(shop, run.id)
    assert (found.approved, found.cost_per_approved) == (4, found.cost // 4)
    assert [count for _, count in found.thrown_away] == sorted(filter(None, found.rejected.values()), reverse=True)


def test_what_is_under_way_is_no_cost_yet(shop):
    run_id = shop.queue(shop.endpoint("http://m.example/v1", price_in="1", price_out="4"))
    open_call(shop, run_id, 0, cost=700_000)
    open_call(shop, run_id, 1, cost=50_000, outcome=CallOutcome.ANSWERED)
    found = figures_of(shop, run_id)
    assert (found.cost, found.under_way, found.in_flight) == (50_000, 700_000, 1)


def test_an_answer_that_is_stored_and_not_read_yet_is_not_under_way(shop):
    """Others fly already in its place: more than may fly at the same time would seem to."""
    run_id = shop.queue(shop.endpoint("http://m.example/v1"))
    open_call(shop, run_id, 0)
    open_call(shop, run_id, 1, answered_at=now(), http_status=200)
    assert figures_of(shop, run_id).in_flight == 1


def test_lost_calls_count_until_they_are_written_off(shop):
    run_id = shop.queue(shop.endpoint("http://m.example/v1"))
    for number, more in enumerate([{}, {}, {"cost": 0}, {"written_off_at": now(), "cost": 5}]):
        open_call(shop, run_id, number, **{"outcome": CallOutcome.LOST, "cost": 70} | more)
    found = figures_of(shop, run_id)
    assert found.lost == Lost(2, 140)
    assert found.failed == {CallOutcome.LOST: 4}
    assert found.cost == 145


@pytest.mark.parametrize("pipeline", ["alpaca", "self_instruct"])
def test_the_share_that_could_be_read_is_that_of_what_was_written(shop, practice_url, pipeline):
    """An instruction whose questions were never answered wrote nothing that could be read or not."""
    run = shop.carry_out(shop.queue(shop.endpoint(practice_url), pipeline, target_kept="30"))
    rows = shop.candidates(run.id)
    with shop.database.writing() as session:
        given_up = [each.id for each in rows if each.outcome is Outcome.UNFINISHED or each.instance_call_id][:1]
        for row in session.scalars(select(Candidate).where(Candidate.id.in_(given_up))):
            row.outcome, row.rejected_by, row.instance_call_id = Outcome.REJECTED, "format", None
    read = [each for each in rows if each.id not in given_up]
    unreadable = sum(each.rejected_by == "format" for each in read)
    assert figures_of(shop, run.id).readable == pytest.approx(1 - unreadable / len(read))


def test_nothing_that_came_to_nothing_gets_half_way(shop):
    run_id = shop.queue(shop.endpoint("http://m.example/v1"), target_kept="", target_calls="2")
    for number in range(2):
        open_call(shop, run_id, number, outcome=CallOutcome.BAD_REQUEST)
    assert figures_of(shop, run_id).share == 1.0
    with shop.database.writing() as session:
        session.get_one(Run, run_id).state = RunState.FAILED
    assert figures_of(shop, run_id).share == 0.0


def test_the_time_left_is_told_by_the_pace_of_the_last_minutes(shop, clock):
    """A hundred calls an hour ago say nothing of how fast it goes now, only how much a share of the target takes."""
    run_id = shop.queue(shop.endpoint("http://m.example/v1"), target_kept="", target_calls="300")
    with shop.database.writing() as session:
        session.get_one(Run, run_id).state = RunState.RUNNING
    for number in range(100):
        open_call(shop, run_id, number, outcome=CallOutcome.ANSWERED, sent_at=clock() - timedelta(hours=1))
    assert figures_of(shop, run_id).per_minute is None
    for number in range(100, 120):
        open_call(shop, run_id, number, outcome=CallOutcome.ANSWERED, sent_at=clock() - timedelta(minutes=2))
    found = figures_of(shop, run_id)
    assert found.per_minute == pytest.approx(10, rel=0.02)
    assert found.left.total_seconds() == pytest.approx(18 * 60, rel=0.02)  # 180 calls, ten a minute
    clock.forward(minutes=10)
    assert figures_of(shop, run_id).left is None


def test_what_a_run_waits_for_is_said(shop):
    run_id = shop.queue(shop.endpoint("http://m.example/v1", name="Slow", requests_per_minute="3"))
    assert waiting(shop, run_id) == "Waiting for its turn."
    with shop.database.writing() as session:
        session.get_one(Run, run_id).state = RunState.RUNNING
    assert waiting(shop, run_id) == "Waiting for the next minute: Slow takes only so much in one."
    open_call(shop, run_id, 0)
    assert waiting(shop, run_id) == ""


def test_a_run_that_has_not_begun_has_none(shop, practice_url):
    found = figures_of(shop, shop.queue(shop.endpoint(practice_url)))
    assert (found.proposed, found.calls, found.cost, found.share) == (0, 0, 0, 0.0)
    assert (found.left, found.cost_per_kept) == (None, None)


def test_the_newest_come_first_and_the_newest_of_each_filter_beside_them(shop, practice_url):
    run = shop.carry_out(shop.queue(shop.endpoint(practice_url), "alpaca", target_kept="60"))
    with shop.database.reading() as session:
        newest, thrown_away = newest_candidates(session, run, run_figures(session, run))
    candidates = sorted(shop.candidates(run.id), key=lambda each: each.id)
    assert [each.id for each in newest] == [each.id for each in reversed(candidates)][:6]
    expected = {each.rejected_by: each.id for each in candidates if each.rejected_by}
    assert {name: each.id for name, each in thrown_away.items()} == expected
