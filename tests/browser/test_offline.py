"""Without a network: no page asks another host for anything, and what can't be sent is not lost."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.instance import Instance, World
from tests.browser.ratingdesk import Desk
from tests.browser.visitors import Visitors


@pytest.fixture
def tamis(tmp_path: Path) -> Iterator[Instance]:
    """A Tamis that may be stopped."""
    instance = Instance(tmp_path)
    instance.start()
    yield instance
    instance.close()


@pytest.mark.slow
def test_answers_outlive_a_stopped_server(visitors: Visitors, tamis: Instance, world: World) -> None:
    visitors.allow(r"Failed to load resource: net::ERR|htmx:error")
    page = visitors.open(world.annotator)
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto(world.rate)
    desk = Desk(page)
    desk.press("f")
    page.get_by_label("Comment").fill("Written in a tunnel.")
    desk.press("Escape", "1", "w", "a")
    tamis.stop()
    desk.press("Enter")
    unsaved = page.get_by_text("Not saved yet: Tamis can’t be reached. 1 answer is kept in this browser")
    expect(unsaved).to_be_visible()
    desk.expect_shown(world.examples[1])
    tamis.start()
    expect(unsaved).to_be_hidden(timeout=60_000)
    expect(desk.error).to_be_empty()
    (rating,) = tamis.ratings(world, world.annotator)
    assert rating.comment == "Written in a tunnel."
    assert rating.answers == {"valid_task": "yes", "input_appropriate": "no", "output_correct": "yes"}
    assert hosts == {urlsplit(tamis.url).netloc}
