"""The page of a run: figures that move by themselves, over a live connection or without one."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.instance import Instance
from tests.browser.visitors import Visitors

pytestmark = pytest.mark.slow

UNREACHED = r"/live: Failed to load resource|htmx:(sse:)?error"


@dataclass
class RunPage:
    page: Page
    path: str
    cancel: Callable[[], None]

    def open(self) -> None:
        self.page.goto(self.path)
        # A mark that a reload would wipe away.
        self.page.evaluate("window.sameDocument = true")

    def figure(self, name: str) -> int:
        shown = self.page.locator(".figures > div", has_text=name).locator("dd").inner_text()
        return int(re.sub(r"\D.*", "", shown.replace(",", "")))

    def expect_rising(self, name: str = "Proposed") -> None:
        """Expect a figure to change twice, in the same document."""
        for _ in range(2):
            before = self.figure(name)
            self.page.wait_for_function(
                """([name, before]) => {
                  const all = [...document.querySelectorAll(".figures > div")];
                  const one = all.find((each) => each.querySelector("dt").textContent === name);
                  return one && parseInt(one.querySelector("dd").textContent.replaceAll(",", "")) > before;
                }""",
                arg=[name, before],
                timeout=60_000,  # the first call of a run may be slow to come on a busy machine
            )
        assert self.page.evaluate("window.sameDocument")


@pytest.fixture
def run_page(visitors: Visitors, tamis: Instance, practice_model: str) -> Iterator[RunPage]:
    """The page of a run that goes on for longer than a test, not yet open."""
    world = tamis.new_world(examples=0)
    run_id = tamis.start_run(world, practice_model, target=5_000)

    def cancel() -> None:
        tamis.cancel_run(world, run_id)

    yield RunPage(visitors.open(world.owner), f"{world.path}/runs/{run_id}", cancel)
    cancel()


def test_figures_move_without_a_reload(run_page: RunPage) -> None:
    asked = []
    run_page.page.on("request", lambda request: asked.append(request.url))
    run_page.open()
    run_page.expect_rising()
    assert sum(url.endswith("/live") for url in asked) == 1
    assert not any(url.endswith("/figures") for url in asked)
    expect(run_page.page.locator(".newest > li > a").first).to_be_visible()


def test_stop_and_continue(run_page: RunPage) -> None:
    page = run_page.page
    run_page.open()
    run_page.expect_rising()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    expect(page.locator(".page-head .tag")).to_have_text("Stopped")
    expect(page.locator("#run-figures > .notice")).to_have_text("Stopped by hand.")
    proposed = run_page.figure("Proposed")
    page.reload()
    assert run_page.figure("Proposed") == proposed
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".page-head .tag")).to_have_text("Running")
    run_page.open()
    run_page.expect_rising()


def begin_and_break_off(route: Route) -> None:
    route.fulfill(content_type="text/event-stream", body=": hello\n\n")


def give_no_answer(route: Route) -> None:
    route.abort()


def refuse_by_proxy(route: Route) -> None:
    route.fulfill(status=503, content_type="text/html", body="<h1>Bad gateway, said by a proxy</h1>")


@pytest.mark.parametrize("refuse", [give_no_answer, refuse_by_proxy], ids=["no answer", "503"])
def test_falls_back_to_polling(run_page: RunPage, visitors: Visitors, refuse: Callable[[Route], None]) -> None:
    visitors.allow(UNREACHED)
    run_page.page.route("**/live", refuse)
    run_page.open()
    run_page.expect_rising()
    expect(run_page.page.locator("#run-figures")).not_to_contain_text("Bad gateway")


def test_polling_takes_over_when_the_connection_breaks_later(run_page: RunPage, visitors: Visitors) -> None:
    visitors.allow(UNREACHED)
    run_page.page.route("**/live", refuse_by_proxy)
    run_page.page.route("**/live", begin_and_break_off, times=1)
    run_page.open()
    run_page.expect_rising()


def test_polling_ends_with_the_run(run_page: RunPage, visitors: Visitors) -> None:
    visitors.allow(UNREACHED)
    page = run_page.page
    page.route("**/live", refuse_by_proxy)
    run_page.open()
    run_page.cancel()
    expect(page.locator(".page-head .tag")).to_have_text("Stopped")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(4_000)  # longer than from one question to the next
    assert asked == []


def test_the_end_is_shown_and_asked_for_no_more(visitors: Visitors, tamis: Instance, practice_model: str) -> None:
    world = tamis.new_world(examples=0)
    run_id = tamis.start_run(world, practice_model, target=3)
    page = visitors.open(world.owner)
    asked: list[str] = []
    page.goto(f"{world.path}/runs/{run_id}")
    expect(page.locator(".page-head .tag")).to_have_text("Done")
    expect(page.locator(".progress-line strong")).to_have_text(re.compile("of 3 kept"))
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2_000)  # longer than until a broken connection is tried again
    assert asked == []
