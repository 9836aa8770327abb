"""A prompt is worded and what becomes of it is seen while typing."""

from playwright.sync_api import expect

from app.seeds import import_jsonl, shipped_seed_tasks
from tests.browser.instance import Instance, World
from tests.browser.visitors import Visitors


def test_what_is_typed_is_seen_as_it_will_be_sent(visitors: Visitors, tamis: Instance, world: World) -> None:
    with tamis.database.writing() as session:
        import_jsonl(session, world.project_id, shipped_seed_tasks(), world.owner.id)
    page = visitors.open(world.owner)
    page.goto(f"{world.path}/prompts")
    page.get_by_role("link", name="New instructions", exact=True).click()
    text, sent = page.get_by_label("Text of the prompt"), page.locator("#prompt-preview")
    expect(sent).to_contain_text("This numbered list grows")

    text.fill("Think of a row of tasks:")
    expect(sent.locator("pre")).to_contain_text("Think of a row of tasks:\n1. ")
    text.press("End")
    text.press_sequentially(" {{ list }} {{ lost }}")
    expect(sent).to_contain_text("Line 1: “lost” is no placeholder here.")
    expect(text).to_be_focused()
    assert text.input_value() == "Think of a row of tasks: {{ list }} {{ lost }}"

    visitors.allow("Failed to load resource: the server responded with a status of 4")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 1: “lost”")
    text.fill("Think of a row of tasks:")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_text("Version 1 is in use from the next run on.")).to_be_visible()

    page.get_by_role("link", name="What changed").click()
    expect(page.locator("ins")).not_to_have_count(0)
    page.go_back()
    page.get_by_role("button", name="Use again").click()
    expect(page.get_by_text("Version 2 is in use from the next run on.")).to_be_visible()
    expect(text).to_have_value(
        "This numbered list grows by one task a line, each of them doable by reading and writing text. Go on with "
        "tasks unlike those already there, without blank lines or remarks.\n{{ steering }}\n{{ list }}"
    )
