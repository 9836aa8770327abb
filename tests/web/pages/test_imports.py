"""Imports: a file chosen, its job watched, its examples found again and known for what they are."""

import gzip
import json
import threading

import pytest
from sqlalchemy import func, select

from app import jobs
from app.imports.importing import Import
from app.imports.undoing import UNDO
from app.models.candidates import Candidate
from app.models.imports import ImportChunk
from app.models.jobs import Job
from app.settings import resource
from tests.web.html import parse
from tests.web.world import BOTH, HTMX, end_job, rate

TWO = [{"instruction": "Name a sea.", "output": "The Baltic.", "text": "x"}, {"instruction": "Hi", "output": "Ho"}]


@pytest.fixture
def send(cem, place):
    def send(raw=None, name="seas.json", headers=None, **form):
        raw = json.dumps(TWO).encode() if raw is None else raw
        path = cem.path("imports.start", project_id=place.id)
        return cem.post(path, data=form, files={"file": (name, raw)}, headers=headers or {})

    return send


@pytest.fixture
def carry_out(database):
    def carry_out():
        with database.reading() as session:
            job_id = session.scalar(select(func.max(Job.id)))
        jobs.carry_out_job(database, [Import(), UNDO], job_id, threading.Event())
        return job_id

    return carry_out


@BOTH
def test_a_file_is_sent_and_its_examples_are_listed_with_their_origin(cem, place, send, carry_out):
    page = cem.follow(send(format="alpaca", screen="no")).text
    assert "Waiting" in page
    assert "seas.json" in page
    job_id = carry_out()
    ended = parse(cem.visit("jobs.card", project_id=place.id, job_id=job_id).text)
    assert "2 examples imported." in ended.text
    assert "Kept with their examples as metadata: “text” (1)." in ended.text
    (link,) = [each["href"] for each in ended.all("a") if "See the 2 kept" in each.text]
    listed = parse(cem.get(link).text)
    rows = [each for each in listed.all("a") if each["class"] and "row-link" in each["class"]]
    assert [each.text for each in rows] == ["Hi", "Name a sea."]
    assert "Imported" in listed.text
    example = cem.get(rows[1]["href"])
    assert "Imported from the file" in example.text
    assert "seas.json</a>, record 1, line 1" in example.text
    kept = parse(example.text)
    assert "What its record holds besides: text" in kept.text
    assert "by Cem" in example.text
    assert "seas.json" in cem.visit("imports.list", project_id=place.id).text


def test_a_screened_import_goes_by_the_thresholds_of_the_form(cem, place, send, carry_out, database):
    form = {"format": "alpaca", "screen": "yes", "filter": ["length"], "threshold.length.min_words": "3"}
    assert send(**form).status_code == 303
    job_id = carry_out()
    with database.reading() as session:
        parameters = session.get_one(Job, job_id).parameters
        assert set(parameters["thresholds"]) == {"format", "length", "instances"}
        found = session.scalars(select(Candidate).where(Candidate.import_id == job_id).order_by(Candidate.id)).all()
    assert [each.rejected_by for each in found] == [None, "length"]
    card = parse(cem.visit("jobs.card", project_id=place.id, job_id=job_id).text)
    (link,) = [each["href"] for each in card.all("a") if each.text == "Too short or long"]
    assert "1 example" in parse(cem.get(link).text).text


def test_problems_are_shown_by_line(cem, place, send, carry_out):
    send(b'[{"instruction": "<i>", "output": 3},\n{"instruction": "a"}]')
    page = parse(cem.visit("jobs.show", project_id=place.id, job_id=carry_out()).text)
    assert "Nothing was imported: the file has 2 problems." in page.text
    problems = [each.text for each in page.all("li") if each.text.startswith("Record")]
    assert problems == [
        "Record 1 (line 1, column 2): “output” must be a text, not a number.",
        "Record 2 (line 2, column 1): “output” is missing.",
    ]


ASKS = [{"question": "Name a sea.", "answer": "The Baltic.", "system": "Be brief.", "history": [["a", "b"]], "id": 7}]


@pytest.fixture
def waiting(cem, place, send, database):
    """An import that asks, on the page that asks; its value is the number of its job."""
    answer = send(json.dumps(ASKS).encode())
    with database.reading() as session:
        job_id = session.scalar(select(func.max(Job.id)))
    assert answer.headers["location"] == cem.path("imports.look", project_id=place.id, waiting_id=job_id)
    return job_id


