"""Answers that were paid for, read again: looked at, then kept; nothing is asked of a model."""

import threading

import orjson
import pytest
from sqlalchemy import select

from app.carrying import Interrupted
from app.engine import KINDS
from app.errors import Conflict
from app.generation import reread
from app.jobs import carry_out_job
from app.models.candidates import Candidate, Outcome
from app.models.generation import Call, CallOutcome, Run, RunState
from app.models.jobs import Job
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


def test_an_earlier_attempt_of_a_round_is_read_too_and_has_places_of_its_own(shop):
    """A server that streams where it wasn't asked to was paid once and, by an older reader, asked again."""
    run, _ = carried_out(shop, orjson.dumps(list(map(task, INSTRUCTIONS))).decode())
    other = orjson.dumps({"choices": [{"message": {"content": orjson.dumps([task("Name a sea of stars.")]).decode()}}]})
    with shop.database.writing() as session:
        first = session.scalars(select(Call).where(Call.run_id == run.id)).one()
        first.attempt = 2
        values = {name: getattr(first, name) for name in ("project_id", "run_id", "endpoint_id", "round", "position")}
        values |= {
            "purpose": first.purpose,
            "prompt": "…",
            "sampling": first.sampling,
            "http_status": 200,
            "raw": other,
        }
        session.flush()
        session.add(Call(**values, attempt=1, outcome=CallOutcome.UNREADABLE))
    done = read_again(shop, run.id, keeps=True)
    assert (done.state, done.result["calls"], done.result["added"]) == (RunState.DONE, 2, 1)
    assert kept(shop, run.id) == [*INSTRUCTIONS, "Name a sea of stars."]


def test_a_job_that_is_taken_up_again_counts_on(shop, monkeypatch):
    listed = "\n".join(f"{number}. {text}" for number, text in enumerate(INSTRUCTIONS, 9))
    run, _ = carried_out(shop, listed, "self_instruct")
    spoil(shop, run.id)
    with shop.database.writing() as session:
        job_id = reread.start_reread(session, session.get_one(Run, run.id), shop.owner_id, keeps=True).id
    with monkeypatch.context() as broken, pytest.raises(Interrupted):
        broken.setattr(reread, "_leave", _dies)
        carry_out_job(shop.database, KINDS, job_id, threading.Event())
    with shop.database.writing() as session:
        session.get_one(Job, job_id).state = RunState.QUEUED
    carry_out_job(shop.database, KINDS, job_id, threading.Event())
    assert shop.job(job_id).result["waiting"] == 3
    assert shop.run(run.id).state is RunState.PAUSED


def _dies(*_):
    raise Interrupted
