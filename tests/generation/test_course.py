"""What a run sends and takes in: repeatable, in order, each verdict the one that rouge_score gives."""

import asyncio
import json
import random
from collections import Counter

import pytest
from rouge_score.rouge_scorer import _score_lcs
from rouge_score.tokenize import tokenize

from app.database import migrate
from app.generation.pipelines import pipeline_named
from app.generation.wording import demonstrated
from app.llm.practice.mistakes import INVISIBLE
from app.llm.practice.server import create_practice_app
from app.llm.reading import completion_of
from app.models.candidates import Outcome
from app.models.generation import Run
from tests.generation.workshop import serving, workshop

PIPELINES = ["self_instruct", "alpaca"]


class _Unsteady:
    """The practice model behind a line on which every answer takes another time."""

    def __init__(self, seed):
        self._app, self._rng = create_practice_app(seed=7), random.Random(seed)  # noqa: S311 - guards nothing

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await asyncio.sleep(self._rng.uniform(0, 0.04))
        await self._app(scope, receive, send)


def best_score(words, pool):
    return max((_score_lcs(words, other).fmeasure for other in pool), default=0.0)


def by_step(calls):
    return {(call.round, call.position, call.purpose): call.prompt for call in calls}


def texts(candidates):
    """What became of each candidate whose fate is settled, by its place."""
    return {
        (each.round, each.position, each.instance): (
            each.instruction, each.input, each.output, each.outcome, each.rejected_by, each.similarity
        )
        for each in candidates
        if each.outcome is not Outcome.UNFINISHED
    }  # fmt: skip


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_every_verdict_on_novelty_is_the_one_of_rouge_score(shop, practice_url, pipeline):
    run = shop.carry_out(shop.queue(shop.endpoint(practice_url), pipeline, target_kept="60"))

    pool = [tokenize(seed.instruction, None) for seed in shop.seed_tasks()]
    asked = 0
    for candidate in shop.candidates(run.id):
        if candidate.instance or candidate.similarity is None:
            continue
        asked += 1
        words = tokenize(candidate.instruction, None)
        score = best_score(words, pool)
        assert candidate.similarity == score
        assert (candidate.rejected_by == "novelty") is (score > 0.7)
        assert (score > 0.7) or candidate.in_pool or candidate.rejected_by == "instances"
        if candidate.in_pool:
            pool.append(words)
    assert asked >= 30


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_candidates_are_what_the_answers_hold_in_the_order_of_the_rounds(shop, practice_url, pipeline):
    run = shop.carry_out(shop.queue(shop.endpoint(practice_url), pipeline, target_kept="40"))

    member = pipeline_named(pipeline)
    expected = []
    for call in shop.calls(run.id, usable=True):
        if call.position == -1 and call.round < run.rounds_folded:
            shown = shop.shown(call.id)
            proposals = member.read(completion_of(call.outcome, call.text), shown, member.Parameters())
            expected += [(call.round, each.position, each.draft.instruction, call.id) for each in proposals]
    rows = [each for each in shop.candidates(run.id) if each.instance == 0]
    assert [(each.round, each.position, each.instruction, each.call_id) for each in rows] == sorted(expected)
    assert [each.id for each in rows] == sorted(each.id for each in rows)


def test_the_planted_mistakes_that_a_filter_can_see_are_found(shop, practice_url, record_property):
    run = shop.carry_out(shop.queue(shop.endpoint(practice_url), target_kept="120"))

    planted, found = Counter(), Counter()
    rows = {(each.round, each.instruction): each for each in shop.candidates(run.id) if each.instance == 0}
    for call in shop.calls(run.id, usable=True):
        if call.position != -1:
            continue
        for item in json.loads(shop.raw(call.id))["practice"]["choices"][0]["items"]:
            candidate = rows.get((call.round, item["instruction"][:1].upper() + item["instruction"][1:]))
            if candidate is None or item["mistake"] in INVISIBLE:
                continue
            planted[item["mistake"]] += 1
            found[item["mistake"]] += candidate.outcome is Outcome.REJECTED
    recall = {kind: found[kind] / planted[kind] for kind in planted if kind}
    record_property("recall", str({kind: f"{found[kind]}/{planted[kind]}" for kind in planted}))
    assert planted["near_duplicate"] >= 3
    for kind in ("near_duplicate", "too_short", "too_long", "starts_with_punctuation", "write_a_program"):
        assert recall.get(kind, 1.0) == 1.0, kind
    assert found[None] / planted[None] < 0.5


