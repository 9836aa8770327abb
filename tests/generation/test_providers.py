"""Models of every provider at work: tried, then run, over real HTTP. What they refuse is learned before a run."""

import os

import pytest
from sqlalchemy import select

from app.comparisons.comparing import ComparisonForm, start_comparison
from app.generation.pipelines import PIPELINES, pipeline_named
from app.llm.answer_body import json_in
from app.llm.dialects import OTHER, PRESETS
from app.llm.practice.dialects import DIALECTS
from app.llm.practice.reasoning import THOUGHT
from app.llm.practice.server import create_practice_app
from app.llm.trial import try_endpoint
from app.models.candidates import Candidate, Outcome
from app.models.generation import Call, CallOutcome, Endpoint, Run, RunState
from tests.generation.workshop import serving, workshop

KNOWN = {preset.name: preset for preset in PRESETS}
REFUSED = {CallOutcome.BAD_REQUEST, CallOutcome.UNREADABLE, CallOutcome.USED_UP}
# What the practice model thinks, and how it is marked.
MARKS = (
    *("think>", "<|channel|>", "◁", "[THINK]", THOUGHT, "So that is settled"),
    *("Think about what a thought is", "nobody thought of", "a second thought", "Thinking.", "I could say less"),
)
# How much each run is to keep. 50 take two minutes.
KEPT = os.environ.get("TAMIS_TEST_KEPT", "5")
TEXT = "Water boils sooner where the air is thin, which makes the tea on mountain {0} too weak for {1} guests."
# What each pipeline is told. Those over chosen examples come last, as they go through what the others kept.
TOLD = {
    "self_instruct": {},
    "alpaca": {},
    "evolve": {},
    "back_generation": {"texts": "\n\n".join(TEXT.format(n * 7919, n * n) for n in range(3 * int(KEPT)))},
    "teacher": {"use": "beside"},
    "translate": {"into": "French"},
}


@pytest.fixture
def shop(sqlite_url, tmp_path):
    with workshop(sqlite_url, tmp_path / "data") as made:
        yield made


def endpoint_of(shop, url, preset, **fields):
    dialect = preset.dialect
    told = {name: str(getattr(dialect, name)) for name in ("length_name", "effort", "structure", "key_header")}
    told |= {"one_of_two": dialect.one_of_two, "own_defaults": dialect.own_defaults, "room": str(dialect.room)}
    prices = {"price_in": "1", "price_out": "1", "api_key": "sk-1"}
    return shop.endpoint(url, preset=preset.name, left_out=tuple(dialect.left_out), **told, **prices, **fields)


def run(shop, endpoint_id, pipeline, **fields):
    return shop.carry_out(shop.queue(endpoint_id, pipeline, **{"target_kept": KEPT, "cost_limit": "2"} | fields))


def held_up(shop, run_id):
    """The calls of a run, in their order, that came to nothing by the way in which they were asked.

    An answer without a word is the practice model's own doing now and then; one of nothing but reasoning isn't.
    """
    calls = shop.calls(run_id)
    return [
        call
        for call in calls
        if call.outcome in REFUSED or (call.outcome is CallOutcome.EMPTY and "reasoning" in call.sentence)
    ]


def stored_texts(shop):
    with shop.database.reading() as session:
        rows = session.execute(select(Candidate.instruction, Candidate.input, Candidate.output)).all()
    return [text for row in rows for text in row]


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_a_preset_is_refused_nothing_and_its_runs_keep_at_the_price_told(shop, name):
    spent = []
    with serving(_counting(create_practice_app(seed=7, dialect=name), spent)) as url:
        endpoint_id = endpoint_of(shop, url, KNOWN.get(name, OTHER))
        trial = try_endpoint(shop.database, shop.vault, shop.project_id, endpoint_id)
        assert trial.works, trial.sentence
        for pipeline, told in TOLD.items():
            spent.clear()
            done = run(shop, endpoint_id, pipeline, parameters=told, **_as_far_as_it_goes(pipeline))
            assert done.state is RunState.DONE, (pipeline, done.sentence)
            assert held_up(shop, done.id) == [], pipeline
            assert 0 < billed(spent) <= 2, pipeline
            assert done.cost / 1e9 == pytest.approx(billed(spent), abs=1e-5), pipeline
        for judged in judge(shop, endpoint_id):
            assert judged.state is RunState.DONE, judged.sentence
            assert held_up(shop, judged.id) == []
    for text in stored_texts(shop):
        assert not any(mark in text for mark in MARKS), text


def _as_far_as_it_goes(pipeline):
    return {"target_kept": "", "thresholds": {}} if pipeline_named(pipeline).over_chosen else {}


def judge(shop, endpoint_id):
    """The runs of a comparison, in which the model answers and judges what it answered."""
    form = ComparisonForm([endpoint_id], endpoint_id, with_own=True, judgements="1")
    with shop.database.writing() as session:
        comparison_id = start_comparison(session, shop.project_id, form, shop.owner_id).id
        run_ids = session.scalars(select(Run.id).where(Run.comparison_id == comparison_id).order_by(Run.id)).all()
    return [shop.carry_out(run_id) for run_id in run_ids]


