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


def test_the_nearest_is_shown_with_what_both_share_and_how_far_the_limit_is(cem, place, database):
    page = parse(cem.get(_too_similar(cem, place, database)).text)
    assert "Similarity 0.83 0.13 over the limit of 0.70" in page.text
    assert "5 of its 6 words (83%) are among the other’s 6 (83%), in the same order." in page.text
    marks = [each.text for each in page.all("mark")][1:]  # the first is the legend
    assert marks[:4] == ["Name two", "of <b>Spain", "Name two", "of <b>Spain"]
    links = {each.text: each["href"] for each in page.all("a")}
    assert links[f"Seed task {place['seed_id']}"] == cem.path(
        "seeds.show", project_id=place.id, seed_id=place["seed_id"]
    )
    assert "An example that is no longer here" in page.text
    assert "An earlier instruction" in page.text
    assert "An earlier row of the same file" in page.text
    assert "The 3 next nearest" in page.text


def test_what_was_too_similar_is_listed_beside_what_it_was_too_similar_to(cem, place, database):
    _too_similar(cem, place, database)
    path = cem.path("candidates.list", project_id=place.id)
    page = parse(cem.get(path, params={"rejected_by": "novelty"}).text)
    assert [each.text for each in page.all("mark")][1:] == ["Name two", "of <b>Spain", "Name two", "of <b>Spain"]
    assert "similarity 0.83" in page.text
    assert "0.13 over the limit of 0.70" in page.text
    assert list(parse(cem.get(path).text).all("mark")) == []


def test_an_example_from_before_keys_were_stored_is_shown_all_the_same(cem, place):
    page = parse(cem.visit("candidates.show", project_id=place.id, candidate_id=place["candidate_id"]).text).text
    assert "How new is it?" in page
    assert "An earlier instruction" in page


def _too_similar(browser, place, database):
    """A rejected example of the place's run; returns its path."""
    nearest = [
        {"key": f"seed:{place['seed_id']}", "text": "Name two lakes of <b>Spain", "score": 5 / 6},
        {"key": "candidate:99", "text": "Name it", "score": 0.25},
        {"text": "Spain", "score": 0.2},
        {"key": "import:1:3", "text": "Spain", "score": 0.2},
    ]
    values = {"outcome": "rejected", "rejected_by": "novelty", "reason": "Too similar.", "similarity": 5 / 6}
    with database.writing() as session:
        evidence = {"nearest": nearest, "mean": 0.1}
        text = "Name two rivers of <b>Spain"
        candidate = add_candidate(session, place.id, text, run_id=place["run_id"], round=1, evidence=evidence, **values)
        return browser.path("candidates.show", project_id=place.id, candidate_id=candidate.id)


@pytest.mark.parametrize(("route", "times"), [("candidates.show", 1), ("rate.show", 2)])
def test_code_stands_on_every_page_as_it_was_written(cem, place, database, route, times):
    code = "def twice(x):\n    # Two times.\n\treturn 2 * x"
    with database.writing() as session:
        number = add_candidate(session, place.id, "Double it.", output=code).id
    page = parse(cem.visit(route, project_id=place.id, candidate_id=number).text)
    shown = [each.children[0].own_text for each in page.all("pre")]
    assert shown == [code] * times
