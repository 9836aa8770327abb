"""Rubrics: looked at, copied, changed, put in use."""

import orjson

from tests.web.html import parse
from tests.web.routes import RUBRIC
from tests.web.world import BOTH


def _own(place):
    return {"project_id": place.id, "rubric": place["rubric"]}


@BOTH
def test_what_is_put_in_use_is_asked_from_then_on(olga, ana, place):
    olga.submit("rubrics.save", RUBRIC | {"version": "1"}, **_own(place))
    page = olga.follow(olga.submit("rubrics.use", **_own(place)))
    assert "Raters are asked “Ours” from now on." in page.text
    rating = parse(ana.visit("rate.next", project_id=place.id).text)
    assert [each.text for each in rating.all("legend")][:1] == ["Is it fine?"]
    form = {"version": 1, "submission": "once", "is_it_fine": "yes", "tags": ["dull"]}
    where = {"project_id": place.id, "candidate_id": place["open_id"]}
    assert ana.submit("rate.save", form, **where).status_code == 303
    assert ana.submit("rate.save", form | {"submission": "again", "tags": ["funny"]}, **where).status_code == 422
    shown = olga.visit("candidates.show", **where).text
    assert "Is it fine?" in shown
    assert "dull" in shown


def test_a_preview_stores_nothing_and_names_what_is_wrong(olga, place):
    page = olga.submit("rubrics.preview", RUBRIC | {"0.label": "Is it <b>good</b>?"}, htmx=True, **_own(place))
    assert "Is it &lt;b&gt;good&lt;/b&gt;?" in page.text
    wrong = olga.submit("rubrics.preview", RUBRIC | {"0.answers": "Yes"}, htmx=True, **_own(place))
    assert "needs 2 to 10 answers" in wrong.text
    assert "Version 1" in olga.visit("rubrics.show", **_own(place)).text


def test_json_is_taken_in_place_of_the_fields(olga, place):
    question = {"name": "a", "label": "A?", "scale": {"choices": [{"value": "x"}, {"value": "y"}]}}
    text = orjson.dumps({"label": "Typed", "questions": [question]}).decode()
    olga.submit("rubrics.save", {"version": "1", "json_text": text}, **_own(place))
    assert "Typed" in olga.visit("rubrics.list", project_id=place.id).text
    broken = olga.submit("rubrics.save", {"version": "2", "json_text": "{"}, **_own(place))
    assert broken.status_code == 422
    assert "This is no JSON" in broken.text


def test_a_shipped_one_never_changes(olga, place):
    shipped = {"project_id": place.id, "rubric": "quality_study"}
    assert olga.submit("rubrics.save", RUBRIC | {"version": "1"}, **shipped).status_code == 409
    assert "rubric-form" not in olga.visit("rubrics.show", **shipped).text.replace('hx-include="#rubric-form"', "")