@BOTH
def test_a_file_with_text_beside_its_examples_asks_before_anything_comes_in(cem, place, waiting, carry_out, database):
    page = parse(cem.visit("imports.look", project_id=place.id, waiting_id=waiting).text)
    assert "is read as questions with answers : one JSON object" in page.text or "a JSON list, 1 record" in page.text
    assert {"question", "answer", "system", "history"} <= {each.text for each in page.all("code")} | {
        each.text for each in page.all("label")
    }
    assert "For example: Be brief." in page.text
    assert "Kept with each example as it is: id" in page.text
    assert "The Baltic." in page.text
    carry_out()
    assert "Say what is in it" in cem.visit("jobs.show", project_id=place.id, job_id=waiting).text
    assert "Waits for you" in cem.visit("imports.list", project_id=place.id).text
    said = {"extra.0": "before-input", "extra.1": "leave-out"}
    assert cem.submit("imports.answer", said, project_id=place.id, waiting_id=waiting).status_code == 303
    carry_out()
    with database.reading() as session:
        found = session.scalars(select(Candidate).where(Candidate.import_id == waiting)).one()
    assert (found.instruction, found.input, found.output) == ("Name a sea.", "Be brief.", "The Baltic.")
    assert found.metadata_ == {"id": 7}
    ended = parse(cem.visit("jobs.card", project_id=place.id, job_id=waiting).text).text
    assert "Read as questions with answers: “question” as instruction, “answer” as output." in ended
    assert "Put before the input: “system” (1)." in ended
    assert "Left out, as was chosen: “history” (1)." in ended
    answer = cem.follow(cem.visit("imports.look", project_id=place.id, waiting_id=waiting))
    assert "1 example imported." in answer.text


def test_what_becomes_of_all_other_text_can_be_said_at_once(cem, send, carry_out, database):
    record = {"instruction": "Name a sea.", "output": "The Baltic.", "system": "Be brief."}
    assert "/jobs/" in send(json.dumps([record]).encode(), others="metadata").headers["location"]
    job_id = carry_out()
    with database.reading() as session:
        assert session.scalars(select(Candidate).where(Candidate.import_id == job_id)).one().metadata_ == {
            "system": "Be brief."
        }
    asked = send(json.dumps(ASKS).encode(), others="leave-out")
    page = parse(cem.follow(asked).text)
    assert "questions with answers" in page.text
    assert not list(page.all("select"))
    path = asked.headers["location"]
    assert cem.post(path, data={}).status_code == 303
    job_id = carry_out()
    with database.reading() as session:
        found = session.scalars(select(Candidate).where(Candidate.import_id == job_id)).one()
    assert (found.input, found.metadata_) == ("", {"id": 7})
    assert send(json.dumps([record]).encode(), others="drop").status_code == 422


def test_what_is_said_must_be_one_of_the_choices(cem, place, waiting):
    for said in ({}, {"extra.0": "drop", "extra.1": "metadata"}, {"extra.0": "metadata"}):
        answer = cem.submit("imports.answer", said, project_id=place.id, waiting_id=waiting)
        assert answer.status_code == 422
        assert "leave-out, before-input, metadata" in answer.text


def test_an_import_that_asks_can_be_given_up(cem, place, waiting, database):
    cem.submit("imports.give_up", project_id=place.id, waiting_id=waiting)
    assert "Stopped by hand." in cem.visit("jobs.show", project_id=place.id, job_id=waiting).text
    assert cem.submit("imports.give_up", project_id=place.id, waiting_id=waiting).status_code == 409
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(ImportChunk.import_id == waiting)) == 0


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b'{"messages": [], "id": 1}', "conversations in OpenAI’s form: the keys are id, messages."),
        (b'{"instruction": "a", "instances": []}', "look like seed tasks"),
        (b"PK\x03\x04", "This file is a ZIP archive or an Excel sheet."),
        (b"", "The file holds no example."),
        (b'{"\\u0000": "a"}', "The name of the key “(no name)” holds a character"),
    ],
)
def test_a_file_of_another_kind_is_refused_before_it_is_stored(send, database, raw, sentence):
    with database.reading() as session:
        before = session.scalar(select(func.count()).select_from(ImportChunk))
    answer = send(raw)
    assert answer.status_code == 422
    assert sentence in parse(answer.text).text
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ImportChunk)) == before


def test_what_is_read_is_not_rated_before_all_of_it_is_there(place, send, carry_out, database):
    with database.reading() as session:
        before = session.scalar(select(func.count()).where(Candidate.project_id == place.id))
    send()
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(Candidate.project_id == place.id)) == before
    carry_out()
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(Candidate.project_id == place.id)) == before + 2


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"raw": b"x" * (1 << 20) + b"y"}, "The file is larger than 1 MB."),
        ({"format": "parquet"}, "There is no format “parquet”."),
        ({"screen": "yes", "filter": "novelty", "threshold.novelty.max_similarity": "7"}, "Highest similarity kept"),
        ({"name": ""}, "file"),
    ],
)
def test_what_can_not_be_started_is_refused_in_a_sentence(send, database, sent, sentence, headers):
    with database.reading() as session:
        before = session.scalar(select(func.count()).select_from(Job))
    answer = send(headers=headers, **sent)
    assert answer.status_code in {404, 422}
    assert sentence in answer.text
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == before


def test_without_a_file_nothing_is_started(cem, place):
    answer = cem.submit("imports.start", {"format": "alpaca"}, project_id=place.id)
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text


