"""Answers that were paid for, read again: looked at, then kept; nothing is asked of a model."""

import threading

import orjson
import pytest
from sqlalchemy import select

from app.engine import KINDS
from app.errors import Conflict
from app.generation import reread
from app.jobs import carry_out_job
from app.models.candidates import Candidate, Outcome
from app.models.generation import Run, RunState
from tests.generation.workshop import workshop
from tests.llm.scripted import saying_json, scripted

INSTRUCTIONS = [
    "Name three rivers of Peru.",
    "Describe how bread is baked.",
    "Compare tea and coffee in two sentences.",
]


@pytest.fixture
def shop(database_url, tmp_path):
    with workshop(database_url, tmp_path / "data") as made:
        yield made


def task(instruction, output="The Amazon, the Ucayali and the Marañón."):
    return {"instruction": instruction, "input": "", "output": output}


def answering(text):
    message = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    return saying_json("200 OK", message | {"usage": {"prompt_tokens": 9, "completion_tokens": 9}})


def carried_out(shop, text, pipeline="alpaca", **fields):
    with scripted(answering(text)) as server:
        run = shop.carry_out(
            shop.queue(shop.endpoint(server.url, name=server.url), pipeline, **{"target_calls": "1"} | fields)
        )
        return run, len(server.requests)


def read_again(shop, run_id, **told):
    with shop.database.writing() as session:
        job_id = reread.start_reread(session, session.get_one(Run, run_id), shop.owner_id, **told).id
    carry_out_job(shop.database, KINDS, job_id, threading.Event())
    return shop.job(job_id)


def kept(shop, run_id):
    return [each.instruction for each in shop.candidates(run_id) if each.outcome is Outcome.KEPT]


def spoil(shop, run_id):
    """Leave a run as an older reader would have: with all of its answer as one text that could not be read."""
    with shop.database.writing() as session:
        first, *others = session.scalars(select(Candidate).where(Candidate.run_id == run_id)).all()
        first.outcome, first.rejected_by, first.in_pool = Outcome.REJECTED, "format", False
        first.instruction = "unreadable"
        for each in others:
            session.delete(each)


def test_what_could_not_be_read_is_found_by_a_newer_reader(shop):
    run, _ = carried_out(shop, orjson.dumps({"tasks": list(map(task, INSTRUCTIONS))}).decode())
    assert kept(shop, run.id) == INSTRUCTIONS
    spoil(shop, run.id)
    looked = read_again(shop, run.id)
    assert looked.state is RunState.DONE
    assert (looked.result["added"], looked.result["unreadable_before"], looked.result["unreadable"]) == (3, 1, 0)
    assert kept(shop, run.id) == []
    done = read_again(shop, run.id, keeps=True)
    assert done.result["added"] == 3
    assert kept(shop, run.id) == INSTRUCTIONS
    assert shop.run(run.id).state is RunState.DONE
    assert len(shop.calls(run.id)) == 1


def test_a_second_time_brings_nothing(shop):
    run, _ = carried_out(shop, orjson.dumps(list(map(task, INSTRUCTIONS))).decode())
    for keeps in (False, True, True):
        job = read_again(shop, run.id, keeps=keeps)
        assert (job.result["added"], job.result["let_through"]) == (0, 0)
    assert kept(shop, run.id) == INSTRUCTIONS


def test_what_a_filter_rejected_is_kept_where_it_is_not_asked(shop):
    tasks = [*map(task, INSTRUCTIONS), task("Draw a map of the rivers of Peru.")]
    run, _ = carried_out(shop, orjson.dumps(tasks).decode())
    assert len(kept(shop, run.id)) == 3
    asked = {name: each for name, each in shop.run(run.id).thresholds.items() if name not in {"wording", "novelty"}}
    looked = read_again(shop, run.id, thresholds=asked)
    assert (looked.result["added"], looked.result["let_through"]) == (0, 1)
    assert looked.result["shown"] == ["Draw a map of the rivers of Peru."]
    assert len(kept(shop, run.id)) == 3
    with shop.database.writing() as session:
        job = reread.keep_previewed(session, looked, session.get_one(Run, run.id), shop.owner_id)
    carry_out_job(shop.database, KINDS, job.id, threading.Event())
    assert kept(shop, run.id)[-1] == "Draw a map of the rivers of Peru."
    (row,) = [each for each in shop.candidates(run.id) if each.instruction.startswith("Draw")]
    assert row.in_pool
    # Later proposals have to differ from it, in processes that had read the pool before, too.
    again, _ = carried_out(
        shop, orjson.dumps([task("Draw a map of the rivers of Peru.")]).decode(), thresholds={"novelty": {}}
    )
    assert [each.rejected_by for each in shop.candidates(again.id)] == ["novelty"]


def test_instructions_that_wait_for_their_examples_are_asked_about_when_the_run_goes_on(shop):
    run, _ = carried_out(
        shop, "\n".join(f"{number}. {text}" for number, text in enumerate(INSTRUCTIONS, 9)), "self_instruct"
    )
    spoil(shop, run.id)
    done = read_again(shop, run.id, keeps=True)
    assert (done.result["waiting"], done.result["added"]) == (3, 0)
    left = shop.run(run.id)
    assert (left.state, left.sentence) == (
        RunState.PAUSED,
        "3 instructions read again wait for examples. Continue asks for them.",
    )


def test_a_run_that_goes_on_is_not_read_again(shop):
    run_id = shop.queue(shop.endpoint("http://127.0.0.1:9/v1"))
    with pytest.raises(Conflict, match="Pause or stop it first"):
        read_again(shop, run_id)


def test_only_a_preview_is_kept(shop):
    run, _ = carried_out(shop, orjson.dumps(list(map(task, INSTRUCTIONS))).decode())
    done = read_again(shop, run.id, keeps=True)
    with shop.database.writing() as session, pytest.raises(Conflict, match="then decide"):
        reread.keep_previewed(session, done, session.get_one(Run, run.id), shop.owner_id)
