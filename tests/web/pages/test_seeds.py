"""Seed tasks: written, searched, imported whole or not at all, retired."""

from tests.web.html import parse
from tests.web.routes import SEED


def _listed(browser, place, **query):
    page = parse(browser.get(browser.path("seeds.list", project_id=place.id), params=query).text)
    return [each.text for each in page.all("a") if "row-link" in each["class"]]


def test_a_written_task_with_its_examples_is_there_to_be_edited(cem, place):
    form = SEED | {"input": ["", "Italy", ""], "output": ["The Loire.", "The Po.", ""]}
    page = cem.follow(cem.submit("seeds.add", form, project_id=place.id))
    assert "Added “river”." in page.text
    (path,) = [each["href"] for each in parse(page.text).all("a") if each.text == "Name a river."]
    texts = [each.own_text.strip() for each in parse(cem.get(path).text).all("textarea")]
    assert texts == ["Name a river.", "", "The Loire.", "Italy", "The Po.", "", ""]


def test_the_shipped_tasks_come_once_and_a_second_time_none(cem, place):
    page = cem.follow(cem.submit("seeds.add_shipped", project_id=place.id))
    assert "Imported 175 seed tasks." in page.text
    assert "178 in use" in page.text
    again = cem.submit("seeds.add_shipped", project_id=place.id)
    assert again.status_code == 422
    assert "178 in use" in cem.visit("seeds.list", project_id=place.id).text


def test_the_list_has_pages_and_a_search(cem, place):
    cem.submit("seeds.add_shipped", project_id=place.id)
    path, seen = cem.path("seeds.list", project_id=place.id), []
    address = path
    while address:
        page = parse(cem.get(address).text)
        seen += [each["href"] for each in page.all("a") if "row-link" in each["class"]]
        following = [each["href"] for each in page.all("a") if each.text == "Next page"]
        address = path + following[0] if following else None
    assert len(seen) == len(set(seen)) == 178
    assert _listed(cem, place, q="say it 1") == ["Say it 1"]
    assert _listed(cem, place, q="100%") == []


def test_a_retired_task_is_put_aside_and_taken_back(cem, place):
    where = {"project_id": place.id, "seed_id": place["seed_id"]}
    assert "Retired “Say it 2”." in cem.follow(cem.submit("seeds.retire", **where)).text
    assert _listed(cem, place) == ["Say it 0", "Say it 1"]
    assert _listed(cem, place, retired="true") == ["Say it 2"]
    assert "is in use again" in cem.follow(cem.submit("seeds.restore", **where)).text
    assert len(_listed(cem, place)) == 3
