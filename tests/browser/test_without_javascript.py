"""Every step works in a browser that runs no script; scripts only make them quicker."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from app.models.people import Person
from app.people.accounts import set_password
from tests.browser.instance import Instance, World
from tests.browser.visitors import Visitors

PASSWORD = "correct horse battery"


def sign_in_with_password(visitors: Visitors, tamis: Instance, world: World) -> Page:
    email = f"olga-{world.owner.id}@example.org"
    with tamis.database.writing() as session:
        olga = session.get_one(Person, world.owner.id)
        set_password(session, olga, email=email, password=PASSWORD, present="", keep_token=None)
    page = visitors.open(java_script_enabled=False)
    page.goto(world.rate)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def answer(page: Page, *answers: str) -> None:
    for question, each in zip(page.locator("fieldset.question").all(), answers, strict=True):
        question.locator(".option", has_text=each).click()
    page.get_by_role("button", name="Save and go on").click()


def expect_shown(page: Page, number: int) -> None:
    expect(page.locator(f'.rate-card[data-candidate="{number}"]')).to_be_visible()


def test_rating_to_release(visitors: Visitors, tamis: Instance, world: World) -> None:
    page = sign_in_with_password(visitors, tamis, world)
    expect(page).to_have_url(f"{tamis.url}{world.rate}")
    for number in world.examples[:3]:
        expect_shown(page, number)
        answer(page, "Yes", "Yes", "No")
    assert [each.all_valid for each in tamis.counting(world, world.owner)] == [False] * 3

    page.locator("#edit > summary").click()
    page.locator("#edit").get_by_label("Output").fill("Until it is done.")
    page.get_by_role("button", name="Save the change").click()
    expect_shown(page, world.examples[3])
    expect(page.locator(".rate-example dd").last).to_have_text("Until it is done.")
    assert tamis.candidate(world.examples[3]).version == 2

    page.get_by_role("button", name="Skip").click()
    expect_shown(page, world.examples[4])
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name="All done for now")).to_be_visible()

    page.get_by_role("button", name="To the releases").click()
    page.get_by_role("button", name="Freeze 1 example").click()
    with page.expect_download() as download:
        page.locator(".card", has_text="Alpaca").get_by_text("Download", exact=True).click()
    rows = json.loads(Path(download.value.path()).read_text())
    assert [row["instruction"] for row in rows] == [tamis.candidate(world.examples[4]).instruction]


def test_undo_and_edit_leave_a_page_that_can_be_reloaded(visitors: Visitors, tamis: Instance, world: World) -> None:
    page = sign_in_with_password(visitors, tamis, world)
    answer(page, "Yes", "Yes", "Yes")
    page.get_by_role("button", name="Undo").click()
    expect_shown(page, world.examples[0])
    assert tamis.counting(world, world.owner) == []
    expect(page).to_have_url(f"{tamis.url}{world.rate}/{world.examples[0]}")
    page.locator("#edit > summary").click()
    page.locator("#edit").get_by_label("Output").fill("Until it is done.")
    page.get_by_role("button", name="Save the change").click()
    expect(page.locator(".rate-example dd").last).to_have_text("Until it is done.")
    expect(page).to_have_url(f"{tamis.url}{world.rate}/{world.examples[0]}")
    page.reload()
    expect_shown(page, world.examples[0])


def test_a_missing_answer_is_named_and_the_others_are_kept(visitors: Visitors, tamis: Instance, world: World) -> None:
    visitors.allow("422")
    page = sign_in_with_password(visitors, tamis, world)
    page.locator(".option", has_text="Yes").first.click()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("main")).to_contain_text("Answer “Does the input fit the instruction?” first.")
    page.go_back()
    expect(page.locator("input[name=valid_task]:checked")).to_have_value("yes")
    assert tamis.ratings(world, world.owner) == []


def test_a_run_page_shows_itself_anew(visitors: Visitors, tamis: Instance, world: World, practice_model: str) -> None:
    run_id = tamis.start_run(world, practice_model, target=5_000)
    page = visitors.open(world.owner, java_script_enabled=False)
    page.goto(f"{world.path}/runs/{run_id}")
    with page.expect_navigation(timeout=15_000):
        pass
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Continue").or_(page.locator(".tag", has_text="Stopping"))).to_be_visible()
    tamis.cancel_run(world, run_id)
