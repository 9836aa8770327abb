"""Every page is free of what axe finds, in light and dark, wide and narrow; and the keyboard gets everywhere."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.instance import Instance, World
from tests.browser.looks import LOOKS, Gallery, Look, fill
from tests.browser.visitors import Visitors

WIDTHS = (1280, 390)
COLOURS = ("light", "dark")
EVERY_RULE = {"resultTypes": ["violations"]}
# Nothing but colours differs in the dark.
RULES_ABOUT_COLOUR = EVERY_RULE | {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


@pytest.fixture(scope="session")
def gallery(shared_tamis: Instance, practice_model: str) -> Gallery:
    return fill(shared_tamis, practice_model)


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_page(visitors: Visitors, gallery: Gallery, look: Look) -> None:
    page = visitors.open(look.visitor(gallery))
    if look.complains:
        visitors.allow("Failed to load resource: the server responded with a status of 4")
    page.goto(look.address(gallery))
    look.then(page)
    page.evaluate(Axe().axe_script)
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{width} px: {wide} px wide")
        for colour in COLOURS:
            page.emulate_media(color_scheme=colour, reduced_motion="reduce")
            rules = EVERY_RULE if colour == COLOURS[0] else RULES_ABOUT_COLOUR
            found += [f"{width} px, {colour}: {each}" for each in findings(page, rules)]
    assert not found, "\n".join(found)


def findings(page: Page, rules: dict[str, Any]) -> list[str]:
    """What axe objects to, one line per rule."""
    violations = page.evaluate("(rules) => axe.run(rules)", rules)["violations"]
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: "
        + "; ".join(
            f"{node['target']} {node['any'][0]['message'] if node['any'] else ''}" for node in each["nodes"][:4]
        )
        for each in violations
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_focus_is_seen_wherever_tab_leads_while_rating(visitors: Visitors, world: World, width: int) -> None:
    page = visitors.open(world.owner, viewport={"width": width, "height": 900})
    page.goto(world.rate)
    page.evaluate("document.querySelectorAll('main details').forEach((each) => (each.open = true))")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        stop = page.evaluate(_FOCUSED)
        if stop is None or stop["name"] in reached:
            break
        reached.append(stop["name"])
        assert stop["focused"] != stop["blurred"], f"nothing shows that the focus is on {stop['name']}"
    expected = page.evaluate(_TAB_STOPS)
    assert set(expected) <= set(reached)
    assert len(expected) >= 15


def test_the_way_past_the_menu_comes_first(visitors: Visitors, world: World) -> None:
    page = visitors.open(world.owner)
    page.goto(world.path)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


_NAME = """(each) => {
  const place = [...document.querySelectorAll("*")].indexOf(each);
  return `${place} ${each.tagName} ${(each.labels?.[0] ?? each).textContent.trim().slice(0, 40)}`;
}"""

# How the element with the focus looks, with the focus and without it. A radio is drawn by its label.
_FOCUSED = f"""() => {{
  const name = {_NAME};
  const look = (each) => [each, each.closest("label")].filter(Boolean).map((one) => {{
    const style = getComputedStyle(one);
    const outline = style.outlineStyle === "none" ? "" : `${{style.outlineStyle}} ${{style.outlineWidth}}`;
    return [outline, style.boxShadow].join();
  }}).join(" | ");
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const focused = look(element);
  element.blur();
  const blurred = look(element);
  element.focus();
  return {{ name: name(element), focused, blurred }};
}}"""

# What Tab must reach on the page: one radio of each question.
_TAB_STOPS = f"""() => {{
  const all = [...document.querySelectorAll("main :is(a[href], button, summary, textarea, input:not([type=hidden]))")];
  const seen = new Set();
  return all.filter((each) => {{
    if (!each.checkVisibility() || each.closest("dialog")) return false;
    if (each.type !== "radio") return true;
    return !seen.has(each.name) && seen.add(each.name);
  }}).map({_NAME});
}}"""
