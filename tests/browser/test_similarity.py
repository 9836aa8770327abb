"""Similarity in a browser: a replay with its chart, near-duplicates turned down and taken back."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.instance import World
from tests.browser.visitors import Visitors

pytestmark = pytest.mark.slow


def wait_for(page: Page, result: Locator, link: str) -> None:
    """Come to the result of a job: it is there at once where the job was quick, else behind a link at its end."""
    led = page.get_by_role("button", name=link)
    expect(result.or_(led).first).to_be_visible()
    if led.is_visible():
        led.click()
    expect(result).to_be_visible()


def begin(page: Page, world: World, button: str) -> None:
    page.goto(f"{world.path}/similarity")
    page.get_by_role("button", name=button).click()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_replay_is_drawn_and_its_numbers_lead_to_examples(visitors: Visitors, world: World, colours: str) -> None:
    """Whatever the policy forbids would be a complaint, and fail."""
    page = visitors.open(world.owner, color_scheme=colours)
    begin(page, world, "Replay")
    wait_for(page, page.locator(".chart canvas"), "See what would have changed")
    page.emulate_media(color_scheme="dark" if colours == "light" else "light")
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_function("document.querySelector('.chart canvas').clientWidth < 390")
    page.locator("tr", has_text="0.75").get_by_role("link", name="5").click()
    expect(page.locator(".finding")).to_contain_text("Would be kept at a limit of 0.75")
    expect(page.locator(".rows > li")).to_have_count(5)


@pytest.mark.parametrize("scripts", [True, False])
def test_near_duplicates_are_turned_down_and_taken_back(visitors: Visitors, world: World, scripts: bool) -> None:
    page = visitors.open(world.owner, java_script_enabled=scripts)
    begin(page, world, "Find near-duplicates")
    # Without a script the page looks again by itself.
    wait_for(page, page.get_by_role("heading", name="4 near-duplicates in 1 group"), "Look at the groups")
    expect(page.locator("mark")).to_have_text(["2", "3", "4", "5"])

    page.get_by_text("Turn down all 4 near-duplicates…").click()
    page.get_by_role("button", name="Yes, turn them down").click()
    take_back = page.get_by_text("Take it back for 4 near-duplicates…")
    wait_for(page, take_back, "Look at the groups")
    take_back.click()
    page.get_by_role("button", name="Yes, take it back").click()
    wait_for(page, page.get_by_text("Turn down all 4 near-duplicates…"), "Look at the groups")
