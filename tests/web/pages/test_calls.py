"""The calls of a run: found by what became of them, each with what was sent and what came back, hostile or huge."""

import orjson
import pytest
from sqlalchemy import select

from app.llm import ledger
from app.llm.ledger import Asking, Step
from app.llm.prompt import Prompt, Sampling
from app.models.events import Event
from app.models.generation import Call, CallOutcome, Run
from tests.web.html import parse

HOSTILE = "<script>alert(1)</script>\x00\u202e</pre><img src=x onerror=alert(2)>"


@pytest.fixture
def run(place, database):
    """The place's run without the calls that it has, and a way to add others."""
    with database.writing() as session:
        for call in session.scalars(select(Call).where(Call.run_id == place["run_id"])):
            call.run_id = None
    return place["run_id"]


def add(database, run_id, round_, *, purpose="tasks", position=-1, attempt=1, prompt="Go on:", **values):
    with database.writing() as session:
        run = session.get_one(Run, run_id)
        asking = Asking(Step(round_, position, purpose), attempt, Prompt(prompt, Sampling(0, 1, 16)))
        call = session.get_one(Call, *ledger.open_calls(session, run.endpoint, run_id, [asking]))
        for name, value in ({"outcome": CallOutcome.ANSWERED, "http_status": 200} | values).items():
            setattr(call, name, value)
        return call.id


def rows(page):
    return [row for row in parse(page.text).all("tr") if any(row.all("td"))]


def test_calls_are_listed_newest_first_and_by_outcome_and_purpose(cem, place, run, database):
    for number in range(4):
        add(database, run, number)
    refused = {"outcome": CallOutcome.BAD_REQUEST, "http_status": 400, "sentence": "It says: no stop."}
    add(database, run, 1, position=2, purpose="instances", **refused)
    ids = {"project_id": place.id, "run_id": run}
    everything = rows(cem.visit("calls.list", **ids))
    assert [next(row.all("a")).text for row in everything] == [
        "Instances, round 2, item 3", "Tasks, round 4", "Tasks, round 3", "Tasks, round 2", "Tasks, round 1"
    ]  # fmt: skip
    path = cem.path("calls.list", **ids)
    (only,) = rows(cem.get(f"{path}?outcome=bad_request"))
    assert "Not taken" in only.text
    assert "400" in only.text
    assert "It says: no stop." in only.text
    assert len(rows(cem.get(f"{path}?purpose=tasks"))) == 4
    assert len(rows(cem.get(f"{path}?purpose=tasks&outcome=answered"))) == 4
    for nonsense in ("purpose=tasks&outcome=bad_request", "outcome=x", "purpose=%00x", "before=0"):
        assert rows(cem.get(f"{path}?{nonsense}")) == []
    options = {each.text for each in parse(cem.get(path).text).all("option")}
    assert {"Any", "Answered (4)", "Not taken (1)", "Tasks (4)", "Instances (1)"} == options - {"Anything"}
    assert "1 not taken" in cem.visit("runs.show", **ids).text


def test_a_long_list_goes_on_where_it_stopped_and_shows_each_call_once(cem, place, run, database):
    for number in range(120):
        outcome = CallOutcome.RATE_LIMITED if number % 3 == 0 else CallOutcome.ANSWERED
        add(database, run, number, outcome=outcome)
    path, found = cem.path("calls.list", project_id=place.id, run_id=run), []
    query = "?purpose=tasks"
    for _ in range(3):
        page = cem.get(path + query)
        found += [next(row.all("a"))["href"] for row in rows(page)]
        query = next((a["href"] for a in parse(page.text).all("a") if a.text == "Older calls"), "")
    assert query == ""
    assert len(found) == len(set(found)) == 120


