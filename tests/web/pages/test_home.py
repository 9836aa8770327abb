"""Home: one's projects, and where each stands."""

from app.people.accounts import create_person
from tests.web.html import parse
from tests.web.world import Browser


def test_everybody_sees_the_projects_they_are_in_and_no_other(olga, ana, sam, place, elsewhere):
    assert place.id != elsewhere.id
    for browser, name in ((olga, "Say it"), (ana, "Say it"), (sam, "Elsewhere")):
        cards = [each for each in parse(browser.visit("home.show").text).all("li") if each["class"] == "card"]
        assert [next(each.all("h2")).text for each in cards] == [name]
        counts = [each.text for each in cards[0].all("span") if each["class"] == "funnel-count"]
        assert counts == ["4", "2", "1", "1", "1"]


def test_a_newcomer_is_shown_how_to_begin(app, database):
    with database.writing() as session:
        person = create_person(session, "New")
    assert "No project yet" in Browser(app, person.id).visit("home.show").text


def test_health_is_told_to_anybody(nobody):
    assert nobody.visit("health.show").text == "ok\n"
