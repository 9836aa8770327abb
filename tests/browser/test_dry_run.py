"""Before money is spent: the estimate follows the form, and a dry run leads to the run that it tried."""

import re

import pytest
from playwright.sync_api import expect

from app.llm.endpoint import EndpointForm, add_endpoint
from app.llm.practice.protocol import MODEL as PRACTICE_MODEL
from app.llm.secrets import open_vault
from app.seeds import import_jsonl, shipped_seed_tasks
from app.settings import Settings
from tests.browser.instance import Instance, World
from tests.browser.visitors import Visitors


@pytest.fixture
def ready(tamis: Instance, world: World, practice_model: str) -> World:
    with tamis.database.writing() as session:
        import_jsonl(session, world.project_id, shipped_seed_tasks(), world.owner.id)
        vault = open_vault(Settings(data_dir=tamis.data_dir))
        prices = {"price_in": "0.15", "price_out": "0.60"}
        form = EndpointForm(name="Practice model", base_url=practice_model, model=PRACTICE_MODEL, **prices)
        add_endpoint(session, vault, world.project_id, form, world.owner.id)
    return world


@pytest.mark.slow
def test_from_the_form_to_a_dry_run_to_the_run(visitors: Visitors, ready: World) -> None:
    page = visitors.open(ready.owner)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.goto(f"{ready.path}/runs/new?pipeline=alpaca")
    estimate = page.locator("#estimate")
    expect(estimate).to_contain_text("There is nothing to go by yet")
    page.get_by_role("button", name="Dry run").click()
    page.wait_for_url("**/jobs/*")
    assert [url.rpartition("/")[2] for url in sent] == ["dry-run"]
    expect(page.get_by_role("heading", name="Prompt 3")).to_be_visible()
    expect(page.get_by_label("Answer 1 as it came")).to_contain_text("Instruction:")

    page.get_by_role("button", name="Start this run").click()
    calls = estimate.locator("div", has_text="Calls").locator("dd")
    before = calls.inner_text()
    page.get_by_label("Kept examples").fill("4000")
    expect(calls).not_to_have_text(before)
    page.get_by_label("Kept examples").fill("3")
    page.get_by_role("button", name="Start run").click()
    expect(page.locator(".page-head .tag", has_text="Done")).to_be_visible()
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_label("Kept examples")).to_have_value("3")
    expect(page.get_by_text(re.compile("Filled in as run"))).to_be_visible()


@pytest.mark.slow
def test_a_refused_dry_run_is_said_in_its_form(visitors: Visitors, ready: World) -> None:
    visitors.allow("Failed to load resource: the server responded with a status of 4")
    page = visitors.open(ready.owner)
    page.goto(f"{ready.path}/prompts/alpaca_tasks")
    page.get_by_label("Text of the prompt").fill("{{ list }} {{ lost }}")
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 1: “lost”")
