"""A project: made by anybody, shown to who runs it, set up."""

import re

from tests.web.html import parse
from tests.web.world import add_candidate, rate


def test_whoever_makes_a_project_owns_it(sam):
    page = sam.follow(sam.submit("projects.create", {"name": "Rivers & lakes", "description": "Of France."}))
    assert "Rivers &amp; lakes" in page.text
    assert "People" in [each.text for each in parse(page.text).all("a")]
    assert "What to do next" in page.text


def test_an_annotator_is_sent_to_open_studies_and_where_there_is_none_to_rate(cem, ana, place):
    answer = ana.visit("projects.show", project_id=place.id)
    assert answer.headers["location"] == ana.path("studies.list", project_id=place.id)
    cem.submit("studies.close", project_id=place.id, study_id=place["study_id"])
    answer = ana.visit("projects.show", project_id=place.id)
    assert answer.headers["location"] == ana.path("rate.next", project_id=place.id)
    assert "Seed tasks" not in ana.follow(answer).text


def test_what_happened_is_told_with_names(olga, cem, place):
    cem.submit("projects.edit", {"name": "Rivers", "guidelines": "Be strict."}, project_id=place.id)
    page = parse(olga.visit("projects.show", project_id=place.id).text).text
    assert "Cem changed the settings" in " ".join(page.split())


def test_guidelines_are_shown_to_raters(olga, ana, place):
    form = {"name": "Rivers", "guidelines": "Be strict about <b>rivers</b>."}
    assert "Saved." in olga.follow(olga.submit("projects.edit", form, project_id=place.id)).text
    assert "Be strict about &lt;b&gt;rivers&lt;/b&gt;." in ana.visit("rate.next", project_id=place.id).text


def test_a_new_rule_says_what_it_held_back_and_leads_there(app, cem, olga, place):
    with app.state.database.writing() as session:
        for text in ("", " "):
            rate(session, add_candidate(session, place.id, "Say nothing", output=text), cem.person_id)
    form = {"name": "Rivers", "approval_ratings": "1"}
    page = olga.follow(olga.submit("projects.edit", form, project_id=place.id)).text
    assert "Saved. 2 examples that have no output were held back" in page
    link = re.search(r'href="([^"]+incomplete=yes)"', page)[1].replace("&amp;", "&")
    assert olga.get(link).text.count("Say nothing") == 2
    assert "Saved. 2" not in olga.follow(olga.submit("projects.edit", form, project_id=place.id)).text
