"""From an estimate to pairs: tried, worded anew, started, paused at its limit, gone on with; two models compared."""

import re

import pytest
from playwright.sync_api import expect

from app.llm.endpoint import EndpointForm, add_endpoint
from app.llm.practice.protocol import MODEL as PRACTICE_MODEL
from app.llm.practice.server import create_practice_app
from app.llm.secrets import open_vault
from app.seeds import import_jsonl, shipped_seed_tasks
from app.settings import Settings
from tests.browser.instance import Instance, World
from tests.browser.visitors import Visitors
from tests.generation.workshop import serving

STATE = ".page-head .tag"


def add_model(tamis: Instance, world: World, name: str, url: str) -> None:
    with tamis.database.writing() as session:
        vault = open_vault(Settings(data_dir=tamis.data_dir))
        form = EndpointForm(name=name, base_url=url, model=PRACTICE_MODEL, price_in="2", price_out="8")
        add_endpoint(session, vault, world.project_id, form, world.owner.id)


@pytest.mark.slow
def test_a_night_with_a_paid_key(visitors: Visitors, tamis: Instance) -> None:
    world = tamis.new_world(examples=0, name="Overnight")
    with tamis.database.writing() as session:
        import_jsonl(session, world.project_id, shipped_seed_tasks(), world.owner.id)
    with serving(create_practice_app(seed=1, latency_ms=60)) as one, serving(create_practice_app(seed=2)) as two:
        add_model(tamis, world, "Careful", one)
        add_model(tamis, world, "Quick", two)
        page = visitors.open(world.owner)

        # What will it take? Nobody knows, so three prompts are tried.
        page.goto(f"{world.path}/runs/new?pipeline=alpaca")
        expect(page.locator("#estimate")).to_contain_text("There is nothing to go by yet")
        page.get_by_role("button", name="Dry run").click()
        page.wait_for_url("**/jobs/*")
        expect(page.get_by_role("heading", name="Prompt 3")).to_be_visible()

        # The prompt is put in other words, which the next run uses.
        page.goto(f"{world.path}/prompts/alpaca_tasks")
        page.get_by_label("Text of the prompt").fill("Think of {{ tasks }} tasks for a kitchen:\n{{ list }}")
        page.get_by_role("button", name="Save as a new version").click()
        expect(page.get_by_text("Version 1 is in use from the next run on.")).to_be_visible()

        # A limit of money holds: the run pauses before a call that could pass it, and says so.
        page.goto(f"{world.path}/runs/new?pipeline=alpaca")
        page.get_by_label("Kept examples").fill("200")
        page.get_by_label("Money in dollars").fill("0.06")
        expect(page.locator("#estimate")).to_contain_text("Calls")
        page.get_by_role("button", name="Start run").click()
        expect(page.locator(STATE, has_text="Paused")).to_be_visible(timeout=60_000)
        expect(page.get_by_text(re.compile("could pass the limit of money of this run"))).to_be_visible()
        kept = page.locator(".progress-line strong").inner_text()
        assert re.fullmatch(r"\d+ of 200 kept", kept)
        page.get_by_text("How this run was set up").click()
        expect(page.locator("details[open]").last).to_contain_text("version 1")

        # It is raised, and the run goes on to its end.
        page.get_by_text("Speed and money").click()
        page.get_by_label("Most this run may spend ($)").fill("5")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Continue").click()
        expect(page.locator(STATE, has_text="Done")).to_be_visible(timeout=60_000)
        expect(page.locator(".progress-line strong")).not_to_have_text(kept)

        # Two models answer what was kept; one judges, and pairs come of it.
        page.get_by_role("link", name="Compare", exact=True).click()
        page.get_by_role("link", name="Start the first comparison").or_(
            page.get_by_role("button", name="Start the first comparison")
        ).click()
        page.get_by_label("Careful").check()
        page.get_by_label("Quick").check()
        page.get_by_label("At most").fill("20")
        page.get_by_role("button", name="Start comparison").click()
        page.wait_for_url("**/comparisons/*")
        expect(page.get_by_role("heading", name="Under way")).to_be_visible()
        expect(page.get_by_role("heading", name="What was done")).to_be_visible(timeout=60_000)
        page.reload()
        rows = page.locator(".league tbody tr")
        expect(rows).to_have_count(3)
        means = [float(row.locator("td").first.inner_text()) for row in rows.all()]
        assert means == sorted(means, reverse=True)
        expect(page.locator("article.judged").first).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("button", name=re.compile(r"Download \d+ pairs")).click()
        lines = download.value.path().read_text().splitlines()
        assert f"Download {len(lines)} pair" in page.get_by_role("button", name=re.compile("pairs?$")).inner_text()

        # One of the answers is put to use.
        page.locator("article.judged a").first.click()
        page.get_by_role("button", name="Use this one").first.click()
        expect(page.get_by_text("Saved as a new version.")).to_be_visible()
        expect(page.get_by_text("Version 2").first).to_be_visible()
