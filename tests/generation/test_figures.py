"""The figures of a run are those of its ledger and its candidates."""

from collections import Counter

import pytest

from app.generation.figures import newest_candidates, run_figures
from app.llm.practice.server import create_practice_app
from app.models.candidates import Outcome
from app.models.generation import CallOutcome, Run
from tests.generation.workshop import serving


def figures_of(shop, run_id):
    with shop.database.reading() as session:
        return run_figures(session, session.get_one(Run, run_id))


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
    assert found.failed_calls == sum(call.outcome not in usable for call in calls) > 0
    assert found.cost == sum(call.cost for call in calls) > 0
    assert found.cost_per_kept == found.cost // found.kept
    assert found.tokens_in == sum(call.tokens_in or 0 for call in calls)
    assert found.tokens_out == sum(call.tokens_out or 0 for call in calls)
    assert (found.share, found.left) == (1.0, None)


def test_a_run_that_has_not_begun_has_none(shop, practice_url):
    found = figures_of(shop, shop.queue(shop.endpoint(practice_url)))
    assert (found.proposed, found.calls, found.cost, found.share) == (0, 0, 0, 0.0)
    assert (found.left, found.cost_per_kept) == (None, None)


def test_the_newest_come_first(shop, practice_url):
    run = shop.carry_out(shop.queue(shop.endpoint(practice_url), "alpaca"))
    with shop.database.reading() as session:
        newest = [each.id for each in newest_candidates(session, run.id, 3)]
    assert newest == sorted((each.id for each in shop.candidates(run.id)), reverse=True)[:3]