def test_a_call_is_shown_with_what_was_sent_and_what_came_back(cem, place, run, database):
    raw = b'{"choices":[{"message":{"content":"1. Name"}}]}'
    values = {"raw": raw, "text": "1. Name", "reasoning": "Let me think.", "left_out": ["stop"], "sentence": "Cut off."}
    first = add(database, run, 3, outcome=CallOutcome.TIMED_OUT, http_status=None)
    call_id = add(database, run, 3, attempt=2, parameters={"max_tokens": 16}, tokens_in=9, tokens_out=5, **values)
    page = cem.visit("calls.show", project_id=place.id, call_id=call_id)
    shown = parse(page.text)
    pre = {each["aria-label"]: each.text for each in shown.all("pre")}
    assert pre["Prompt"] == "Go on:"
    assert pre["The text that was read"] == "1. Name"
    assert pre["Reasoning"] == "Let me think."
    assert orjson.loads(pre["The answer as it came"]) == orjson.loads(raw)
    assert page.text.count("&#34;content&#34;: &#34;1. Name&#34;\n") == 1, "it is laid out"
    facts = {each.text: other.text for each, other in zip(shown.all("dt"), shown.all("dd"), strict=True)}
    assert facts["max_tokens"] == "16"
    assert facts["stop"] == "left out: the model doesn’t take it"
    links = [a["href"] for a in shown.all("a")]
    assert cem.path("calls.show", project_id=place.id, call_id=first) in links
    answer = cem.visit("calls.download", project_id=place.id, call_id=call_id)
    assert answer.content == raw
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_example_leads_to_the_calls_that_made_it(cem, place):
    page = cem.visit("candidates.show", project_id=place.id, candidate_id=place["candidate_id"])
    assert cem.path("calls.show", project_id=place.id, call_id=place["call_id"]) in page.text


@pytest.mark.parametrize("raw", [HOSTILE.encode(), orjson.dumps({"a": HOSTILE}), b"\xff\xfe\x80<script>", b"[" * 9_000])
def test_a_hostile_answer_is_text(cem, place, run, database, raw):
    stored = HOSTILE.replace("\x00", "")
    call_id = add(
        database, run, 0, raw=raw, text=stored, reasoning=stored, sentence=stored, model=stored, prompt=stored
    )
    for page in (
        cem.visit("calls.show", project_id=place.id, call_id=call_id),
        cem.visit("calls.list", project_id=place.id, run_id=run),
    ):
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "\x00" not in page.text


def test_of_a_huge_answer_the_page_shows_the_start(cem, place, run, database):
    raw = b'{"a": "' + b"x" * 5_000_000 + b'"}'
    call_id = add(database, run, 0, raw=raw, outcome=CallOutcome.UNREADABLE)
    page = cem.visit("calls.show", project_id=place.id, call_id=call_id)
    assert "The first 64.0 KiB of 4.8 MiB." in page.text
    assert len(page.text) < 200_000
    assert cem.visit("calls.download", project_id=place.id, call_id=call_id).content == raw


def test_owners_write_lost_calls_off_and_nobody_else(olga, cem, place, run, database):
    for number in range(2):
        add(database, run, number, outcome=CallOutcome.LOST, http_status=None, cost=500_000_000)
    with database.writing() as session:
        session.get_one(Run, run).cost = 1_000_000_000
    ids = {"project_id": place.id, "run_id": run}
    assert "up to $1.00 for 2 lost calls" in cem.visit("runs.show", **ids).text
    seen = cem.visit("calls.list", **ids).text
    assert "2 calls were under way when the process stopped" in seen
    assert "An owner of the project can write them off." in seen
    assert 'id="write-off"' not in seen
    assert cem.submit("calls.write_off", {"amount": "0"}, **ids).status_code == 403

    assert 'id="write-off"' in olga.visit("calls.list", **ids).text
    too_much = olga.submit("calls.write_off", {"amount": "1.01"}, htmx=True, **ids)
    assert too_much.status_code == 422
    assert "These calls can have cost $1.00 at most." in too_much.text
    after = olga.follow(olga.submit("calls.write_off", {"amount": "0.25"}, **ids)).text
    assert "2 calls written off." in after
    assert "under way when the process stopped" not in after
    with database.reading() as session:
        assert session.get_one(Run, run).cost == 250_000_000
        (event,) = session.scalars(select(Event).where(Event.kind == "calls.written_off")).all()
    assert event.actor_id == olga.person_id
    assert olga.submit("calls.write_off", {"amount": ""}, **ids).status_code == 409
