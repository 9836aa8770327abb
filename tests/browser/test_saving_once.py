"""What was saved once counts once, and what could not be saved is still in the form."""

import pytest
from playwright.sync_api import Route, expect

from app.models.people import Person
from app.people.accounts import set_password
from app.people.sessions import revoke_sign_ins
from tests.browser.instance import Instance, World
from tests.browser.ratingdesk import Desk
from tests.browser.visitors import Visitors

PASSWORD = "correct horse battery"


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
    first.press(*"1qs")
    first.expect_shown(world.examples[1])
    expect(first.refused).to_contain_text("was not saved. Somebody changed this example while you were reading")
    assert tamis.ratings(world, world.annotator) == []
    first.refused.get_by_role("link", name="Look at it again").click()
    expect(first.page.locator(".as-text dd").last).to_have_text("Longer.")
    assert first.chosen("output_correct") is None  # they were about another text


def end_sign_in(tamis: Instance, world: World) -> None:
    with tamis.database.writing() as session:
        revoke_sign_ins(session, world.annotator.id)


def give_password(tamis: Instance, world: World) -> str:
    """Let the annotator sign in with a password. Returns the e-mail."""
    email = f"anton-{world.annotator.id}@example.org"
    with tamis.database.writing() as session:
        anton = session.get_one(Person, world.annotator.id)
        set_password(session, anton, email=email, password=PASSWORD, present="", keep_token=None)
    return email


