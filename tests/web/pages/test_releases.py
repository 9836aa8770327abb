"""Releases: what is approved is frozen and downloaded, the same bytes for ever."""

import hashlib
import json
import re

import pytest

from app import approval
from app.models.candidates import Candidate, Verdict
from app.releases.formats import FORMATS
from tests.web.routes import EXAMPLE
from tests.web.world import BOTH


def _release(place):
    return {"project_id": place.id, "release_id": place["release_id"]}


@BOTH
def test_the_download_is_what_the_fingerprint_is_over(cem, place):
    page = cem.visit("releases.show", **_release(place)).text
    lines = cem.visit("releases.download", format_name="full", **_release(place)).content
    records = [json.loads(line) for line in lines.splitlines()]
    canonical = [json.dumps(each, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for each in records]
    assert hashlib.sha256("".join(f"{line}\n" for line in canonical).encode()).hexdigest() in page
    assert [each["instruction"] for each in records] == ["Say it again"]
    assert [each["answers"][0]["answer"] for each in json.loads(records[0]["ratings"])] == ["yes"]


@BOTH
def test_a_release_stays_as_it_was_when_its_examples_change(cem, place):
    before = cem.visit("releases.download", format_name="full", **_release(place)).content
    edit = EXAMPLE | {"version": 2}
    assert (
        cem.submit("candidates.edit", edit, project_id=place.id, candidate_id=place["candidate_id"]).status_code == 303
    )
    assert cem.visit("releases.download", format_name="full", **_release(place)).content == before
    answer = cem.submit("releases.freeze", {"name": "second"}, project_id=place.id)
    assert answer.status_code == 409


@pytest.mark.parametrize("name", [each.name for each in FORMATS])
def test_every_format_is_offered_and_comes_as_a_file(cem, place, name):
    path = cem.path("releases.download", format_name=name, **_release(place))
    assert f'="{path}"' in cem.visit("releases.show", **_release(place)).text
    answer = cem.get(path)
    assert answer.status_code == 200
    assert "attachment; filename=" in answer.headers["content-disposition"]
    assert "Say it again" in answer.text


def test_options_are_drawn_from_the_contract_and_come_into_the_file(cem, place):
    page = cem.visit("releases.show", **_release(place)).text
    for each in FORMATS:
        for option in each.options:
            assert f'id="{each.name}-{option.name}"' in page
            assert option.label in page
    path = cem.path("releases.download", format_name="completion", **_release(place))
    assert cem.get(path).json()["completion"].strip() == "Say it"
    chosen = cem.get(path, params={"end_marker": "<|endoftext|>", "places": "no"})
    assert chosen.json()["completion"].endswith("Say it<|endoftext|>")
    assert list(chosen.json()) == ["prompt", "completion"]
    refused = cem.get(path, params={"marker": "x"})
    assert (refused.status_code, "has no option “marker”" in refused.text) == (422, True)


@BOTH
def test_what_was_approved_without_an_output_is_named_before_it_is_frozen(cem, place, app):
    """Such were approved before they were held back."""
    page = cem.visit("releases.list", project_id=place.id).text
    assert "without an output" not in page
    with app.state.database.writing() as session:
        candidate = session.get_one(Candidate, place["open_id"])
        approval.decide(session, candidate, Verdict.APPROVED, cem.person_id)
        candidate.output = " "
    page = cem.visit("releases.list", project_id=place.id).text
    assert "1 more was approved without an output and stays out" in page
    link = re.search(r'href="([^"]+incomplete=yes)"', page)[1].replace("&amp;", "&")
    listed = cem.get(link).text
    assert "1 example" in listed
    assert f'/candidates/{place["open_id"]}"' in listed
    shown = cem.follow(cem.submit("releases.freeze", {"name": "second"}, project_id=place.id)).text
    assert "1 approved without an output" in shown


def test_an_example_without_an_output_offers_no_approval(cem, place, app):
    where = {"project_id": place.id, "candidate_id": place["open_id"]}
    assert "Approve" in cem.visit("candidates.show", **where).text
    assert 'data-key="y"' in cem.visit("rate.show", **where).text
    with app.state.database.writing() as session:
        session.get_one(Candidate, place["open_id"]).output = "\u200b"
    assert "has no output, so it can’t be approved" in cem.visit("candidates.show", **where).text
    assert 'data-key="y"' not in cem.visit("rate.show", **where).text
    answer = cem.submit("candidates.decide", {"verdict": "approved", "version": 1}, **where)
    assert (answer.status_code, "Write one, then approve it." in answer.text) == (409, True)


def test_an_unknown_format_is_not_found(cem, place):
    assert cem.visit("releases.download", format_name="word", **_release(place)).status_code == 404


def test_the_approved_are_counted_and_frozen(cem, place):
    decide = {"project_id": place.id, "candidate_id": place["open_id"]}
    cem.submit("candidates.decide", {"verdict": "approved", "version": 1}, **decide)
    assert "Freeze 2 examples" in cem.visit("releases.list", project_id=place.id).text
    page = cem.follow(cem.submit("releases.freeze", {"name": "second", "notes": "Both."}, project_id=place.id))
    assert "<h1>second</h1>" in page.text
    assert "Both." in page.text
