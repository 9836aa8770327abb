"""Calls whose process died, set to what they did cost: rows, run and months agree afterwards."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.errors import Conflict, InvalidInput
from app.llm.client import Reply
from app.llm.ledger import Asking, Step, close_calls, give_up_calls, open_calls, store_replies
from app.llm.money import month_of, spend, spent_by_month
from app.llm.write_off import Lost, lost_of, write_off
from app.models.events import Event
from app.models.generation import Call, CallOutcome, Run
from tests.llm.test_ledger import ANSWER, PROMPT, endpoint_and_run


@pytest.fixture
def lost(session):
    """A run with one answered call and three that were lost, one of them a month ago."""
    endpoint, run = endpoint_and_run(session)
    asked = [Asking(Step(0, place, "instance"), 1, PROMPT) for place in range(4)]
    first, *others = open_calls(session, endpoint, run.id, asked)
    store_replies(session, {first: Reply(200, ANSWER)})
    close_calls(session, endpoint, {first: Reply(200, ANSWER)})
    give_up_calls(session, run.id)
    old = session.get_one(Call, others[0])
    moved = old.sent_at - timedelta(days=40)
    spend(session, run.project_id, month_of(old.sent_at), -old.cost)
    spend(session, run.project_id, month_of(moved), old.cost)
    old.sent_at = moved
    session.flush()
    session.refresh(run)
    return endpoint, run, others


def agrees(session, run):
    """Whether rows, run and months say the same. Returns the sum."""
    session.expire_all()
    of_run = session.scalar(select(func.sum(Call.cost)).where(Call.run_id == run.id))
    assert run.cost == of_run == sum(spent_by_month(session, run.project_id).values())
    by_month = {}
    for call in session.scalars(select(Call).where(Call.run_id == run.id)):
        month = f"{call.sent_at:%Y-%m}"
        by_month[month] = by_month.get(month, 0) + call.cost
    assert spent_by_month(session, run.project_id) == by_month
    return of_run


@pytest.mark.parametrize(("typed", "cost"), [("", 0), ("0", 0), ("0.0001", 100_000), ("$0.000100001", 100_001)])
def test_lost_calls_are_set_to_what_they_cost(session, lost, typed, cost):
    _, run, ids = lost
    before = agrees(session, run)
    found = lost_of(session, run)
    assert found == Lost(3, 3 * session.get_one(Call, ids[0]).cost)
    assert write_off(session, run, typed, run.started_by_id) == found

    assert agrees(session, run) == before - found.cost + cost
    costs = [session.get_one(Call, call_id).cost for call_id in ids]
    assert sum(costs) == cost
    assert max(costs) - min(costs) <= 1
    assert {session.get_one(Call, call_id).outcome for call_id in ids} == {CallOutcome.LOST}
    assert lost_of(session, run) == Lost(0, 0)
    event = session.scalars(select(Event).where(Event.kind == "calls.written_off")).one()
    assert (event.subject_id, event.before, event.after["cost"]) == (run.id, {"calls": 3, "cost": found.cost}, cost)


def test_what_was_written_off_is_not_written_off_again(session, lost):
    _, run, _ = lost
    write_off(session, run, "0.0001", run.started_by_id)
    with pytest.raises(Conflict, match="No call of this run counts with the most"):
        write_off(session, run, "", run.started_by_id)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("1", "can have cost \\$[0-9.]+ at most"), ("-1", "between 0"), ("much", "number of dollars")],
)
def test_an_amount_that_can_t_be_is_refused(session, lost, typed, sentence):
    _, run, _ = lost
    before = agrees(session, run)
    with pytest.raises(InvalidInput, match=sentence):
        write_off(session, run, typed, run.started_by_id)
    assert agrees(session, run) == before


def test_an_answer_that_comes_after_all_says_what_it_cost(session, lost):
    """The process was only given up for dead."""
    endpoint, run, ids = lost
    write_off(session, run, "", run.started_by_id)
    before = agrees(session, run)
    closed = close_calls(session, endpoint, {ids[2]: Reply(200, ANSWER)})
    assert closed[ids[2]].is_lost
    assert agrees(session, run) == before + closed[ids[2]].cost > before


def test_calls_that_are_under_way_or_of_other_runs_stay_as_they_are(session, lost):
    endpoint, run, _ = lost
    other = Run(project_id=run.project_id, endpoint_id=endpoint.id, started_by_id=run.started_by_id, pipeline="alpaca")
    other.parameters, other.thresholds, other.seed, other.target_calls = {}, {}, 1, 10
    session.add(other)
    session.flush()
    asked = [Asking(Step(5, 0, "instance"), 1, PROMPT)]
    (flying,) = open_calls(session, endpoint, run.id, asked)
    (of_other,) = open_calls(session, endpoint, other.id, asked)
    give_up_calls(session, other.id)
    write_off(session, run, "", run.started_by_id)
    assert session.get_one(Call, flying).cost > 0
    assert session.get_one(Call, of_other).cost == lost_of(session, other).cost > 0