def horizon_of(candidates):
    """Return the rule of docs/runs.md in the plainest way: from which round on a round may not show anything."""
    useful = {each.round for each in candidates if each.in_pool}

    def horizon(round_):
        taken_in = 0
        while round_ >= taken_in + 5 + 2 * sum(each < taken_in for each in useful):
            taken_in += 1
        return taken_in

    return horizon


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_what_a_prompt_showed_is_on_record(shop, practice_url, pipeline):
    endpoint_id = shop.endpoint(practice_url, concurrency="1")
    run = shop.carry_out(shop.queue(endpoint_id, pipeline, target_kept="50"))

    seeds = {seed.id: seed.instruction for seed in shop.seed_tasks()}
    kept = {each.id: each for each in shop.candidates(run.id)}
    horizon = horizon_of(kept.values())
    mixes = Counter()
    for call in shop.calls(run.id):
        if call.position != -1:
            continue
        shown = shop.shown(call.id)
        instructions = [
            seeds[each.seed_task_id] if each.seed_task_id else kept[each.candidate_id].instruction for each in shown
        ]
        places = [call.prompt.index(demonstrated(instruction)) for instruction in instructions]
        assert places == sorted(places)
        assert all(kept[each.candidate_id].round < horizon(call.round) for each in shown if each.candidate_id)
        accepted = sum(each.in_pool and each.round < horizon(call.round) for each in kept.values())
        own = sum(each.candidate_id is not None for each in shown)
        assert own == (min(2, accepted) if pipeline == "self_instruct" else 0)
        mixes[len(shown) - own, own] += 1
    assert mixes[(6, 2)] > 0 if pipeline == "self_instruct" else set(mixes) == {(3, 0)}


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_same_seed_repeats_a_run_whatever_the_time_answers_take_and_wherever_it_is_stopped(
    database_url, tmp_path, pipeline
):
    other_url = f"sqlite:///{tmp_path / 'other' / 'tamis.sqlite'}"
    migrate(other_url)
    runs = []
    target = {"target_kept": "110" if pipeline == "self_instruct" else "120", "seed": "5"}
    for number, url in enumerate([database_url, other_url]):
        with serving(_Unsteady(number)) as base_url, workshop(url, tmp_path / str(number)) as shop:
            run_id = shop.queue(shop.endpoint(base_url), pipeline, **target)
            for folded in (2, 4, 7) if number else ():
                shop.stop_when(run_id, lambda run, folded=folded: run.rounds_folded >= folded)
            run = shop.carry_out(run_id)
            runs.append((run.rounds_folded, by_step(shop.calls(run_id)), texts(shop.candidates(run_id))))

    (first_rounds, first_prompts, first), (second_rounds, second_prompts, second) = runs
    together = min(first_rounds, second_rounds)
    assert together >= 7
    proposing = [step for step in first_prompts if step[1] == -1 and step[0] < together]
    assert sorted(proposing) == sorted(step for step in second_prompts if step[1] == -1 and step[0] < together)
    shared = first_prompts.keys() & second_prompts.keys()
    assert len(shared) >= 0.8 * len(first_prompts)
    assert {step: first_prompts[step] for step in shared} == {step: second_prompts[step] for step in shared}
    settled = first.keys() & second.keys()
    assert len(settled) >= 0.8 * len(first)
    assert {place: first[place] for place in settled} == {place: second[place] for place in settled}
    assert {place[0] for place in first.keys() ^ second.keys()} <= set(
        range(together - 2 * 8, max(first_rounds, second_rounds))
    )


@pytest.mark.parametrize(("pipeline", "kept"), [("self_instruct", "140"), ("evolve", "25")])
def test_the_same_seed_repeats_its_prompts_at_any_number_of_calls_at_the_same_time(shop, pipeline, kept):
    asked = []
    for concurrency in (1, 4, 16, 64):
        shop.project_id = shop.new_project(f"{concurrency} at once", 60)
        with serving(_Unsteady(concurrency)) as base_url:
            endpoint_id = shop.endpoint(base_url, concurrency=f"{concurrency}")
            run = shop.carry_out(shop.queue(endpoint_id, pipeline, target_kept=kept, seed="5"))
        calls = [call for call in shop.calls(run.id) if call.position == -1 and call.round < run.rounds_folded]
        asked.append(by_step(calls))
        later = [sum(each.candidate_id is not None for each in shop.shown(call.id)) for call in calls if call.round > 4]
        assert set(later) == {2} if pipeline == "self_instruct" else any(later)

    together = min(len(prompts) for prompts in asked)
    assert together >= 12
    assert len({str(sorted(prompts.items())[:together]) for prompts in asked}) == 1


def test_a_run_of_an_earlier_version_is_repeated_as_it_was(shop, practice_url):
    """It looked back by a number of rounds that went by the calls at the same time."""
    prompts = []
    for concurrency in ("1", "16"):
        shop.project_id = shop.new_project(f"{concurrency} at once", 60)
        endpoint_id = shop.endpoint(practice_url, concurrency=concurrency)
        first = shop.queue(endpoint_id, target_kept="90", seed="5")
        with shop.database.writing() as session:
            session.get_one(Run, first).window = 3
        again = shop.queue(endpoint_id, target_kept="90", seed="5")
        assert shop.run(again).window == 3
        assert shop.run(shop.queue(endpoint_id, seed="6")).window == 0
        run = shop.carry_out(first)
        calls = [call for call in shop.calls(run.id) if call.position == -1 and call.round < 6]
        late = {call.round for call in calls if any(each.candidate_id for each in shop.shown(call.id))}
        assert late == {4, 5}
        prompts.append(by_step(calls))
    assert prompts[0] == prompts[1]


def test_another_seed_asks_otherwise(shop, practice_url):
    endpoint_id = shop.endpoint(practice_url)
    prompts = [
        {call.prompt for call in shop.calls(shop.carry_out(shop.queue(endpoint_id, "alpaca", seed=seed)).id)}
        for seed in ("1", "2")
    ]
    assert not prompts[0] & prompts[1]


def test_a_run_for_classification_alone_shows_its_own_tasks_too(shop, practice_url):
    """Its kept tasks come from prompts that asked for classification; that they are is answered only later."""
    parameters = {"task_kind": "classification", "demonstrations": 4, "candidate_demonstrations": 2}
    endpoint_id = shop.endpoint(practice_url, concurrency="1")
    run = shop.carry_out(shop.queue(endpoint_id, target_kept="110", parameters=parameters))
    late = [call for call in shop.calls(run.id) if call.position == -1 and call.round > 4]
    assert late
    for call in late:
        assert sum(each.candidate_id is not None for each in shop.shown(call.id)) == 2