def test_an_ended_sign_in_is_taken_up_over_the_page(visitors: Visitors, tamis: Instance, world: World) -> None:
    visitors.allow("401|422")
    email = give_password(tamis, world)
    desk = sit_down(visitors, world)
    desk.press("f")
    desk.page.get_by_label("Comment").fill("Still here?")
    end_sign_in(tamis, world)
    desk.press("Escape", "1", "q", "a", "Enter")
    dialog = desk.page.get_by_role("dialog", name="Sign in to save")
    expect(dialog).to_be_visible()
    expect(desk.status).to_contain_text("Not saved yet: you are signed out. 1 answer is kept in this browser.")
    dialog.get_by_label("E-mail").fill(email)
    dialog.get_by_label("Password").fill("a wrong one")
    dialog.get_by_role("button", name="Sign in", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("wrong")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in", exact=True).click()
    expect(dialog).to_be_hidden()
    desk.expect_shown(world.examples[1])
    desk.expect_rated(1)
    expect(desk.status).to_be_hidden()
    (rating,) = tamis.counting(world, world.annotator)
    assert (rating.comment, rating.candidate_id) == ("Still here?", world.examples[0])


def test_signing_in_in_another_tab_is_enough(visitors: Visitors, tamis: Instance, world: World) -> None:
    visitors.allow("401")
    desk = sit_down(visitors, world)
    end_sign_in(tamis, world)
    desk.press("1", "q", "a")
    dialog = desk.page.get_by_role("dialog", name="Sign in to save")
    expect(dialog).to_be_visible()
    desk.page.context.add_cookies([tamis.cookie(world.annotator)])
    dialog.get_by_role("button", name="I’m signed in again").click()
    expect(dialog).to_be_hidden()
    desk.expect_rated(1)


def sit_down_before_the_next_is_loaded(visitors: Visitors, world: World) -> tuple[Desk, list[Route]]:
    """Return the desk and the requests for the next example, which wait for the test."""
    page = visitors.open(world.annotator)
    waiting: list[Route] = []
    page.route("**/rate/ahead*", lambda route: waiting.append(route))  # noqa: PLW0108 - it has to be a function
    page.goto(world.rate)
    page.wait_for_function("() => window.rating")
    desk = Desk(page)
    desk.expect_shown(world.examples[0])
    return desk, waiting


def wait_for(desk: Desk, waiting: list[Route], count: int) -> None:
    for _ in range(500):
        if len(waiting) >= count:
            return
        desk.page.wait_for_timeout(20)
    raise AssertionError(f"{len(waiting)} looks ahead")


def test_a_next_example_that_comes_late_is_shown_at_once(visitors: Visitors, world: World) -> None:
    visitors.allow("ERR_FAILED")
    desk, waiting = sit_down_before_the_next_is_loaded(visitors, world)
    desk.page.route("**/rate/*", lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    desk.press("1", "q", "a")
    expect(desk.status).to_contain_text("Not saved yet")
    waiting[0].continue_()
    desk.expect_shown(world.examples[1])


def test_a_next_example_that_failed_to_load_is_loaded_after_signing_in(
    visitors: Visitors, tamis: Instance, world: World
) -> None:
    visitors.allow("401|ERR_FAILED")
    desk, waiting = sit_down_before_the_next_is_loaded(visitors, world)
    end_sign_in(tamis, world)
    desk.press("1", "q", "a")
    dialog = desk.page.get_by_role("dialog", name="Sign in to save")
    expect(dialog).to_be_visible()
    desk.page.context.add_cookies([tamis.cookie(world.annotator)])
    dialog.get_by_role("button", name="I’m signed in again").click()
    desk.expect_shown(world.examples[1])
    desk.expect_saved()
    waiting[0].abort()
    wait_for(desk, waiting, 2)
    waiting[1].continue_()
    wait_for(desk, waiting, 3)  # so the second has come
    desk.page.route("**/rate/*", lambda route: route.abort())
    desk.press("1", "q", "a")
    desk.expect_shown(world.examples[2])


def test_nobody_elses_sign_in_takes_the_answers(visitors: Visitors, tamis: Instance, world: World) -> None:
    visitors.allow("401")
    desk = sit_down(visitors, world)
    desk.page.context.clear_cookies()
    desk.page.context.add_cookies([tamis.cookie(world.owner)])
    desk.press("1", "q", "a")
    expect(desk.page.get_by_role("dialog", name="Sign in to save")).to_be_visible()
    assert tamis.ratings(world, world.owner) == tamis.ratings(world, world.annotator) == []


def test_a_lost_network_keeps_answers_and_sends_them_once_it_is_back(
    visitors: Visitors, tamis: Instance, world: World
) -> None:
    visitors.allow("ERR_INTERNET_DISCONNECTED")
    desk = sit_down(visitors, world)
    desk.page.wait_for_load_state("networkidle")
    desk.page.context.set_offline(True)
    for number in world.examples[:2]:
        desk.expect_shown(number)
        desk.press("1", "q", "a")
    desk.expect_shown(world.examples[2])
    expect(desk.status).to_contain_text("Not saved yet: Tamis can’t be reached.")
    expect(desk.status).to_contain_text("2 answers are kept in this browser")
    assert tamis.ratings(world, world.annotator) == []
    desk.page.context.set_offline(False)
    desk.expect_saved()
    desk.expect_rated(2)
    expect(desk.status).to_be_hidden()
    assert [each.candidate_id for each in tamis.ratings(world, world.annotator)] == list(world.examples[:2])


def test_a_closed_page_sends_its_answers_when_it_is_opened_again(
    visitors: Visitors, tamis: Instance, world: World
) -> None:
    visitors.allow("ERR_FAILED")
    desk = sit_down(visitors, world)
    desk.page.wait_for_load_state("networkidle")
    desk.page.route("**/rate/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    desk.press("1", "q", "s")
    expect(desk.status).to_contain_text("Not saved yet")
    desk.page.close()
    again = Desk(visitors.contexts[-1].new_page())
    again.page.goto(world.rate)
    again.expect_shown(world.examples[1])
    again.expect_rated(1)
    (rating,) = tamis.ratings(world, world.annotator)
    assert rating.answers["output_correct"] == "no"


def test_answers_that_were_not_given_yet_survive_a_reload(visitors: Visitors, world: World) -> None:
    desk = sit_down(visitors, world)
    desk.press("2", "q", "f")
    desk.page.get_by_label("Comment").fill("Half a thought")
    desk.page.reload()
    desk.expect_shown(world.examples[0])
    assert [desk.chosen("valid_task"), desk.chosen("input_appropriate")] == ["no", "yes"]
    expect(desk.page.get_by_label("Comment")).to_have_value("Half a thought")


def test_an_answer_of_something_in_between_stores_nothing(visitors: Visitors, tamis: Instance, world: World) -> None:
    """A hotel's sign-in page answers everything with a friendly 200."""
    desk = sit_down(visitors, world)
    desk.page.wait_for_load_state("networkidle")
    hotel = "**/rate/*"
    desk.page.route(
        hotel,
        lambda route: (
            route.fulfill(status=200, body="<p>Welcome to our network</p>")
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    desk.press("1", "q", "a")
    expect(desk.status).to_contain_text("Not saved yet")
    desk.page.unroute(hotel)
    desk.expect_saved()
    assert len(tamis.ratings(world, world.annotator)) == 1
