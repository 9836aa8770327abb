"""Releases: what is approved is frozen and downloaded, the same bytes for ever."""

import hashlib
import json

import pytest

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
    assert [each["answers"]["valid_task"] for each in records[0]["ratings"]] == ["yes"]


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
    assert f'href="{path}"' in cem.visit("releases.show", **_release(place)).text
    answer = cem.get(path)
    assert answer.status_code == 200
    assert "attachment; filename=" in answer.headers["content-disposition"]
    assert "Say it again" in answer.text


def test_an_unknown_format_is_not_found(cem, place):
    assert cem.visit("releases.download", format_name="word", **_release(place)).status_code == 404


def test_the_approved_are_counted_and_frozen(cem, place):
    decide = {"project_id": place.id, "candidate_id": place["open_id"]}
    cem.submit("candidates.decide", {"verdict": "approved", "version": 1}, **decide)
    assert "Freeze 2 examples" in cem.visit("releases.list", project_id=place.id).text
    page = cem.follow(cem.submit("releases.freeze", {"name": "second", "notes": "Both."}, project_id=place.id))
    assert "<h1>second</h1>" in page.text
    assert "Both." in page.text
