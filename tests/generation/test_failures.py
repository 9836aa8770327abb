"""Runs whose calls fail say so: whatever else succeeds, and in the server's words."""

import re

import orjson
import pytest

from app.generation.failures import Failures
from app.generation.wording import shipped_text
from app.llm.practice.server import create_practice_app
from app.llm.reading import Reading
from app.models.candidates import Outcome
from app.models.generation import CallOutcome, RunState
from tests.generation.workshop import serving

REFUSED = Reading(CallOutcome.BAD_REQUEST, "No stop.")
EMPTY = Reading(CallOutcome.EMPTY, "Nothing came.")
AWAY = Reading(CallOutcome.SERVER_ERROR, "Down.")


class _Refusing:
    """The practice model behind a door that refuses bodies, in the words of Gemini's interface, as a list."""

    def __init__(self, refuses):
        self._app, self._refuses = create_practice_app(seed=7), refuses
        self.refused = 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        message = await receive()
        if not self._refuses(orjson.loads(message["body"] or b"{}")):
            await self._app(scope, _again(message), send)
            return
        self.refused += 1
        body = orjson.dumps([{"error": {"code": 400, "message": "Too much.", "status": "INVALID_ARGUMENT"}}])
        await send({"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})


def _again(message):
    async def receive():
        return message

    return receive


def asks_for(purpose):
    """Whether a body holds the first words of the shipped prompts of this purpose."""
    sheets = {
        "classification": ["self_instruct_classification"],
        "instances": ["self_instruct_input_first", "self_instruct_output_first"],
    }
    openings = tuple(shipped_text(sheet).partition("{{")[0][:40] for sheet in sheets[purpose])
    return lambda body: body["messages"][0]["content"].startswith(openings)


def kept(shop, run):
    return [each for each in shop.candidates(run.id) if each.outcome is Outcome.KEPT]


@pytest.mark.parametrize("purpose", ["instances", "classification"])
def test_a_run_whose_questions_are_all_refused_fails_while_its_proposals_are_answered(shop, purpose):
    door = _Refusing(asks_for(purpose))
    with serving(door) as url:
        run = shop.carry_out(shop.queue(shop.endpoint(url, concurrency="4"), target_kept="50"))
    assert run.state is RunState.FAILED
    said = "The endpoint did not take the request (HTTP 400). It says: Too much."
    assert run.sentence == f"8 calls in a row failed. The last one: {said}"
    outcomes = {call.purpose: call.outcome for call in shop.calls(run.id)}
    assert outcomes["instructions"] is CallOutcome.ANSWERED
    assert outcomes[purpose] is CallOutcome.BAD_REQUEST
    assert 8 <= door.refused <= 16
    assert not kept(shop, run)


def test_a_question_that_is_refused_again_and_again_after_a_while_ends_the_run_too(shop):
    """The server changed its mind: 24 in a row, as some may be one prompt's fault."""
    asked = []

    def refuses(body):
        is_instances = asks_for("instances")(body)
        asked.append(is_instances)
        return is_instances and sum(asked) > 5

    door = _Refusing(refuses)
    with serving(door) as url:
        run = shop.carry_out(shop.queue(shop.endpoint(url, concurrency="4"), target_kept="500"))
    assert run.state is RunState.FAILED
    assert run.sentence.startswith("24 calls in a row failed. The last one: The endpoint did not take")
    assert 24 <= door.refused <= 32


def test_what_only_some_prompts_are_refused_for_ends_nothing(shop):
    """One in three is too long, say. The first of all is not among them."""
    door = _Refusing(lambda body: asks_for("instances")(body) and len(body["messages"][0]["content"]) % 3 == 0)
    with serving(door) as url:
        run = shop.carry_out(shop.queue(shop.endpoint(url, concurrency="4"), target_kept="40"))
    assert run.state is RunState.DONE
    assert len(kept(shop, run)) >= 40
    assert door.refused >= 5


@pytest.mark.parametrize("pipeline", ["self_instruct", "alpaca"])
def test_a_run_that_made_its_calls_and_had_no_answer_has_failed(shop, pipeline):
    with serving(_Refusing(lambda _: True)) as url:
        endpoint_id = shop.endpoint(url, concurrency="4")
        run = shop.carry_out(shop.queue(endpoint_id, pipeline, target_kept="", target_calls="3"))
    assert run.state is RunState.FAILED
    assert run.sentence.endswith("It says: Too much.")


def test_a_run_that_made_its_calls_and_kept_nothing_for_refusals_has_failed(shop):
    with serving(_Refusing(asks_for("classification"))) as url:
        endpoint_id = shop.endpoint(url, concurrency="4")
        run = shop.carry_out(shop.queue(endpoint_id, target_kept="", target_calls="6"))
    assert run.state is RunState.FAILED
    said = "The endpoint did not take the request (HTTP 400). It says: Too much."
    assert run.sentence == f"Reached its limit of 6 calls. Nothing came of it. {said}"


class _Cut:
    """Answers every request with half of a list, cut off at its largest length."""

    async def __call__(self, scope, _receive, send):
        if scope["type"] != "http":
            return
        choice = {"index": 0, "finish_reason": "length", "message": {"role": "assistant", "content": "Name the"}}
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": orjson.dumps({"model": "m", "choices": [choice]})})


def test_a_run_whose_completions_are_all_cut_off_says_so_and_is_not_done(shop):
    with serving(_Cut()) as url:
        run = shop.carry_out(shop.queue(shop.endpoint(url), "alpaca", target_kept="50"))
    assert run.state is RunState.FAILED
    said = (
        r"Stopped: of the last (4\d) completions, which brought nothing new, \1 were cut off at their largest length\."
    )
    assert re.match(said, run.sentence)


def test_other_purposes_don_t_forgive():
    failures = Failures(["instructions"])
    for _ in range(7):
        failures.add("instances", REFUSED, counts=True)
        failures.forget("instructions")
    assert failures.verdict is None
    assert failures.unanswered == "No stop."
    failures.add("instances", REFUSED, counts=True)
    assert failures.verdict == "8 calls in a row failed. The last one: No stop."


def test_an_answer_forgives_what_came_before_it():
    failures = Failures(["instructions"])
    for _ in range(40):
        failures.add("instances", REFUSED, counts=True)
        failures.forget("instances")
    assert failures.verdict is None
    assert failures.unanswered == ""


@pytest.mark.parametrize(
    ("answered", "reading", "most"),
    [
        ([], REFUSED, 1),
        (["instructions"], REFUSED, 8),
        (["instructions", "instances"], REFUSED, 24),
        ([], EMPTY, 8),
        (["instances"], EMPTY, 24),
        ([], AWAY, 24),
        (["instances"], AWAY, 24),
        (["instances"], Reading(CallOutcome.KEY_REJECTED, "No."), 1),
        ([], Reading(CallOutcome.REFUSED, "I can't."), 24),
    ],
)
def test_so_many_in_a_row_end_a_run(answered, reading, most):
    failures = Failures(answered)
    for _ in range(most - 1):
        failures.add("instances", reading, counts=True)
    assert failures.verdict is None
    failures.add("instances", reading, counts=True)
    assert failures.verdict.endswith(reading.sentence)


def test_a_server_that_is_busy_or_away_says_nothing_of_the_calls():
    failures = Failures([])
    for _ in range(100):
        failures.add("instances", AWAY, counts=False)
    assert failures.verdict is None
    assert failures.last == "Down."
