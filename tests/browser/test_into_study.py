"""A participant comes from a platform into a study and is led back; owners and raters see how far they agree."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from app.models.candidates import Candidate, Outcome
from app.models.people import Person
from app.studies import planning, studying
from app.studies.planning import StudyForm
from tests.browser.instance import Instance, World
from tests.browser.ratingdesk import Desk
from tests.browser.test_accessibility import EVERY_RULE, WIDTHS, findings
from tests.browser.visitors import Visitors
from tests.builders import ALL_VALID, WRONG_OUTPUT, rate

PROLIFIC = "https://app.prolific.com/submissions/complete?cc=C1A2B3"


def open_study(tamis: Instance, world: World, name: str) -> int:
    with tamis.database.writing() as session:
        form = StudyForm(name, size="5", seed="1", overlap="2", repeats="1")
        study = planning.plan_study(session, world.project_id, form, world.owner.id)
        studying.open_study(session, study, world.owner.id)
        return study.id


def expect_sound(page: Page) -> None:
    """Hold a page to every rule of axe, wide and narrow."""
    page.evaluate("document.querySelectorAll('main details').forEach((each) => (each.open = true))")
    page.evaluate(Axe().axe_script)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert findings(page, EVERY_RULE) == []
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})


def test_a_participant_rates_what_they_are_asked_for_and_goes_back(
    visitors: Visitors, tamis: Instance, world: World
) -> None:
    study_id = open_study(tamis, world, "Pilot")
    owner = visitors.open(world.owner)
    owner.goto(f"{world.path}/studies/{study_id}")
    owner.get_by_role("button", name="Invite people").click()
    owner.get_by_text("A crowd, such as Prolific’s").click()
    crowd = owner.locator("#invite-crowd")
    expect(crowd.get_by_label("To rate in")).to_have_value(str(study_id))
    crowd.get_by_label("Examples for each").fill("2")
    crowd.get_by_label("Address to return to").fill(PROLIFIC)
    crowd.get_by_role("button", name="Make a crowd link").click()
    link = owner.get_by_label("Invitation link").input_value()

    page = visitors.open()
    asked: list[dict[str, str]] = []

    def answer(route: Route) -> None:
        asked.append(route.request.headers)
        route.fulfill(body="<title>Back</title>", content_type="text/html")

    page.context.route("https://app.prolific.com/**", answer)
    page.goto(link.replace("{{%PROLIFIC_PID%}}", "5f3c9a"))
    expect_sound(page)
    page.get_by_role("button", name="Start").click()
    desk = Desk(page)
    desk.answer()
    desk.answer()
    page.get_by_role("button", name="Your part").click()
    expect(page.get_by_label("Completion code")).to_have_value("C1A2B3")
    expect_sound(page)
    page.get_by_role("button", name="Return and finish").click()
    page.wait_for_url(PROLIFIC)
    assert "referer" not in asked[0]


def test_raters_and_agreement_are_shown_to_everybody_alike(visitors: Visitors, tamis: Instance, world: World) -> None:
    study_id = open_study(tamis, world, "Second pilot")
    with tamis.database.writing() as session:
        for number in range(12):
            texts = {"instruction": f"Boil {number} eggs.", "output": "Ten minutes."}
            candidate = Candidate(project_id=world.project_id, outcome=Outcome.KEPT, **texts)
            session.add(candidate)
            session.flush()
            for member in (world.owner, world.annotator):
                answers = WRONG_OUTPUT if number == 3 and member is world.owner else ALL_VALID
                rate(session, candidate, session.get_one(Person, member.id), answers=answers)
    desk = Desk(visitors.open(world.annotator))
    desk.page.goto(f"{world.path}/studies/{study_id}/rate")
    desk.answer()
    desk.page.goto(f"{world.path}/own")
    expect(desk.page.get_by_text("On the 12 examples that others have rated, too, 97%")).to_be_visible()
    expect(desk.page.get_by_text("Boil 3 eggs.").first).to_be_visible()
    expect_sound(desk.page)
    owner = visitors.open(world.owner)
    for path, text in ((f"/studies/{study_id}", "Same answer twice"), ("/people", "97% same answers as others")):
        owner.goto(world.path + path)
        expect(owner.get_by_text(text).first).to_be_visible()
        expect_sound(owner)


def test_nobody_needs_javascript_to_be_led_into_a_study(visitors: Visitors, tamis: Instance, world: World) -> None:
    study_id = open_study(tamis, world, "Third pilot")
    owner = visitors.open(world.owner, java_script_enabled=False)
    owner.goto(f"{world.path}/people?study={study_id}")
    owner.get_by_role("button", name="Make a link").click()
    page = visitors.open(java_script_enabled=False)
    page.goto(owner.get_by_label("Invitation link").input_value())
    page.get_by_label("Your name").fill("Jo")
    page.get_by_role("button", name="Start").click()
    expect(page).to_have_title("Rate: Third pilot · Tamis")
