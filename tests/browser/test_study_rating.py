"""Rating inside a study, at the keyboard."""

import pytest
from playwright.sync_api import expect

from app.models.candidates import Candidate, Outcome
from app.models.comparisons import Alternative
from app.models.people import Person
from app.models.projects import Project
from app.studies import planning, studying
from app.studies.planning import StudyForm
from tests.browser.instance import Instance, World
from tests.browser.ratingdesk import Desk
from tests.browser.visitors import Visitors
from tests.builders import add_run

pytestmark = pytest.mark.slow


@pytest.fixture
def study(tamis: Instance, world: World) -> str:
    """The address of an open study of all five examples."""
    with tamis.database.writing() as session:
        made = planning.plan_study(session, world.project_id, StudyForm("All five", seed="1"), world.owner.id)
        studying.open_study(session, made, world.owner.id)
        return f"{world.path}/studies/{made.id}"


@pytest.fixture
def desk(visitors: Visitors, world: World, study: str) -> Desk:
    page = visitors.open(world.annotator)
    page.goto(f"{study}/rate")
    return Desk(page)


def test_the_last_answers_are_listed_and_taken_back(desk: Desk) -> None:
    first = desk.number
    for keys in (("1", "q", "a"), ("1", "w", "s"), ("x",)):
        desk.answer(*keys)
    desk.press("h")
    rows = desk.page.locator(".rows .row-foot")
    expect(rows).to_have_count(3)
    said = [text.split(" ·")[0] for text in rows.all_inner_texts()]
    assert said == ["Skipped", "Yes, No, No", "Yes, Yes, Yes"]
    desk.page.locator(".rows li").last.get_by_role("button", name="Take back").click()
    desk.expect_shown(first)
    expect(desk.progress).to_contain_text("1 rated by you")
    desk.page.goto(desk.page.url.split("/rate/")[0] + "/recent")
    expect(rows).to_have_count(2)
    desk.page.locator(".rows .row-link").last.click()
    expect(desk.page.get_by_text("You have rated this one.")).to_be_visible()
    assert [desk.chosen(name) for name in ("valid_task", "output_correct")] == ["yes", "no"]


def test_a_comment_box_that_was_pulled_larger_breaks_no_policy(desk: Desk) -> None:
    """A browser writes its size into the element; what comes after must not inherit it by a style attribute."""
    first = desk.number
    desk.answer()
    desk.press("f")
    desk.page.locator("#field-comment").evaluate("(each) => { each.style.height = '140px'; each.blur(); }")
    desk.press("u")
    desk.expect_shown(first)
    expect(desk.page.locator("#field-comment[style]")).to_have_count(0)


@pytest.fixture
def contest(tamis: Instance, world: World) -> str:
    """The address of an open study that compares the answers of two models to all five examples."""
    with tamis.database.writing() as session:
        for model in ("one model", "another model"):
            run = add_run(session, session.get_one(Project, world.project_id), session.get_one(Person, world.owner.id))
            session.add_all(answer_to(session.get_one(Candidate, each), run.id, model) for each in world.examples)
        form = StudyForm(
            "Two models", seed="1", rubric="pairwise_comparison", contenders=["one model", "another model"]
        )
        made = planning.plan_study(session, world.project_id, form, world.owner.id)
        studying.open_study(session, made, world.owner.id)
        return f"{world.path}/studies/{made.id}"


def answer_to(candidate: Candidate, run_id: int, model: str) -> Alternative:
    return Alternative(
        project_id=candidate.project_id,
        candidate_id=candidate.id,
        candidate_version=candidate.version,
        run_id=run_id,
        model=model,
        output=f"Said by {model}.",
        outcome=Outcome.KEPT,
    )


def test_two_models_are_compared_blind_and_the_report_names_them(
    visitors: Visitors, world: World, contest: str
) -> None:
    page = visitors.open(world.annotator)
    page.goto(f"{contest}/rate")
    desk = Desk(page)
    for _ in world.examples:
        left = page.locator(".rendered .answers-beside section").first
        desk.answer("1" if "one model" in left.inner_text() else "3")
    expect(page.get_by_text("All done for now")).to_be_visible()
    report = visitors.open(world.owner)
    report.goto(f"{contest}/report")
    figures = report.locator(".contest")
    expect(figures).to_contain_text("one model better: 100.0%")
    expect(figures).to_contain_text("In 5 examples: 0 to 5.")
