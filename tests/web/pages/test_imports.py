"""Imports: a file chosen, its job watched, its examples found again and known for what they are."""

import json
import threading

import pytest
from sqlalchemy import func, select

from app import jobs
from app.imports.importing import Import
from app.models.candidates import Candidate
from app.models.imports import ImportChunk
from app.models.jobs import Job
from tests.web.html import parse
from tests.web.world import BOTH, HTMX

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
        jobs.carry_out_job(database, [Import()], job_id, threading.Event())
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
    assert "left out, for an example has none like them: text" in ended.text
    (link,) = [each["href"] for each in ended.all("a") if "See the 2 kept" in each.text]
    listed = parse(cem.get(link).text)
    rows = [each for each in listed.all("a") if each["class"] and "row-link" in each["class"]]
    assert [each.text for each in rows] == ["Hi", "Name a sea."]
    assert "Imported" in listed.text
    example = cem.get(rows[1]["href"])
    assert "Imported from the file" in example.text
    assert "seas.json</a>, line 1" in example.text
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
    problems = [each.text for each in page.all("li") if each.text.startswith("Line")]
    assert problems == ["Line 1: “output” must be a text.", "Line 2: “output” is missing."]


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
