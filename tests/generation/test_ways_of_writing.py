"""Every way of writing carries a run to its end with the practice model, and what it shows is in the ledger."""

import pytest

from app.generation.pipelines import PIPELINES
from app.llm.ledger import PROPOSING
from app.models.candidates import Outcome
from app.models.generation import RunState

TEXTS = [f"Note {number}. Bees make honey in the {place}." for number, place in enumerate(["hut", "elm"])]


def shown_in(shop, run_id):
    """How many seed tasks and candidates each proposing prompt showed, round by round."""
    calls = sorted((each.round, each.id) for each in shop.calls(run_id) if each.position == PROPOSING)
    shown = [[each.seed_task_id is not None for each in shop.shown(call_id)] for _, call_id in calls]
    return [(sum(each), len(each) - sum(each)) for each in shown]


def test_tasks_are_evolved_and_answered(shop, practice_url):
    run = shop.carry_out(shop.queue(shop.endpoint(practice_url), "evolve", parameters={"source": "kept"}))
    assert (run.state, run.wording) == (RunState.DONE, {"evolve_instruction": 0, "evolve_answer": 0})
    kept = [each for each in shop.candidates(run.id) if each.outcome is Outcome.KEPT]
    assert len(kept) >= 12
    assert all(each.output and each.input == "" and each.instance_call_id for each in kept)
    shown = shown_in(shop, run.id)
    assert {sum(each) for each in shown} == {1}
    assert shown[0] == (1, 0)
    assert any(candidates for _, candidates in shown)


def test_each_text_is_used_once_and_then_the_run_ends(shop, practice_url):
    pasted = "\n\n".join(TEXTS * 6)
    parameters = {"texts": pasted, "temperature": 0.5}
    run = shop.carry_out(shop.queue(shop.endpoint(practice_url), "back_generation", parameters=parameters))
    assert (run.state, run.sentence, run.rounds_folded) == (RunState.DONE, "Used all 12 texts, each once.", 12)
    assert [each.output for each in shop.candidates(run.id)] == TEXTS * 6
    assert shown_in(shop, run.id) == [(3, 0)] * 12


def test_a_target_may_end_it_before(shop, practice_url):
    fields = {"target_kept": "1", "parameters": {"texts": "\n\n".join(TEXTS * 6)}}
    run = shop.carry_out(shop.queue(shop.endpoint(practice_url), "back_generation", **fields))
    assert run.sentence == "Reached its target: 1 kept."
    assert run.rounds_folded < 12


def test_one_that_was_stopped_goes_on_with_the_next_text(shop, practice_url):
    fields = {"target_kept": "99", "parameters": {"texts": "\n\n".join(TEXTS * 6)}}
    run_id = shop.queue(shop.endpoint(practice_url), "back_generation", **fields)
    assert shop.stop_when(run_id, lambda run: run.rounds_folded >= 3).state is RunState.RUNNING
    run = shop.carry_out(run_id)
    assert run.sentence == "Used all 12 texts, each once."
    assert [each.output for each in shop.candidates(run.id)] == TEXTS * 6


@pytest.mark.parametrize("pipeline", [each.name for each in PIPELINES if not each.over_chosen])
def test_a_run_is_told_what_it_is_to_be_about(shop, practice_url, pipeline):
    told = {"topic": "bees", "language": "French"} | (
        {"texts": "\n\n".join(TEXTS)} if pipeline == "back_generation" else {}
    )
    run = shop.carry_out(shop.queue(shop.endpoint(practice_url), pipeline, target_kept="6", parameters=told))
    assert run.state is RunState.DONE
    kept = [each.instruction for each in shop.candidates(run.id) if each.outcome is Outcome.KEPT]
    told = [each for each in kept if each.startswith("In French, please: ") and each.endswith("The topic is bees.")]
    # The practice model plants mistakes, and those don't listen.
    assert len(told) * 2 >= len(kept) > 0
