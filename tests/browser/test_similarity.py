"""Similarity in a browser: a replay with its chart, near-duplicates turned down and taken back."""

import pytest
from playwright.sync_api import Page, expect

from app.models.candidates import Candidate
from tests.browser.instance import Instance, World
from tests.browser.visitors import Visitors

pytestmark = pytest.mark.slow


def begin(page: Page, world: World, button: str) -> None:
    page.goto(f"{world.path}/similarity")
    page.get_by_role("button", name=button).click()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_replay_is_drawn_and_its_numbers_lead_to_examples(
    visitors: Visitors, tamis: Instance, world: World, colours: str
) -> None:
    """Whatever the policy forbids would be a complaint, and fail."""
    with tamis.database.writing() as session:
        for each in world.examples:
            candidate = session.get_one(Candidate, each)
            candidate.similarity, candidate.in_pool = 0.88, True
    page = visitors.open(world.owner, color_scheme=colours)
    begin(page, world, "Replay")
    expect(page.locator(".chart canvas")).to_be_visible()
    page.emulate_media(color_scheme="dark" if colours == "light" else "light")
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_function("document.querySelector('.chart canvas').clientWidth < 390")
    page.locator("tr", has_text="0.90").get_by_role("link", name="5").click()
    expect(page.locator(".finding")).to_contain_text("Would be kept at a limit of 0.90")
    expect(page.locator(".rows > li")).to_have_count(5)


@pytest.mark.parametrize("scripts", [True, False])
def test_near_duplicates_are_turned_down_and_taken_back(visitors: Visitors, world: World, scripts: bool) -> None:
    page = visitors.open(world.owner, java_script_enabled=scripts)
    begin(page, world, "Find near-duplicates")
    # The result comes by itself; without a script the page is loaded again until it is there.
    expect(page.get_by_role("heading", name="4 near-duplicates in 1 group")).to_be_visible()
    expect(page.locator("mark")).to_have_text(["2", "3", "4", "5"])

    page.get_by_text("Turn down all 4 near-duplicates…").click()
    page.get_by_role("button", name="Yes, turn them down").click()
    take_back = page.get_by_text("Take it back for 4 near-duplicates…")
    expect(take_back).to_be_visible()
    take_back.click()
    page.get_by_role("button", name="Yes, take it back").click()
    expect(page.get_by_text("Turn down all 4 near-duplicates…")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_another_one_of_a_group_is_kept(visitors: Visitors, world: World, scripts: bool) -> None:
    page = visitors.open(world.owner, java_script_enabled=scripts)
    begin(page, world, "Find near-duplicates")
    page.get_by_role("button", name="Keep this one instead").nth(1).click()
    expect(page.locator(".stays")).to_contain_text(f"№ {world.examples[2]}")
    expect(page.locator(".groups > li")).to_be_in_viewport()
    page.get_by_role("button", name="Keep this one instead").first.click()
    expect(page.locator(".stays")).to_contain_text(f"№ {world.examples[0]}")


def test_the_result_comes_where_no_connection_stays_open(visitors: Visitors, world: World) -> None:
    """A proxy that won't have one: the card is asked for now and then, and its end brings the page."""
    visitors.allow("Failed to load resource")
    page = visitors.open(world.owner)
    page.route("**/live", lambda route: route.fulfill(status=502, body="no"))
    page.clock.install()
    begin(page, world, "Find near-duplicates")
    page.clock.run_for(7_000)
    expect(page.get_by_role("heading", name="4 near-duplicates in 1 group")).to_be_visible()
