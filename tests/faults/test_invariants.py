"""The check of the fault campaign is checked itself: each row that is doctored is found, and none that is right."""

import contextlib
import json
import random
import shutil
import sqlite3

import pytest

from app.database import migrate
from app.models.generation import RunState
from tests.databases import copy_sqlite
from tests.faults.books import read_books
from tests.faults.invariants import breaches, main
from tests.faults.model import Deck, PaidModel
from tests.generation.workshop import serving, workshop

FAULTS = ["null_usage", "html_page", "reset_in_body", "refusal"]
PRICES = {"price_in": "1", "price_out": "4"}
A_CALL = "(SELECT id FROM calls WHERE outcome = 'answered' AND position < 0 ORDER BY id LIMIT 1)"
# Alone at its place: where an instruction has several examples, the others stay when one is doctored.
A_CANDIDATE = """(SELECT min(id) FROM candidates WHERE run_id = 1
                  GROUP BY round, position HAVING count(*) = 1 AND min(outcome) = 'kept' ORDER BY 1 LIMIT 1)"""
A_SECOND_ANSWER = """
INSERT INTO calls (project_id, run_id, endpoint_id, round, position, purpose, attempt, prompt, sampling, outcome,
                   sentence, raw, text, model, tokens_most, cost, sent_at, answered_at)
SELECT project_id, run_id, endpoint_id, round, position, purpose, attempt + 50, prompt, sampling, outcome,
       sentence, raw, text, model, tokens_most, 0, sent_at, answered_at FROM calls WHERE id = """
DOCTORED = {
    f"UPDATE calls SET prompt = 'Another' WHERE id = {A_CALL}": "the ledger has 0 rows",
    f"UPDATE calls SET prompt = 'Another ' WHERE id = {A_CALL}": "calls were answered with the prompt",
    A_SECOND_ANSWER + A_CALL: "has 2 usable answers",
    "UPDATE runs SET state = 'running' WHERE id = 1": "run 1 is running",
    "UPDATE runs SET state = 'queued' WHERE id = 2": "run 2 is queued",
    "UPDATE runs SET ended_at = NULL WHERE id = 1": "doesn't say when or why",
    f"UPDATE calls SET outcome = 'in_flight' WHERE id = {A_CALL}": "is in flight",
    f"UPDATE calls SET answered_at = NULL WHERE id = {A_CALL}": "doesn't say since when",
    f"UPDATE calls SET cost = cost - 1 WHERE id = {A_CALL}": "was charged for the prompt",
    f"UPDATE calls SET cost = cost + 1 WHERE id = {A_CALL}": "run 1 says",
    "UPDATE runs SET cost = cost + 1 WHERE id = 2": "run 2 says",
    "UPDATE spendings SET cost = cost + 1": "the spending of project and month",
    "DELETE FROM spendings": "the spending of project and month",
    f"UPDATE calls SET cost = -5 WHERE id = {A_CALL}": "costs -5",
    "UPDATE runs SET cost_limit = cost - 1 WHERE id = 1": "its limit was",
    "UPDATE projects SET cost_limit = 1": "project 1 cost",
    "UPDATE projects SET monthly_cost_limit = 1": "in a month, its limit was",
    f"UPDATE calls SET outcome = 'empty' WHERE id = {A_CALL}": "which brought nothing",
    f"UPDATE candidates SET call_id = call_id + 1 WHERE id = {A_CANDIDATE}": "its answer is call",
    f"UPDATE candidates SET in_pool = 0 WHERE id = {A_CANDIDATE}": "is kept and not in the pool",
    f"UPDATE candidates SET instruction = 'Name it.' WHERE id = {A_CANDIDATE}": "says 'Name it.'",
    f"UPDATE candidates SET output = 'It.' WHERE id = {A_CANDIDATE}": "'It.'",
    f"UPDATE candidates SET outcome = 'unfinished' WHERE id = {A_CANDIDATE}": "is unfinished though all is answered",
    f"UPDATE candidates SET round = 900 WHERE id = {A_CANDIDATE}": "was never taken in",
    f"UPDATE candidates SET position = 90 WHERE id = {A_CANDIDATE}": "has [",
    f"DELETE FROM candidates WHERE id = {A_CANDIDATE}": "has [",
    f"UPDATE calls SET text = 'Nothing.' WHERE id = {A_CALL}": "its bytes",
}


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    """Two runs that went well in spite of some faults, in a database with the server's log beside it."""
    folder = tmp_path_factory.mktemp("right")
    url, rng = f"sqlite:///{folder / 'tamis.sqlite'}", random.Random(3)
    migrate(url)
    model = PaidModel(folder / "log", rng, Deck(FAULTS, rng), rate=0.3, latency_ms=0)
    with serving(model) as base_url, workshop(url, folder / "data") as shop:
        endpoint_id = shop.endpoint(base_url, **PRICES)
        for pipeline, target in (("self_instruct", "16"), ("alpaca", "60")):
            run = shop.carry_out(shop.queue(endpoint_id, pipeline, target_kept=target))
            assert run.state is RunState.DONE, run.sentence
    return folder


@pytest.fixture
def books(right, tmp_path):
    """A copy of it to doctor: the path of the database and that of the log."""
    copy_sqlite(right / "tamis.sqlite", tmp_path / "tamis.sqlite")
    shutil.copy(right / "log", tmp_path / "log")
    return tmp_path / "tamis.sqlite", tmp_path / "log"


def test_what_is_right_breaches_nothing(books, capsys):
    path, log = books
    found = read_books(f"sqlite:///{path}", log)
    assert breaches(found) == []
    assert len(found.requests) == len(found.tables["calls"]) > 20
    assert {each.fault for each in found.requests} > {None, "reset_in_body"}
    assert found.paid_again() == 0
    assert main(f"sqlite:///{path}", str(log)) == 0
    assert capsys.readouterr().out.strip().endswith("0 breaches")


@pytest.mark.parametrize(("statement", "told"), DOCTORED.items())
def test_each_doctored_row_is_found(books, statement, told, capsys):
    path, log = books
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        assert connection.execute(statement).rowcount > 0
    assert any(told in sentence for sentence in breaches(read_books(f"sqlite:///{path}", log)))
    assert main(f"sqlite:///{path}", str(log)) == 1
    assert told in capsys.readouterr().out


def test_a_request_that_is_not_in_the_ledger_is_found(books):
    path, log = books
    line = json.loads(log.read_text().splitlines()[0])
    for prompt in (line["prompt"], "0" * 64):
        log.write_text(log.read_text() + json.dumps(line | {"prompt": prompt, "billed": False}) + "\n")
        found = breaches(read_books(f"sqlite:///{path}", log))
        assert any(f"requests came with the prompt {prompt[:12]}" in sentence for sentence in found)
