"""Candidates: listed and narrowed by their address, shown with their lineage, edited, decided."""

import pytest

from tests.web.html import parse
from tests.web.routes import EXAMPLE
from tests.web.world import add_candidate


def _listed(browser, place, **query):
    page = parse(browser.get(browser.path("candidates.list", project_id=place.id), params=query).text)
    return [each.text for each in page.all("a") if "row-link" in each["class"]]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, ["Say it, imported", "Say it, still open", "Say it", "Say it again"]),
        ({"outcome": "kept"}, ["Say it, still open", "Say it again"]),
        ({"outcome": "rejected", "rejected_by": "length"}, ["Say it, imported", "Say it"]),
        ({"decided": "approved"}, ["Say it again"]),
        ({"decided": "open", "outcome": "kept"}, ["Say it, still open"]),
        ({"rated": "yes"}, ["Say it again"]),
        ({"flagged": "yes"}, ["Say it again"]),
        ({"q": "STILL"}, ["Say it, still open"]),
        ({"q": "%"}, []),
        ({"pipeline": "self_instruct"}, []),
        ({"imported": "2"}, ["Say it, imported"]),
        ({"imported": "1"}, []),
        ({"imported": "x"}, []),
        ({"outcome": "unheard of"}, []),
    ],
)
def test_the_address_narrows_the_list(cem, place, query, shown):
    assert _listed(cem, place, **query) == shown


def test_older_examples_are_one_link_away_and_none_is_shown_twice(cem, place, database):
    with database.writing() as session:
        for number in range(60):
            add_candidate(session, place.id, f"Name {number} rivers & lakes.")
    path = cem.path("candidates.list", project_id=place.id)
    seen, address = [], f"{path}?outcome=kept&q=rivers+%26"
    while address:
        page = parse(cem.get(address).text)
        seen += [each.text for each in page.all("a") if "row-link" in each["class"]]
        older = [each["href"] for each in page.all("a") if each.text == "Older examples"]
        address = path + older[0] if older else None
    assert seen == [f"Name {number} rivers & lakes." for number in reversed(range(60))]


def test_an_example_tells_where_it_came_from_and_what_people_said(cem, place):
    page = parse(cem.visit("candidates.show", project_id=place.id, candidate_id=place["candidate_id"]).text).text
    for words in (
        "Stanford Alpaca",
        "Shown to the model: 1",
        "Version 1",
        "Cem",
        "Flagged",
        "approved it",
    ):
        assert words in page


def test_an_edit_makes_a_version_that_is_decided_anew(cem, place):
    where = {"project_id": place.id, "candidate_id": place["candidate_id"]}
    page = cem.follow(cem.submit("candidates.edit", EXAMPLE | {"version": 2}, **where))
    assert "Saved as a new version." in page.text
    assert "Version 3" in page.text
    assert "Name a river." not in _listed(cem, place, decided="approved")


def test_a_decision_can_be_taken_back(cem, place):
    where = {"project_id": place.id, "candidate_id": place["candidate_id"]}
    page = cem.follow(cem.submit("candidates.decide", {"verdict": "withdrawn", "version": 2}, **where))
    assert "Approve" in [each.text for each in parse(page.text).all("button")]
    assert _listed(cem, place, decided="approved") == []


def test_nobody_approves_a_text_that_they_have_not_seen(cem, place):
    where = {"project_id": place.id, "candidate_id": place["open_id"]}
    edit = {"version": 1, "instruction": "Name a lake.", "input": "", "output": "Como."}
    assert cem.submit("candidates.edit", edit, **where).status_code == 303
    refused = cem.submit("candidates.decide", {"verdict": "approved", "version": 1}, **where)
    assert refused.status_code == 409
    assert "Somebody changed this example" in refused.text
