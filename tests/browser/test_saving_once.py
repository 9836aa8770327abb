"""What was saved once counts once, and what could not be saved is still in the form."""

import pytest
from playwright.sync_api import expect

from app.people.sessions import revoke_sign_ins
from tests.browser.instance import Instance, World
from tests.browser.ratingdesk import Desk
from tests.browser.visitors import Visitors


def sit_down(visitors: Visitors, world: World) -> Desk:
    page = visitors.open(world.annotator)
    page.goto(world.rate)
    desk = Desk(page)
    desk.expect_shown(world.examples[0])
    return desk


def test_double_enter_saves_once(visitors: Visitors, tamis: Instance, world: World) -> None:
    visitors.allow("422")  # the second Enter may meet the next example, which has no answers yet
    desk = sit_down(visitors, world)
    desk.press("f", "Escape")
    desk.press(*"1qa")
    desk.press("Enter", "Enter")
    desk.expect_shown(world.examples[1])
    desk.expect_rated(1)
    assert len(tamis.ratings(world, world.annotator)) == 1


@pytest.mark.parametrize("button", ["Save and go on", "Skip"])
def test_double_click_saves_once(visitors: Visitors, tamis: Instance, world: World, button: str) -> None:
    desk = sit_down(visitors, world)
    desk.press("f", "Escape")
    desk.press(*"1qa")
    box = desk.page.get_by_role("button", name=button).bounding_box()
    assert box is not None
    mouse = desk.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.up()
    desk.expect_shown(world.examples[1])
    # The slow half of a double click meets the next example.
    box = desk.page.get_by_role("button", name=button).bounding_box()
    assert box is not None
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down(click_count=2)
    mouse.up(click_count=2)
    desk.page.reload()
    desk.expect_shown(world.examples[1])
    assert [each.candidate_id for each in tamis.ratings(world, world.annotator)] == [world.examples[0]]


def test_the_same_form_sent_again_counts_once(visitors: Visitors, tamis: Instance, world: World) -> None:
    page = visitors.open(world.annotator)
    page.goto(f"{world.rate}/{world.examples[0]}")
    desk = Desk(page)
    desk.answer()
    page.goto("/account")
    page.go_back()
    desk.expect_shown(world.examples[0])
    expect(desk.card.locator(".notice")).to_contain_text("You have rated this one")
    desk.press("Enter")
    desk.expect_gone(world.examples[0])
    desk.expect_rated(1)
    assert len(tamis.counting(world, world.annotator)) == 1


def test_two_tabs_on_one_example_count_once(visitors: Visitors, tamis: Instance, world: World) -> None:
    first = sit_down(visitors, world)
    second = Desk(first.page.context.new_page())
    second.page.goto(world.rate)
    second.expect_shown(world.examples[0])
    first.answer("1", "q", "a")
    second.answer("1", "q", "s")
    second.expect_rated(1)
    (rating,) = tamis.counting(world, world.annotator)
    assert rating.answers["output_correct"] == "no"


def test_a_text_that_changed_meanwhile_asks_to_look_again(visitors: Visitors, tamis: Instance, world: World) -> None:
    visitors.allow("409")
    first = sit_down(visitors, world)
    second = Desk(first.page.context.new_page())
    second.page.goto(world.rate)
    second.press("e")
    second.page.locator("#edit").get_by_label("Output").fill("Longer.")
    second.page.get_by_role("button", name="Save the change").click()
    expect(second.page.locator(".rate-example dd").last).to_have_text("Longer.")
    first.press(*"1qa")
    expect(first.error).to_contain_text("changed this example while you were reading")
    assert tamis.ratings(world, world.annotator) == []


def test_an_ended_sign_in_says_what_to_do_and_keeps_the_answers(
    visitors: Visitors, tamis: Instance, world: World
) -> None:
    visitors.allow("401")
    desk = sit_down(visitors, world)
    desk.press("f")
    desk.page.get_by_label("Comment").fill("Still here?")
    desk.press("Escape", "1", "q", "a")
    with tamis.database.writing() as session:
        revoke_sign_ins(session, world.annotator.id)
    desk.press("Enter")
    expect(desk.error).to_contain_text("signed out")
    expect(desk.error.get_by_role("link", name="Sign in")).to_have_attribute("target", "_blank")
    expect(desk.page.get_by_label("Comment")).to_have_value("Still here?")
    assert desk.chosen("output_correct") == "yes"
    desk.expect_shown(world.examples[0])
    desk.page.context.add_cookies([tamis.cookie(world.annotator)])
    desk.press("Enter")
    desk.expect_shown(world.examples[1])
    (rating,) = tamis.counting(world, world.annotator)
    assert rating.comment == "Still here?"
