"""The whole way, from the first start to a file that trains, as the demo shows it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.instance import Instance
from tests.browser.ratingdesk import Desk
from tests.browser.visitors import Visitors

pytestmark = pytest.mark.slow

RATED = 10


@pytest.fixture(params=["sqlite", "postgresql"])
def tamis(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Instance]:
    """The demo, just started."""
    url = request.getfixturevalue("empty_postgresql_url") if request.param == "postgresql" else ""
    instance = Instance(tmp_path, url)
    instance.start("demo", "--no-browser")
    yield instance
    instance.close()


def test_from_the_first_start_to_a_training_file(visitors: Visitors, tamis: Instance) -> None:
    owner = visitors.open()
    owner.goto(tamis.link)
    expect(owner).to_have_url(re.compile(r"/projects/1/runs/1$"))
    watch_it_fill_up(owner)

    annotator = visitors.open()
    annotator.goto(invite(owner))
    annotator.get_by_label("Your name").fill("Anna")
    annotator.keyboard.press("Enter")
    desk = Desk(annotator)
    expect(desk.card).to_be_visible()
    first = desk.number
    for number in range(RATED):
        desk.answer("1", "q" if number % 2 else "w", "a")
    desk.expect_rated(RATED)

    owner.goto(f"/projects/1/candidates/{first}")
    said = owner.locator("article.rating")
    expect(said).to_have_count(1)
    expect(said.locator("strong")).to_have_text("Anna")
    expect(said.locator(".answers .tag")).to_have_text(["Yes", "No", "Yes"])
    owner.goto("/projects/1/candidates?rated=yes")
    expect(owner.locator("#candidates .count")).to_have_text(re.compile(f"^{RATED} examples"))

    approved = approve(owner, 3)
    rows = freeze_and_download(owner, "Alpaca")
    assert [set(row) for row in rows] == [{"instruction", "input", "output"}] * 3
    assert [row["instruction"] for row in rows] == approved


def watch_it_fill_up(page: Page) -> None:
    """Expect two changes of the number of kept examples in one document: no reload, no second request."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    kept = page.locator(".progress-line strong")
    expect(kept).to_have_text(re.compile(r"^[1-9]\d* of 300 kept"))
    before = kept.inner_text()
    expect(kept).not_to_have_text(before)
    assert [url for url in asked if not url.endswith("/live")] == []


def invite(owner: Page) -> str:
    """Make an invitation for an annotator and return its link."""
    owner.get_by_role("link", name="People", exact=True).click()
    owner.get_by_role("button", name="Make a link").click()
    return owner.get_by_label("Invitation link").input_value()


def approve(owner: Page, count: int) -> list[str]:
    """Approve so many examples by key and return their instructions."""
    owner.goto("/projects/1/rate")
    desk = Desk(owner)
    instructions = []
    for _ in range(count):
        instructions.append(owner.locator(".rate-example dd").first.inner_text())
        desk.answer("y")
    return instructions


def freeze_and_download(owner: Page, format_: str) -> list[dict[str, str]]:
    owner.goto("/projects/1/releases")
    owner.get_by_label("Name of the release").fill("first")
    owner.get_by_role("button", name="Freeze 3 examples").click()
    expect(owner.get_by_role("heading", name="first", exact=True)).to_be_visible()
    with owner.expect_download() as download:
        owner.locator(".card", has_text=format_).get_by_text("Download", exact=True).click()
    with Path(download.value.path()).open() as file:
        return json.load(file)
