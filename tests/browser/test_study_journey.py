"""A quality study as a team does it: imported, begun, rated by three at their keyboards, adjudicated, reported, closed.

``TAMIS_TEST_DATA`` names a folder with the 52,002 records of Alpaca; without it, or where it hasn't that file, the test
makes a smaller file of its own.
"""

import hashlib
import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.models.studies import Assignment, StudyItem
from app.rating.rubrics import quality_study
from tests.browser import by_hand
from tests.browser.instance import Instance, World
from tests.browser.ratingdesk import Desk
from tests.browser.test_journey import invite
from tests.browser.visitors import Visitors

pytestmark = pytest.mark.slow

REAL, REAL_COUNT, MADE_COUNT = "alpaca_data.json.gz", 52_002, 1_500
PEOPLE = ("Ana", "Ben", "Chiyo")
QUESTIONS = tuple(question.name for question in quality_study.questions)
LOOKED_AT = 6  # by each, in the study that one click starts
TOGETHER = 30  # by all three, in the one that is planned
LIKELY_YES = dict(zip(QUESTIONS, (0.9, 0.75, 0.6), strict=True))
STEP_OUT = 0.07  # how often somebody answers otherwise than the example deserves


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A file in Alpaca's shape and how many records it has."""
    real = Path(os.environ.get("TAMIS_TEST_DATA", "")) / REAL
    if real.is_file():
        return real, REAL_COUNT
    made = tmp_path_factory.mktemp("data") / "made.json"
    rows = [
        {"instruction": f"Add {number} and {number + 7}.", "input": "", "output": f"{2 * number + 7}"}
        for number in range(MADE_COUNT)
    ]
    made.write_text(json.dumps(rows))
    return made, MADE_COUNT


@pytest.fixture
def world(tamis: Instance) -> World:
    """A project with nothing in it."""
    return tamis.new_world(examples=0, name="Alpaca")


def planned(person: str, example: int) -> dict[str, str]:
    """What somebody answers about the example at a place of the sample: mostly what it deserves."""
    answers = {}
    for question, likely in LIKELY_YES.items():
        is_fine = _drawn(f"{question} {example}") < likely
        steps_out = _drawn(f"{person} {question} {example}") < STEP_OUT
        answers[question] = "yes" if is_fine != steps_out else "no"
    return answers


def _drawn(what: str) -> float:
    """A number from 0 to 1, always the same for the same text."""
    return random.Random(what).random()  # noqa: S311


def test_a_study_by_three_people(visitors: Visitors, tamis: Instance, world: World, file: tuple[Path, int]) -> None:
    owner = visitors.open(world.owner)
    with taking("import"):
        bring_in(owner, world, *file)
    quick = start_in_one_click(owner, world)
    shared = plan(owner, world)
    desks = {name: come_in(visitors, invite(owner), name) for name in PEOPLE[:2]}
    desks[PEOPLE[2]] = come_in(visitors, invite_into(owner, "Everybody"), PEOPLE[2])
    expect(desks[PEOPLE[2]].progress).to_contain_text("Everybody")

    with taking("rating"):
        one_each = rate(tamis, desks, "Quality study", LOOKED_AT)
        all_three = rate(tamis, desks, "Everybody", TOGETHER, "Enter")
    assert len(one_each) == LOOKED_AT * len(PEOPLE)
    assert set(all_three) == set(range(1, TOGETHER + 1))
    for desk in desks.values():
        expect(desk.page.get_by_text("All done for now")).to_be_visible()

    owner.goto(quick)
    expect(owner.locator(".progress-line")).to_have_text(f"{LOOKED_AT * len(PEOPLE)} of 200 ratings")
    check_shares(close(owner, quick), one_each)
    with taking("adjudication"):
        decided = adjudicate(owner, shared, all_three)
    check_page(owner, shared, all_three)
    report = close(owner, shared)
    check_agreement(report, all_three)
    check_decisions(report, all_three, decided)


@contextmanager
def taking(what: str) -> Any:
    began = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - began:.1f} s")  # noqa: T201


def bring_in(owner: Page, world: World, path: Path, count: int) -> None:
    owner.goto(f"{world.path}/imports/new")
    owner.locator("#field-file").set_input_files(path)
    owner.get_by_role("button", name="Import", exact=True).click()
    expect(owner.get_by_text(re.compile(f"^{count:,} examples imported"))).to_be_visible(timeout=600_000)


def start_in_one_click(owner: Page, world: World) -> str:
    """Start the study of the paper. Returns its address."""
    owner.goto(f"{world.path}/studies")
    owner.get_by_role("button", name="Start this study").click()
    expect(owner.locator(".progress-line")).to_have_text("0 of 200 ratings")
    return owner.url


