"""Why something was too similar, seen in a browser: both texts, what they share, and the way to the other one."""

import pytest
from playwright.sync_api import expect

from app.models.generation import Endpoint, Run
from tests.browser.instance import Instance, World
from tests.browser.looks import add_too_similar
from tests.browser.visitors import Visitors


@pytest.fixture
def too_similar(tamis: Instance, world: World) -> int:
    """The number of an example that a run with the limit 0.7 filtered out."""
    with tamis.database.writing() as session:
        endpoint = Endpoint(project_id=world.project_id, name="m", base_url="http://127.0.0.1:9/v1", model="m")
        session.add(endpoint)
        session.flush()
        run = Run(
            project_id=world.project_id,
            endpoint_id=endpoint.id,
            started_by_id=world.owner.id,
            pipeline="alpaca",
            parameters={},
            thresholds={"novelty": {"max_similarity": 0.7, "tokenizer": "unicode"}},
            seed=1,
            target_kept=1,
            state="done",
        )
        session.add(run)
        session.flush()
        return add_too_similar(session, world, run.id)


@pytest.mark.parametrize(("width", "is_beside"), [(1280, True), (390, False)])
def test_an_example_and_its_nearest_are_read_together(
    visitors: Visitors, world: World, too_similar: int, width: int, is_beside: bool
) -> None:
    page = visitors.open(world.owner, viewport={"width": width, "height": 900})
    page.goto(f"{world.path}/candidates")
    expect(page.locator("main mark")).to_have_count(0)
    page.get_by_label("Filtered out by").select_option("novelty")
    expect(page.locator("#candidates .rows > li")).to_have_count(1)
    expect(page.locator("#candidates .rows mark").first).to_have_text("Write a short")
    mine, other = (box.bounding_box() for box in page.locator(".rows .beside > *").all())
    assert mine
    assert other
    assert (mine["y"] == pytest.approx(other["y"], abs=4)) == is_beside

    page.locator(".rows .row-link").click()
    expect(page.get_by_role("heading", name=f"Example {too_similar}")).to_be_visible()
    section = page.get_by_role("region", name="How new is it?")
    expect(section).to_contain_text("over the limit of 0.70")
    closed = section.get_by_role("link", name=f"Example {world.examples[1]}")
    expect(closed).to_be_hidden()
    section.get_by_text("The 2 next nearest").click()
    expect(closed).to_be_visible()
    arabic = section.locator("dd", has_text="اكتب")
    assert arabic.evaluate("(each) => getComputedStyle(each).direction") == "rtl"
    closed.click()
    expect(page).to_have_url(f"{visitors.tamis.url}{world.path}/candidates/{world.examples[1]}")