def test_every_pipeline_is_told_something():
    assert {*TOLD, "judge"} == {pipeline.name for pipeline in PIPELINES}


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_what_a_model_refuses_is_learned_once(shop, name):
    with serving(create_practice_app(seed=7, dialect=name)) as url:
        endpoint_id = endpoint_of(shop, url, OTHER)
        assert try_endpoint(shop.database, shop.vault, shop.project_id, endpoint_id).works
        done = run(shop, endpoint_id, "self_instruct", parameters={"layout": "published"})
    assert done.state is RunState.DONE, done.sentence
    assert [call.id for call in held_up(shop, done.id)] == [call.id for call in held_up(shop, done.id)][:2]


@pytest.mark.parametrize("name", ["openai_reasoning", "gemini", "anthropic", "xai"])
def test_a_run_learns_by_itself_where_nobody_tried_the_model(shop, name):
    with serving(create_practice_app(seed=7, dialect=name)) as url:
        endpoint_id = endpoint_of(shop, url, OTHER)
        done = run(shop, endpoint_id, "self_instruct", parameters={"layout": "published"})
    assert done.state is RunState.DONE, done.sentence
    refused = held_up(shop, done.id)
    first = [call.id for call in shop.calls(done.id)][: len(refused)]
    # One at a time: nothing else flew while it was being learned.
    assert [call.id for call in refused] == first or {call.purpose for call in refused} > {"instructions"}
    with shop.database.reading() as session:
        assert session.get_one(Endpoint, endpoint_id).dialect


@pytest.mark.parametrize("reasoning", ["inline", "field"])
@pytest.mark.parametrize("pipeline", ["alpaca", "self_instruct", "evolve"])
def test_reasoning_is_in_no_stored_text(shop, pipeline, reasoning):
    with serving(create_practice_app(seed=7, reasoning=reasoning)) as url:
        endpoint_id = endpoint_of(shop, url, OTHER)
        assert try_endpoint(shop.database, shop.vault, shop.project_id, endpoint_id).works
        done = run(shop, endpoint_id, pipeline, parameters={"layout": "published"})
    assert done.state is RunState.DONE, done.sentence
    with shop.database.reading() as session:
        assert session.scalars(select(Call.reasoning).where(Call.reasoning.is_not(None))).first()
        texts = session.scalars(select(Call.text).where(Call.run_id == done.id, Call.text.is_not(None))).all()
    for text in [*stored_texts(shop), *texts]:
        assert not any(mark in text for mark in MARKS), text


def test_the_bill_of_a_model_that_thinks_unseen_keeps_to_the_limit(shop):
    spent = []

    with serving(_counting(create_practice_app(seed=7, dialect="gemini"), spent)) as url:
        endpoint_id = endpoint_of(shop, url, KNOWN["gemini"])
        done = run(shop, endpoint_id, "evolve", target_kept="500", cost_limit="0.10")
    assert done.state in {RunState.PAUSED, RunState.FAILED}
    assert 0 < billed(spent) <= 0.10
    assert abs(shop.run(done.id).cost / 1e9 - billed(spent)) < 0.001


def test_a_server_that_ignores_its_limit_ends_the_run_after_the_first_answer(shop):
    with serving(create_practice_app(seed=7, ignores=("max_tokens",))) as url:
        endpoint_id = endpoint_of(shop, url, OTHER)
        told = {"max_tokens": "40", "layout": "published"}
        done = run(shop, endpoint_id, "alpaca", parameters=told, target_kept="500")
    assert done.state is RunState.FAILED
    assert "tokens of output where 40 were allowed" in done.sentence
    assert len(shop.calls(done.id)) == 1


def billed(spent):
    """What answers cost in dollars, at one for a million tokens of either kind."""
    return sum(usage["total_tokens"] for usage in spent) / 1e6


def _counting(app, spent):
    """An application that notes the usage of each answer: what the provider would bill."""

    async def counted(scope, receive, send):
        body = bytearray()

        async def note(message):
            if message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    answer = json_in(bytes(body))
                    if isinstance(answer, dict) and "usage" in answer:
                        spent.append(answer["usage"])
            await send(message)

        await app(scope, receive, note if scope["type"] == "http" else send)

    return counted


def test_every_dialect_of_the_practice_model_has_a_preset_of_its_own():
    assert set(DIALECTS) - set(KNOWN) <= {"plain", "strict"}
    assert {each for each in KNOWN if each != OTHER.name} <= set(DIALECTS)


def kept_of(shop, run_id):
    return [each for each in shop.candidates(run_id) if each.outcome is Outcome.KEPT]


@pytest.mark.parametrize("pipeline", ["alpaca", "self_instruct", "evolve"])
def test_json_is_asked_for_where_the_model_was_seen_to_write_it(shop, pipeline):
    with serving(create_practice_app(seed=7)) as url:
        endpoint_id = endpoint_of(shop, url, OTHER)
        trial = try_endpoint(shop.database, shop.vault, shop.project_id, endpoint_id)
        assert trial.learned[-1] == "It answers in JSON where it is asked to."
        done = run(shop, endpoint_id, pipeline)
    assert done.parameters["layout"] == "json"
    assert done.state is RunState.DONE, done.sentence
    assert len(kept_of(shop, done.id)) >= 5
    assert all("response_format" in call.parameters for call in shop.calls(done.id))
    with shop.database.reading() as session:
        assert session.get_one(Run, done.id).parameters["layout"] == "json"