def plan(owner: Page, world: World) -> str:
    """Plan a study in which everybody rates the same. Returns its address."""
    owner.goto(f"{world.path}/studies/new")
    owner.get_by_label("Name", exact=True).fill("Everybody")
    owner.get_by_label("Examples in the sample").fill(str(TOGETHER))
    owner.get_by_label("People for each example").fill(str(len(PEOPLE)))
    expect(owner.locator("#outlook")).to_contain_text(str(TOGETHER * len(PEOPLE)))
    owner.get_by_role("button", name="Start the study").click()
    expect(owner.locator(".progress-line")).to_have_text(f"0 of {TOGETHER * len(PEOPLE)} ratings")
    return owner.url


def invite_into(owner: Page, study: str) -> str:
    """Make an invitation straight into a study and return its link."""
    owner.get_by_role("link", name="People", exact=True).click()
    owner.locator("#field-study").select_option(label=study)
    owner.get_by_role("button", name="Make a link").click()
    return owner.get_by_label("Invitation link").input_value()


def come_in(visitors: Visitors, link: str, name: str) -> Desk:
    """Join by a link, in a browser of one's own."""
    page = visitors.open()
    page.goto(link)
    page.get_by_label("Your name").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator(".rate-card")).to_be_visible()
    return Desk(page)


def rate(
    tamis: Instance, desks: Mapping[str, Desk], study: str, count: int, *then: str
) -> dict[int, dict[str, dict[str, str]]]:
    """Let everybody rate so many examples at the same time by the keys on the buttons. Returns who said what of which.

    ``then`` are keys after the answers: Enter doesn't wait for the page to go on by itself.
    """
    said: dict[int, dict[str, dict[str, str]]] = {}
    for desk in desks.values():
        desk.page.get_by_role("link", name="Studies").click()
        desk.page.locator(".rows li", has_text=study).get_by_role("button", name="Rate").click()
        expect(desk.card).to_be_visible()
    keys = {name: printed_keys(desk.page) for name, desk in desks.items()}
    for _ in range(count):
        shown = {name: (desk.number, place_of(tamis, desk)) for name, desk in desks.items()}
        for name, (_, place) in shown.items():
            answers = said.setdefault(place, {})[name] = planned(name, place)
            desks[name].press(*(keys[name][question, answer] for question, answer in answers.items()), *then)
        for name, (number, _) in shown.items():
            desks[name].expect_gone(number)
    for desk in desks.values():
        desk.expect_saved()
        expect(desk.progress).to_contain_text(f"{count} rated by you")
    return said


def printed_keys(page: Page) -> dict[tuple[str, str], str]:
    """The key that is printed on each answer, by question and answer."""
    options = page.locator("#answers label:has(input[type=radio])").all()
    return {
        (field.get_attribute("name") or "", field.get_attribute("value") or ""): option.locator("kbd").inner_text()
        for option in options
        for field in [option.locator("input")]
    }


def place_of(tamis: Instance, desk: Desk) -> int:
    """The place in the sample of the example that is shown, from 1; the page tells nobody."""
    item = select(StudyItem.position).join(Assignment, Assignment.study_item_id == StudyItem.id)
    with tamis.database.reading() as session:
        return session.scalars(item.where(Assignment.id == desk.number)).one() + 1


Said = Mapping[int, Mapping[str, Mapping[str, str]]]


def answers_to(question: str, said: Said) -> dict[int, dict[str, str]]:
    return {place: {name: each[question] for name, each in given.items()} for place, given in said.items()}


def disputed(said: Said) -> dict[int, list[str]]:
    """The questions on which people differ, by example."""
    found = {
        place: [question for question in QUESTIONS if len({each[question] for each in given.values()}) > 1]
        for place, given in sorted(said.items())
    }
    return {place: questions for place, questions in found.items() if questions}


def adjudicate(owner: Page, study: str, said: Said) -> dict[tuple[int, str], str]:
    """Decide all differences with No but for each third. Returns the decisions."""
    differing, decided = disputed(said), {}
    assert len(differing) > 5
    for number, (place, questions) in enumerate(differing.items(), start=1):
        for question in questions:
            answer = "no" if len(decided) % 3 else "yes"
            owner.goto(f"{study}/differences?at={place - 1}")
            expect(owner.get_by_text(f"Example {number} of {len(differing)}")).to_be_visible()
            form = owner.locator(f"#decide-{question}")
            form.locator(f"input[value={answer}]").check()
            form.get_by_role("button").click()
            expect(owner.locator(".notice", has_text="Decided.")).to_be_visible()
            decided[place, question] = answer
    expect(owner.get_by_text(f"{len(differing)} decided")).to_be_visible()
    owner.keyboard.press("n")
    expect(owner.get_by_text(f"Example 2 of {len(differing)}")).to_be_visible()
    return decided