def test_a_stopped_import_leaves_no_file(cem, place, send, carry_out, database):
    send()
    with database.reading() as session:
        job_id = session.scalar(select(func.max(Job.id)))
    cem.submit("jobs.cancel", project_id=place.id, job_id=job_id)
    carry_out()
    assert "Stopped by hand." in cem.visit("jobs.show", project_id=place.id, job_id=job_id).text
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(ImportChunk.import_id == job_id)) == 0


def brought(place, database, send, carry_out, **form):
    """An import that has ended, in a project where nothing else goes on."""
    with database.writing() as session:
        end_job(session, place["job_id"])
    send(**form)
    return carry_out()


@BOTH
def test_an_import_is_undone_after_a_look_at_what_goes(cem, place, database, send, carry_out):
    job_id = brought(place, database, send, carry_out)
    where = {"project_id": place.id, "import_id": job_id}
    offered = parse(cem.visit("jobs.card", project_id=place.id, job_id=job_id).text)
    assert cem.path("imports.undoing", **where) in [each["href"] for each in offered.all("a")]
    page = parse(cem.visit("imports.undoing", **where).text)
    assert "It brought in 2 examples from seas.json" in page.text
    assert "2 examples, at once and for good" in page.text
    assert "can’t go" not in page.text
    assert "Waiting" in cem.follow(cem.submit("imports.undo", **where)).text
    assert "2 examples removed." in cem.visit("jobs.card", project_id=place.id, job_id=carry_out()).text
    ended = cem.visit("jobs.card", project_id=place.id, job_id=job_id).text
    assert "Undone: 2 of these examples were removed" in ended
    assert "See the 2 kept" not in ended
    assert "Undone" in cem.visit("imports.list", project_id=place.id).text
    assert f"import-{job_id}" not in cem.visit("similarity.list", project_id=place.id).text
    assert cem.visit("imports.undoing", **where).status_code == 409


@BOTH
def test_what_can_not_go_is_named_and_the_others_go_only_where_somebody_says_so(
    cem, ben, place, database, send, carry_out
):
    job_id = brought(place, database, send, carry_out)
    with database.writing() as session:
        candidate = session.scalars(
            select(Candidate).where(Candidate.import_id == job_id).order_by(Candidate.id)
        ).first()
        rate(session, candidate, ben.person_id)
    where = {"project_id": place.id, "import_id": job_id}
    page = parse(cem.visit("imports.undoing", **where).text)
    assert "People or runs have worked with 1 example." in page.text
    (link,) = [each["href"] for each in page.all("a") if "Rated or skipped" in each.text]
    assert "Name a sea." in cem.get(link).text
    assert cem.submit("imports.undo", **where).status_code == 409
    assert cem.submit("imports.undo", {"others": "true"}, **where).status_code == 303
    assert "1 example removed, 1 example left." in cem.visit("jobs.card", project_id=place.id, job_id=carry_out()).text
    told = cem.visit("jobs.card", project_id=place.id, job_id=job_id).text
    assert "Partly undone: 1 of these examples was removed, 1 stays" in told
    again = cem.visit("imports.undoing", **where).text
    assert "What goes" not in again
    assert "Back to the import" in again


def test_only_an_import_is_undone(cem, place):
    for number in ("search_id", "job_id"):
        where = {"project_id": place.id, "import_id": place[number]}
        assert cem.visit("imports.undoing", **where).status_code == 404
        assert cem.submit("imports.undo", **where).status_code == 404


@BOTH
def test_the_same_file_is_told_before_it_begins_and_taken_where_somebody_says_so(place, database, send, carry_out):
    job_id = brought(place, database, send, carry_out)
    refused = send(headers=HTMX)
    assert refused.status_code == 409
    said = parse(refused.text)
    assert f"as import {job_id}: 2 examples." in said.text
    (button,) = said.all("button")
    assert (button["name"], button["value"], button.text) == ("again", "true", "Import it again")
    packed = send(raw=gzip.compress(json.dumps(TWO).encode()), name="packed.json.gz")
    assert packed.status_code == 409
    assert "imports/new?again=true" in packed.text
    assert send(again="true").status_code == 303


def test_without_javascript_the_form_is_opened_again_to_take_the_file(cem, place):
    page = cem.get(cem.path("imports.new", project_id=place.id) + "?again=true").text
    assert page.count('name="again" value="true"') == 2
    assert 'name="again"' not in cem.visit("imports.new", project_id=place.id).text


def test_every_page_that_takes_a_file_says_how_much_it_may_hold(cem, place):
    page = cem.visit("imports.new", project_id=place.id).text
    assert page.count("up to 1 MB, 512 MB unpacked, 1,000,000 records") == 2
    assert "up to 1 MB, 10,000 records" in cem.visit("seeds.list", project_id=place.id).text
    folder = resource("templates")
    for template in folder.rglob("*.html"):
        source = template.read_text()
        assert source.count('type="file"') == source.count("limits.told"), template
