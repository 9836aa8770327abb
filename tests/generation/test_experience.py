"""What the next run is estimated from: the newest run or dry run, with the same model where there is one."""

import pytest

from app import approval
from app.generation.experience import experience_of, look_ahead
from app.generation.runs import RunForm, form_like
from app.models.candidates import Candidate, Outcome, Verdict
from tests.generation.test_dry_run import carry_out, start


def outlook_of(shop, form):
    with shop.database.reading() as session:
        return look_ahead(session, shop.project_id, form)


def known_of(shop, endpoint_id, pipeline="alpaca"):
    with shop.database.reading() as session:
        return experience_of(session, shop.project_id, pipeline, endpoint_id)


@pytest.mark.parametrize("pipeline", ["alpaca", "self_instruct"])
def test_a_run_that_is_done_again_takes_about_what_it_took(shop, practice_url, pipeline):
    endpoint_id = shop.endpoint(practice_url, price_in="1", price_out="3", concurrency="8")
    run = shop.carry_out(shop.queue(endpoint_id, pipeline, target_kept="120"))
    kept = [each for each in shop.candidates(run.id) if each.outcome is Outcome.KEPT]
    with shop.database.writing() as session:
        for each in kept[: len(kept) // 2]:
            approval.decide(session, session.get_one(Candidate, each.id), Verdict.APPROVED, shop.owner_id)

    found = outlook_of(shop, form_like(run))
    assert (found.source, found.is_timed) == (f"run {run.id}", True)
    calls = shop.calls(run.id)
    whole = found.estimate
    assert whole.calls.middle == pytest.approx(len(calls) * 120 / len(kept), rel=0.15)
    assert whole.cost.middle == pytest.approx(run.cost * 120 / len(kept), rel=0.15)
    assert whole.cost.low <= whole.cost.middle <= whole.cost.high
    assert found.cost_per_approved == pytest.approx(2 * whole.cost_per_kept, rel=0.05)


def test_the_newest_counts_and_another_model_only_where_there_is_none(shop, practice_url):
    endpoint_id, other = shop.endpoint(practice_url), shop.endpoint(practice_url, name="Other", price_out="2")
    assert known_of(shop, endpoint_id) is None
    run = shop.carry_out(shop.queue(endpoint_id, "alpaca", target_kept="60"))
    assert known_of(shop, endpoint_id).source == f"run {run.id}"
    assert known_of(shop, endpoint_id, "self_instruct") is None
    there = known_of(shop, other)
    assert (there.source, there.is_timed) == (f"run {run.id}", False)

    tried = carry_out(shop, start(shop, endpoint_id, "alpaca"))
    known = known_of(shop, endpoint_id)
    assert (known.source, len(known.samples)) == ("the dry run", len(tried.result["rounds"]))
    again = shop.carry_out(shop.queue(endpoint_id, "alpaca", target_kept="60", seed="4"))
    assert known_of(shop, endpoint_id).source == f"run {again.id}"


def test_a_dry_run_foretells_the_run_that_it_tried(shop, practice_url):
    endpoint_id = shop.endpoint(practice_url, price_in="1", price_out="3")
    carry_out(shop, start(shop, endpoint_id, "alpaca"))
    found = outlook_of(shop, RunForm("alpaca", endpoint_id, target_kept="60"))
    run = shop.carry_out(shop.queue(endpoint_id, "alpaca", seed="5", target_kept="60"))
    assert run.cost / 2 <= found.estimate.cost.middle <= 2 * run.cost


def test_what_is_wrong_with_the_form_is_said(shop, practice_url):
    endpoint_id = shop.endpoint(practice_url)
    for form, sentence in (
        (RunForm("alpaca", endpoint_id), "Say when to stop: kept examples, calls, or money."),
        (RunForm("alpaca", endpoint_id, target_kept="x"), "Kept examples must be a whole number from 1 to 1,000,000."),
        (RunForm("alpaca", 10**9, target_kept="5"), "There is no such endpoint in this project."),
    ):
        assert outlook_of(shop, form).problem == sentence