def close(owner: Page, study: str) -> dict[str, Any]:
    """Close a study on its report, and return the file whose checksum is shown there."""
    owner.goto(f"{study}/report")
    owner.get_by_role("button", name="Close the study and freeze this report").click()
    shown = owner.locator("code.hash").inner_text()
    with owner.expect_download() as download:
        owner.get_by_role("button", name="JSON", exact=True).click()
    content = Path(download.value.path()).read_bytes()
    assert hashlib.sha256(content).hexdigest() == shown
    return json.loads(content)


def question_of(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in report["questions"] if each["name"] == name)


def count_yes(answers: Mapping[int, Mapping[str, str]]) -> Sequence[bool]:
    return [answer == "yes" for given in answers.values() for answer in given.values()]


def check_shares(report: dict[str, Any], said: Said) -> None:
    """Hold shares and intervals of examples with one rating each to Wilson's formula."""
    for name in QUESTIONS:
        yes, fine = count_yes(answers_to(name, said)), question_of(report, name)["fine"]
        assert (fine["count"], fine["of"]) == (sum(yes), len(yes))
        assert (fine["low"], fine["high"]) == pytest.approx(by_hand.wilson(sum(yes), len(yes)), abs=1e-9)
    whole = [set(each.values()) == {"yes"} for given in said.values() for each in given.values()]
    assert report["all_valid"]["value"] == pytest.approx(sum(whole) / len(whole))


def check_agreement(report: dict[str, Any], said: Said) -> None:
    """Hold the measures of agreement, and who disagreed with whom how often, to their definitions."""
    counts = {"examples": TOGETHER, "items": TOGETHER, "ratings": 3 * TOGETHER, "annotators": 3, "most_per_item": 3}
    assert report["counts"] == counts
    for name in QUESTIONS:
        answers, question = answers_to(name, said), question_of(report, name)
        found = {measure: each["value"] for measure, each in question["agreement"].items()}
        assert found == pytest.approx(
            {
                "percent": by_hand.percent_agreement(answers),
                "cohen": by_hand.mean_cohen(answers, PEOPLE),
                "fleiss": by_hand.fleiss(answers),
                "alpha": by_hand.krippendorff(answers),
            },
            abs=1e-6,
        )
        yes = count_yes(answers)
        assert question["fine"]["value"] == pytest.approx(sum(yes) / len(yes))
        assert question["fine"]["low"] < question["fine"]["value"] < question["fine"]["high"]
    for pair in report["pairs"]:
        answers = answers_to(pair["question"], said)
        assert pair["kappa"]["value"] == pytest.approx(by_hand.cohen(answers, pair["one"], pair["other"]), abs=1e-6)
    groups = {group["question"]: [each["position"] + 1 for each in group["items"]] for group in report["disagreements"]}
    assert groups == {name: [place for place, names in disputed(said).items() if name in names] for name in QUESTIONS}


def check_decisions(report: dict[str, Any], said: Said, decided: Mapping[tuple[int, str], str]) -> None:
    """Hold the shares after decisions to what was decided: a decision speaks once for its example."""
    for name in QUESTIONS:
        given, once = answers_to(name, said), question_of(report, name)["by_example"]
        settled = [
            decided.get((place, name), Counter(answers.values()).most_common(1)[0][0])
            for place, answers in given.items()
        ]
        assert (once["count"], once["of"]) == (settled.count("yes"), len(given))


def check_page(owner: Page, study: str, said: Said) -> None:
    """Read on the page what the file says."""
    owner.goto(f"{study}/report")
    for question in quality_study.questions:
        answers = answers_to(question.name, said)
        yes = count_yes(answers)
        row = owner.get_by_role("region", name="Shares", exact=True).locator("tr", has_text=question.label)
        expect(row.locator("strong")).to_have_text(f"{100 * sum(yes) / len(yes):.1f}%")
        group = owner.get_by_role("region", name="Agreement").locator("tbody", has_text=question.label)
        cells = group.locator("tr", has_text="Krippendorff").locator("td")
        expect(cells.first).to_have_text(f"{by_hand.krippendorff(answers):.2f}")
    check_print(owner)


def check_print(owner: Page) -> None:
    """Look at a report as it is printed: nothing to press, everything unfolded."""
    owner.emulate_media(media="print")
    for hidden in (".sidebar", "header.top", ".page-head .actions", ".hourly", "text=Close the study"):
        expect(owner.locator(hidden).first).to_be_hidden()
    for unfolded in ("Every answer", "Ana and Ben: Is the output right and good enough?"):
        expect(owner.get_by_role("region", name=unfolded)).to_be_visible()
    owner.emulate_media(media="screen")
