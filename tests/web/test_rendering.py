"""Words for times and lengths, and what a part of a page is."""

import datetime as dt

import pytest
from jinja2 import UndefinedError

from app.models.base import now
from app.web.rendering import ago, duration, moment, templates
from tests.web.world import HTMX


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (59, "just now"),
        (61, "1 minute ago"),
        (7_199, "1 hour ago"),
        (7_201, "2 hours ago"),
        (86_401, "1 day ago"),
        (30 * 86_400 + 1, "30 days ago"),
        (-10, "just now"),
    ],
)
def test_how_long_ago(seconds, words):
    assert ago(now() - dt.timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.6, "1 min 0 s"), (61, "1 min 1 s"), (3_600, "1 h 0 min"), (90_061, "25 h 1 min")],
)
def test_how_long(seconds, words):
    assert duration(dt.timedelta(seconds=seconds)) == words


def test_a_moment_is_in_utc():
    assert moment(dt.datetime(2026, 3, 4, 5, 6, tzinfo=dt.UTC)) == "4 Mar 2026, 05:06 UTC"


def test_an_undefined_name_is_an_error():
    with pytest.raises(UndefinedError):
        templates().from_string("{{ nothing }}").render()


def test_a_part_of_a_page_leaves_the_notice_for_the_page(olga, place):
    olga.submit("account.rename", {"name": "Olga"})
    part = olga.get(olga.path("rate.next", project_id=place.id), headers=HTMX)
    assert "Your name is changed." not in part.text
    assert "<html" not in part.text
    assert "Your name is changed." in olga.visit("home.show").text
