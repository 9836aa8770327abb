"""Imports in a browser: a refusal is seen wherever the button was, and the result comes by itself."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.instance import World
from tests.browser.visitors import Visitors

pytestmark = pytest.mark.slow


def fill(page: Page, world: World, limit: str) -> None:
    page.goto(f"{world.path}/imports/new")
    expect(page.get_by_text("What the filters go by")).to_be_hidden()
    page.get_by_label("Ask the filters about each").check()
    page.get_by_text("What the filters go by").click()
    page.get_by_label("Highest similarity kept").fill(limit)
    examples = [{"instruction": f"Name a sea of the far {word}.", "output": "x"} for word in ("north", "south")]
    file = {"name": "seas.json", "mimeType": "application/json", "buffer": json.dumps(examples).encode()}
    page.locator("#field-file").set_input_files(file)
    page.get_by_role("button", name="Import", exact=True).click()


def test_a_refusal_is_seen_though_the_button_is_far_below(visitors: Visitors, world: World) -> None:
    visitors.allow("Failed to load resource: the server responded with a status of 422")
    page = visitors.open(world.owner, viewport={"width": 390, "height": 700})
    fill(page, world, "7")
    expect(page.locator("#new-import-error")).to_contain_text("Highest similarity kept")
    expect(page.locator("#new-import-error")).to_be_in_viewport()


def test_the_result_of_an_import_comes_by_itself(visitors: Visitors, world: World) -> None:
    page = visitors.open(world.owner)
    fill(page, world, "0.5")
    expect(page.get_by_text("2 examples imported: 1 kept, 1 filtered out.")).to_be_visible()
    expect(page.locator(".sidebar [aria-current]")).to_have_text("Imports")
    page.get_by_role("link", name="Too similar").click()
    expect(page.locator(".rows .beside")).to_contain_text("Name a sea of the far north.")
    expect(page.locator(".rows .tag", has_text="limit")).to_have_text("0.36 over the limit of 0.50")
