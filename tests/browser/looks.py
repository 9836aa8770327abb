"""Every page in every state that looks different, and ways to come to it."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from app import approval
from app.candidates.editing import edit_candidate
from app.examples import Example
from app.generation.dry_run import start_dry_run
from app.generation.prompt_versions import save_prompt, sheet_named
from app.generation.runs import RunForm
from app.models.candidates import Candidate, Outcome, Verdict
from app.models.generation import Run
from app.models.people import Person
from app.models.projects import Project
from app.models.studies import Study
from app.people import invitations
from app.rating import ratings
from app.rating.own_rubrics import copy_rubric
from app.rating.rubrics import quality_study
from app.releases import snapshots
from app.studies import adjudicating, answering, planning, queue, reporting, studying
from app.studies.planning import StudyForm
from tests.browser.instance import Instance, Member, World
from tests.web.world import compare, look_for_similar_ones

ALL_VALID = {question.name: question.valid for question in quality_study.questions}


@dataclass(frozen=True, slots=True)
class Gallery:
    """A project in which every page has something to show. ``empty``: one in which none has."""

    world: World
    empty: World
    run_id: int
    example_id: int
    too_similar_id: int
    release_id: int
    endpoint_id: int
    invitation: str
    replay_id: int
    search_id: int
    dry_run_id: int
    comparison_id: int
    study_id: int
    closed_id: int


def fill(tamis: Instance, base_url: str) -> Gallery:
    """Make a project with a finished run and a rating, an edit, decisions, a release and an invitation."""
    world = tamis.new_world()
    run_id = tamis.start_run(world, base_url, target=3)
    tamis.wait_for_run(run_id)
    with tamis.database.writing() as session:
        _, sheet = sheet_named("alpaca_tasks")
        copy_rubric(session, world.project_id, "quality_study", world.owner.id)
        save_prompt(session, world.project_id, sheet, "Think of tasks:", seen=0, actor_id=world.owner.id)
        example = session.get_one(Candidate, tamis.kept_by(run_id)[0])
        edit_candidate(session, example, Example("Name a herb.", "", "Dill."), version=1, actor_id=world.annotator.id)
        form = ratings.RatingForm(2, "first", ALL_VALID, flagged=True, comment="Odd, but fine.", seconds=8.0)
        ratings.submit(session, example, quality_study, form, world.annotator.id)
        approval.decide(session, example, Verdict.APPROVED, world.owner.id, "Short and right.")
        project = session.get_one(Project, world.project_id)
        release = snapshots.freeze(session, project, name="v1", notes="The first.", actor_id=world.owner.id)
        _, token = invitations.invite(
            session, world.project_id, role="annotator", uses="3", days="7", actor_id=world.owner.id
        )
        session.get_one(Person, world.owner.id).runs_instance = True
        endpoint_id = session.get_one(Run, run_id).endpoint_id
        too_similar = add_too_similar(session, world, run_id)
        replayed, search = look_for_similar_ones(session, world.project_id, world.owner.id)
        tried = start_dry_run(session, world.project_id, RunForm("alpaca", endpoint_id), world.owner.id)
        comparison, _ = compare(session, world.project_id, endpoint_id, world.owner.id, "A short answer.")
        studies = (measure(session, world).id, measure(session, world, closed=True).id)
    tamis.wait_for_job(tried.id)
    empty = tamis.new_world(examples=0)
    made = (release.id, endpoint_id, token, replayed.id, search.id, tried.id, comparison.id, *studies)
    return Gallery(world, empty, run_id, example.id, too_similar, *made)


def add_too_similar(session: Session, world: World, run_id: int) -> int:
    """Add an example that was filtered out for its likeness to others, in three scripts. Returns its number."""
    members = (
        ("seed:1", "Write a short story about the sea. 写一首关于高山的诗。", 0.8),
        (f"candidate:{world.examples[0]}", "Write about a city.", 0.25),
        (f"candidate:{world.examples[1]}", "اكتب قصيدة about the sea.", 0.3),
    )
    candidate = Candidate(
        project_id=world.project_id,
        run_id=run_id,
        round=1_000,
        instruction="Write a short poem about the sea. 写一首关于大海的诗。",
        outcome=Outcome.REJECTED,
        rejected_by="novelty",
        reason="Too similar to an earlier instruction.",
        similarity=0.8,
        evidence={"nearest": [{"key": key, "text": text, "score": score} for key, text, score in members]},
    )
    session.add(candidate)
    session.flush()
    return candidate.id


def measure(session: Session, world: World, *, closed: bool = False) -> Study:
    """Add a study in which two people differ, tag and comment, with a decision; one example of it is left to rate."""
    form = StudyForm("Quality study", size="5", overlap="2", seed="1", strata=("length",), repeats="1")
    study = planning.plan_study(session, world.project_id, form, world.owner.id)
    studying.open_study(session, study, world.owner.id)
    for person, number in ((world.owner, 0), (world.annotator, 1)):
        for turn in range(4):
            given = queue.next_assignment(session, study, person.id)
            mine = answering.assignment_of(session, world.project_id, study.id, given.id, person.id)
            answers = ALL_VALID | ({"output_correct": "no"} if turn % 2 == number else {})
            said = {"tags": ("wrong",), "comment": "Not quite: أعد المحاولة", "flagged": True} if not turn else {}
            sent = ratings.RatingForm(
                mine.item.candidate_version, f"{study.id} {given.id}", answers, seconds=9.0, **said
            )
            answering.answer(session, study, mine, sent)
    item = adjudicating.dispute_at(session, study, None).here.item
    adjudicating.decide(session, study, item.id, "output_correct", "no", "It is off by one.", world.owner.id)
    if closed:
        reporting.close_study(session, study, world.owner.id)
    return study


@dataclass(frozen=True, slots=True)
class Look:
    """``path`` has the names of a Gallery in braces. ``then`` brings the page into its state."""

    name: str
    path: str
    then: Callable[[Page], None] = lambda _page: None
    who: str = "owner"
    complains: bool = False

    def visitor(self, gallery: Gallery) -> Member | None:
        world = gallery.empty if self.path.startswith("{empty}") else gallery.world
        return {"owner": world.owner, "annotator": world.annotator, "nobody": None}[self.who]

    def address(self, gallery: Gallery) -> str:
        return self.path.format(
            project=gallery.world.path,
            empty=gallery.empty.path,
            run=gallery.run_id,
            example=gallery.example_id,
            too_similar=gallery.too_similar_id,
            release=gallery.release_id,
            endpoint=gallery.endpoint_id,
            invitation=gallery.invitation,
            replay=gallery.replay_id,
            search=gallery.search_id,
            dry_run=gallery.dry_run_id,
            comparison=gallery.comparison_id,
            study=gallery.study_id,
            closed=gallery.closed_id,
        )


def _open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")


def _typed_wrong(page: Page) -> None:
    page.get_by_label("Text of the prompt").fill("{{ list }} {{ lost }}")
    expect(page.locator("#prompt-preview")).to_contain_text("is no placeholder here")


def _refused_import(page: Page) -> None:
    page.get_by_text("Import a file").click()
    broken = {"name": "seeds.jsonl", "mimeType": "application/jsonl", "buffer": b'{"name": 1}\nnot json\n'}
    page.locator("#field-file").set_input_files(broken)
    page.get_by_role("button", name="Import").click()
    expect(page.locator("#import-seeds-error")).to_contain_text("Line 2")


def _imported(page: Page) -> None:
    _send(page, b'[{"instruction": "Name a sea.", "output": "The Baltic.", "id": 1}]')
    expect(page.get_by_text("1 example imported.")).to_be_visible()


def _refused_file(page: Page) -> None:
    _send(page, b'[{"instruction": 1},\n{"output": 2}]')
    expect(page.get_by_text("Record 2 (line 2, column 1): “instruction” is missing.")).to_be_visible()


def _looked_into(page: Page) -> None:
    system = "You answer as briefly as you can."
    _send(page, json.dumps([{"question": "Name a sea.", "answer": "The Baltic.", "system": system, "id": 1}]).encode())
    expect(page.get_by_role("heading", name="Before it comes in")).to_be_visible()


def _send(page: Page, raw: bytes) -> None:
    file = {"name": "examples.json", "mimeType": "application/json", "buffer": raw}
    page.locator("#field-file").set_input_files(file)
    page.get_by_role("button", name="Import", exact=True).click()


def _tried(page: Page) -> None:
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".rows .notice")).to_be_visible()


def _invited(page: Page) -> None:
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_label("Invitation link")).to_be_visible()


def _elsewhere(page: Page) -> None:
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_label("Link for your other device")).to_be_visible()


def _answered(page: Page) -> None:
    _open_all(page)
    page.locator(".option").first.click()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.locator("#answers-error")).not_to_be_empty()


def _guided(page: Page) -> None:
    page.keyboard.press("g")
    expect(page.get_by_role("dialog")).to_be_visible()


def _mistyped(page: Page) -> None:
    page.get_by_label("E-mail").fill("nobody@example.org")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#sign-in-error")).not_to_be_empty()


LOOKS = (
    Look("home", "/"),
    Look("instance", "/instance"),
    Look("project", "{project}"),
    Look("project empty", "{empty}"),
    Look("settings", "{project}/settings"),
    Look("seeds list", "{project}/seeds", _open_all),
    Look("seeds empty", "{empty}/seeds"),
    Look("seeds new", "{project}/seeds/new"),
    Look("seeds import error", "{project}/seeds", _refused_import, complains=True),
    Look("models list", "{project}/models"),
    Look("models empty", "{empty}/models"),
    Look("models tried", "{project}/models", _tried),
    Look("models new", "{project}/models/new"),
    Look("models show", "{project}/models/{endpoint}"),
    Look("prompts list", "{project}/prompts"),
    Look("prompts show", "{project}/prompts/alpaca_tasks"),
    Look("prompts refused", "{project}/prompts/alpaca_tasks", _typed_wrong),
    Look("prompts compare", "{project}/prompts/alpaca_tasks/compare"),
    Look("runs list", "{project}/runs"),
    Look("runs empty", "{empty}/runs"),
    Look("runs new", "{project}/runs/new", _open_all),
    Look("runs new too early", "{empty}/runs/new"),
    Look("runs new like another", "{project}/runs/new?like={run}", _open_all),
    Look("runs tried", "{project}/jobs/{dry_run}", _open_all),
    Look("runs show", "{project}/runs/{run}", _open_all),
    Look("runs new answers", "{project}/runs/new?pipeline=teacher", _open_all),
    Look("comparisons empty", "{empty}/comparisons"),
    Look("comparisons list", "{project}/comparisons"),
    Look("comparisons new", "{project}/comparisons/new"),
    Look("comparisons show", "{project}/comparisons/{comparison}"),
    Look("imports empty", "{empty}/imports"),
    Look("imports new", "{project}/imports/new", _open_all),
    Look("imports done", "{project}/imports/new", _imported),
    Look("imports refused", "{project}/imports/new", _refused_file),
    Look("imports look", "{project}/imports/new", _looked_into),
    Look("imports list", "{project}/imports"),
    Look("candidates list", "{project}/candidates"),
    Look("candidates none", "{project}/candidates?q=nothing+has+these+words"),
    Look("candidates too similar", "{project}/candidates?rejected_by=novelty"),
    Look("candidates show", "{project}/candidates/{example}", _open_all),
    Look("candidates show too similar", "{project}/candidates/{too_similar}", _open_all),
    Look("similarity list", "{project}/similarity"),
    Look("similarity replay", "{project}/similarity/replays/{replay}", _open_all),
    Look("similarity duplicates", "{project}/similarity/duplicates/{search}", _open_all),
    Look("candidates found", "{project}/candidates?replay={replay}&at=0.50&change=kept"),
    Look("rate", "{project}/rate"),
    Look("rate refused", "{project}/rate", _answered, complains=True),
    Look("rate guidelines", "{project}/rate", _guided),
    Look("rate again", "{project}/rate/{example}", _open_all, who="annotator"),
    Look("rate empty", "{empty}/rate", who="annotator"),
    Look("rate recent", "{project}/rate/recent", who="annotator"),
    Look("studies empty", "{empty}/studies"),
    Look("studies list", "{project}/studies"),
    Look("studies waiting", "{project}/studies", who="annotator"),
    Look("studies none waiting", "{empty}/studies", who="annotator"),
    Look("studies new", "{project}/studies/new", _open_all),
    Look("studies show", "{project}/studies/{study}"),
    Look("studies rate", "{project}/studies/{study}/rate", _open_all, who="annotator"),
    Look("studies recent", "{project}/studies/{study}/recent", who="annotator"),
    Look("studies differences", "{project}/studies/{study}/differences"),
    Look("studies report", "{project}/studies/{study}/report?hourly=12,50&unit=€", _open_all),
    Look("studies closed", "{project}/studies/{closed}/report?hourly=much"),
    Look("rubrics list", "{project}/rubrics"),
    Look("rubrics shipped", "{project}/rubrics/four_levels", _open_all),
    Look("rubrics own", "{project}/rubrics/quality_study_2", _open_all),
    Look("releases list", "{project}/releases"),
    Look("releases none", "{empty}/releases"),
    Look("releases show", "{project}/releases/{release}"),
    Look("people", "{project}/people"),
    Look("people invited", "{project}/people", _invited),
    Look("people managed", "{project}/people", _open_all),
    Look("own", "{project}/own", who="annotator"),
    Look("account", "/account"),
    Look("account link", "/account", _elsewhere),
    Look("sign in", "/sign-in", who="nobody"),
    Look("sign in refused", "/sign-in", _mistyped, who="nobody", complains=True),
    Look("forgotten", "/sign-in/forgotten", who="nobody"),
    Look("join", "/join/{invitation}", who="nobody"),
    Look("error", "{project}/nothing", complains=True),
)
