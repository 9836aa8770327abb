"""Studies in the browser's words: planned in one click, rated by several, decided, reported, closed."""

import csv
import hashlib
import io
import json
import re

import pytest
from sqlalchemy import select, update

from app.models.base import now
from app.models.candidates import Candidate, Rating
from app.models.studies import Study, StudyState
from app.statistics.agreement import agreement_of
from app.statistics.answer_files import Columns, read_answers
from app.statistics.level import Level
from app.studies.contenders import contenders_in
from tests.web.html import parse
from tests.web.world import BOTH, YES, add_candidate, rate

pytestmark = pytest.mark.usefixtures("many")
NO = YES | {"output_correct": "no"}


@pytest.fixture
def many(database, place):
    """Ten more examples to draw from."""
    with database.writing() as session:
        for number in range(10):
            add_candidate(session, place.id, f"Name {number} rivers.")


def start(browser, place, **form):
    sent = {"one_instance": "true", "opens": "true", "seed": "7", **form}
    answer = browser.submit("studies.start", sent, project_id=place.id)
    assert answer.status_code == 303, answer.text
    return {"project_id": place.id, "study_id": int(answer.headers["location"].split("/")[-1])}


def current(browser, study):
    """The address that the form of the next example sends to, and its version; None where there is none."""
    page = browser.visit("studies.rate", **study)
    assert page.status_code == 200, page.text
    if 'id="answers"' not in page.text:
        return None
    action = page.text.split('id="answers"')[1].split('action="')[1].split('"')[0]
    version = page.text.split('name="version" value="')[1].split('"')[0]
    return action, version


def rate_all(browser, study, answers=YES, most=100):
    done = 0
    while done < most and (found := current(browser, study)) is not None:
        action, version = found
        sent = {"version": version, "submission": f"{browser.person_id}-{action}", "seconds": "6", **answers}
        assert browser.post(action, data=sent).status_code == 303
        done += 1
    return done


@BOTH
def test_a_study_from_one_click_to_its_frozen_report(cem, ana, ben, place):
    study = start(cem, place, overlap="2", size="5")
    assert rate_all(ana, study) == 5
    assert rate_all(ben, study, NO, most=2) == 2
    assert rate_all(ben, study) == 3
    page = cem.visit("studies.adjudicate", **study).text
    assert "Example 1 of 2" in page
    action = page.split('id="decide-output_correct"')[0].rsplit('action="', 1)[1].split('"')[0]
    sent = {"question": "output_correct", "answer": "no", "reason": "It is wrong."}
    assert cem.post(action, data=sent).status_code == 303
    draft = cem.visit("studies.report", **study).text
    assert "Draft" in draft
    assert "80.0%" in draft  # 8 of 10 find the output right
    assert "58%" in draft  # the paper's
    assert "Cohen" in draft
    closed = cem.follow(cem.submit("studies.close", **study)).text
    content = cem.visit("studies.download", report_file="report.json", **study).content
    assert hashlib.sha256(content).hexdigest() in closed
    report = json.loads(content)
    assert report["counts"] == {"examples": 5, "items": 5, "ratings": 10, "annotators": 2, "most_per_item": 2}
    (output,) = [each for each in report["questions"] if each["name"] == "output_correct"]
    assert (output["shares"][0]["count"], output["shares"][0]["of"]) == (8, 10)
    assert output["by_example"]["of"] == 5
    assert output["agreement"]["percent"]["value"] == pytest.approx(0.6)
    assert ana.visit("studies.rate", **study).status_code == 409
    assert cem.submit("studies.close", **study).status_code == 303
    assert cem.visit("studies.download", report_file="report.json", **study).content == content


@BOTH
def test_the_files_hold_the_figures_and_every_answer(cem, ana, place):
    study = start(cem, place, size="3")
    rate_all(ana, study)
    figures = cem.visit("studies.download", report_file="figures.csv", **study).text
    rows = list(csv.DictReader(io.StringIO(figures)))
    valid = {row["question"]: (row["share"], row["reference"]) for row in rows if row["answer"] in {"yes", "valid"}}
    assert valid["output_correct"] == ("1.0", "0.58")
    assert valid["all"] == ("1.0", "0.54")
    ratings = cem.visit("studies.download", report_file="ratings.csv", **study).text
    assert len(list(csv.DictReader(io.StringIO(ratings)))) == 9
    assert cem.visit("studies.download", report_file="report.doc", **study).status_code == 404


def test_the_agreement_of_the_file_is_that_of_the_report(cem, ana, ben, place):
    study = start(cem, place, overlap="2", size="8", repeats="2")
    rate_all(ana, study)
    rate_all(ben, study, NO, most=3)
    rate_all(ben, study)
    report = json.loads(cem.visit("studies.download", report_file="report.json", **study).content)
    ratings = cem.visit("studies.download", report_file="ratings.csv", **study).content
    for question in report["questions"]:
        found, notes = read_answers(io.BytesIO(ratings), Level.NOMINAL, "", Columns(question=question["name"]))
        assert len(found.items) == report["counts"]["items"]
        assert agreement_of(found).percent.value == question["agreement"]["percent"]["value"]
        assert agreement_of(found).alpha.value == question["agreement"]["alpha"]["value"]
        assert "left out" in " ".join(notes).lower() or len(ratings.splitlines()) - 1 == 3 * int(found.given.sum())


def test_the_wizard_says_what_a_study_will_take_and_tell(cem, place):
    page = cem.visit("studies.new", project_id=place.id).text
    assert "± 28." in page or "± 2" in page
    sent = {"size": "5", "overlap": "2", "q": "rivers"}
    part = cem.submit("studies.estimate", sent, htmx=True, project_id=place.id).text
    assert "<dd>10</dd>" in part
    assert "<html" not in part
    assert "No example fits" in cem.submit("studies.estimate", {"q": "nowhere"}, project_id=place.id).text


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("size", "0", "Size must be a whole number"),
        ("overlap", "99", "from 1 to 25"),
        ("name", " ", "Name is empty"),
        ("q", "nowhere", "No example fits"),
        ("gold", "50", "You have rated"),
        ("giving_out", "fixed", "Choose the people"),
        ("stop", "half_width", "Choose the question"),
        ("third", "true", "Two people can differ"),
        ("seed", "x", "Seed must be"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(cem, place, field, value, sentence):
    answer = cem.submit("studies.start", {field: value}, htmx=True, project_id=place.id)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_annotators_find_what_they_may_rate_and_nothing_else(cem, ana, ben, place):
    study = start(cem, place, name="For Ana", people=[str(ana.person_id)])
    assert "For Ana" in ana.visit("studies.list", project_id=place.id).text
    assert "For Ana" not in ben.visit("studies.list", project_id=place.id).text
    assert ben.visit("studies.rate", **study).status_code == 403
    assert ana.visit("studies.report", **study).status_code == 403


def test_a_planned_study_waits(cem, ana, place):
    study = start(cem, place, opens="")
    assert ana.visit("studies.rate", **study).status_code == 409
    assert "Let people rate" in cem.visit("studies.show", **study).text
    cem.submit("studies.open", **study)
    assert current(ana, study) is not None


def test_an_answer_sent_again_after_the_study_closed_is_told_to_be_stored(cem, ana, place):
    study = start(cem, place, size="2")
    action, version = current(ana, study)
    sent = {"version": version, "submission": "the same", **YES}
    assert ana.post(action, data=sent).headers["tamis-saved"] == "the same"
    assert cem.submit("studies.close", {}, **study).status_code == 303
    for headers, status in (({"HX-Request": "true"}, 200), ({}, 303)):
        again = ana.post(action, data=sent, headers=headers)
        assert (again.status_code, again.headers.get("tamis-saved")) == (status, "the same")
    assert ana.post(action, data=sent | {"submission": "another"}).status_code == 409


@BOTH
def test_nothing_on_the_page_tells_whose_answers_are_compared(cem, ana, place, database):
    with database.reading() as session:
        contenders = [each.name for each in contenders_in(session, place.id)]
    study = start(cem, place, rubric="pairwise_comparison", contenders=contenders)
    page = ana.visit("studies.rate", **study).text
    assert page.count("answers-beside") == 2
    assert 'name="shown"' not in page
    assert rate_all(ana, study, {"better": "left"}) == 1
    with database.reading() as session:
        newest = session.scalars(select(Rating).order_by(Rating.id.desc())).first()
        assert len(newest.shown) == 2


def test_known_answers_look_like_all_others(olga, ana, place, database):
    with database.writing() as session:
        rate(session, session.get_one(Candidate, place["open_id"]), olga.person_id)
    study = start(olga, place, size="6", gold="1")
    shapes = set()
    while found := current(ana, study):
        text = ana.visit("studies.rate", **study).text
        shapes.add(re.search(r"<article[^>]+>", text).group().replace(found[0].split("/")[-1], "N"))
        sent = {"version": found[1], "submission": found[0], **YES}
        assert ana.post(found[0], data=sent).status_code == 303
    assert len(shapes) == 1


def test_whoever_decides_between_others_is_not_told_so(cem, ana, ben, olga, place):
    study = start(cem, place, size="1", overlap="2", third="true", q="rivers")
    rate_all(ana, study)
    rate_all(ben, study, NO)
    page = olga.visit("studies.rate", **study).text
    assert "Only this question is left here." in page
    assert "differ" not in page


def test_a_rater_goes_back_takes_back_and_skips(cem, ana, place):
    study = start(cem, place, size="3")
    first, version = current(ana, study)
    ana.post(first, data={"version": version, "submission": "a", **NO})
    back = ana.follow(ana.visit("studies.back", assignment_id=0, **study)).text
    assert "You have rated this one" in back
    undo = first.replace("/rate/", "/undo/")
    assert ana.post(undo).status_code == 303
    assert current(ana, study)[0] == first
    ana.post(first, data={"version": version, "submission": "b", "action": "skip"})
    assert current(ana, study)[0] != first
    assert rate_all(ana, study) == 2
    assert "nothing left for you" in ana.visit("studies.rate", **study).text


def test_what_is_edited_meanwhile_is_rated_as_it_was_drawn(cem, ana, place):
    study = start(cem, place, size="5", q="still open")
    action, version = current(ana, study)
    edit = {"instruction": "Another text.", "input": "", "output": "Other.", "version": "1"}
    cem.submit("candidates.edit", edit, project_id=place.id, candidate_id=place["open_id"])
    page = ana.visit("studies.rate", **study).text
    assert "Another text." not in page
    assert "still open" in page
    assert ana.post(action, data={"version": version, "submission": "x", **YES}).status_code == 303


def test_a_study_that_knows_enough_stops(cem, ana, place):
    study = start(cem, place, stop="target", points="20", question="output_correct", name="Stops")
    done = rate_all(ana, study)
    assert done < 11
    assert "Enough is known" in ana.visit("studies.rate", **study).text
    assert "above 20%" in cem.visit("studies.report", **study).text


def test_answers_of_one_person_can_be_left_out_of_the_report(cem, ana, ben, place):
    study = start(cem, place, size="4", overlap="2")
    rate_all(ana, study)
    rate_all(ben, study, NO)
    path = cem.path("studies.report", **study)
    page = cem.get(f"{path}?without={ben.person_id}").text
    assert "left out" in page
    assert "4 ratings by 1 person" in page


def test_names_of_raters_are_text_and_no_formula(cem, ana, place):
    ana.submit("account.rename", {"name": "=1+1"})
    study = start(cem, place, size="1")
    rate_all(ana, study)
    assert ",'=1+1," in cem.visit("studies.download", report_file="ratings.csv", **study).text


def test_the_report_tells_tags_comments_and_parts(cem, ana, ben, place):
    study = start(cem, place, size="4", overlap="2", strata=["length"])
    rate_all(ana, study, NO | {"tags": "wrong", "comment": "Not <b>so</b>.", "flagged": "true"})
    rate_all(ben, study)
    page = cem.visit("studies.report", **study).text
    assert "Wrong" in page
    assert ", but not " in page
    assert "Not &lt;b&gt;so&lt;/b&gt;." in page
    assert "By kind" in page
    rows = list(csv.DictReader(io.StringIO(cem.visit("studies.download", report_file="ratings.csv", **study).text)))
    assert {(row["tags"], row["comment"]) for row in rows} == {("wrong", "Not <b>so</b>."), ("", "")}
    rows = list(csv.DictReader(io.StringIO(cem.visit("studies.download", report_file="figures.csv", **study).text)))
    assert {row["stratum"] for row in rows} == {"", "short", "medium", "long"}


def test_an_hourly_rate_gives_what_the_study_cost_and_is_stored_nowhere(cem, ana, place):
    study = start(cem, place, size="10")
    rate_all(ana, study, YES | {"seconds": "36"})
    path = cem.path("studies.report", **study)
    assert "Each rating that counts" not in cem.get(path).text
    page = cem.get(f"{path}?hourly=12,50&unit=<i>").text
    assert "1.25 &lt;i&gt;" in page
    assert "0.12 &lt;i&gt;" in page
    refused = cem.get(f"{path}?hourly=much").text
    assert "Type what an hour costs as a number" in refused
    assert 'value="much"' in refused
    assert "hourly" not in cem.visit("studies.download", report_file="report.json", **study).text


def test_the_last_answers_in_a_study_are_ones_own(cem, ana, ben, place):
    study = start(cem, place, size="4", overlap="2")
    rate_all(ana, study, NO | {"tags": "wrong", "comment": "Not <b>so</b>."}, most=2)
    rate_all(ben, study, most=1)
    page = ana.visit("studies.recent", **study).text
    assert page.count("Yes, Yes, No · wrong · “Not &lt;b&gt;so&lt;/b&gt;.”") == 2
    assert page.count("Take back") == 2
    assert "Nothing yet" in cem.visit("studies.recent", **study).text
    undo = page.split('action="')[1].split('"')[0]
    assert ana.post(undo).status_code == 303
    assert ana.visit("studies.recent", **study).text.count("Take back") == 1


def test_a_study_tells_of_each_rater(olga, place):
    page = parse(olga.visit("studies.show", project_id=place.id, study_id=place["study_id"]).text)
    (table,) = [each for each in page.all("table") if "raters" in each["class"]]
    heads = [each.text for each in table.all("th") if each["scope"] == "col"]
    assert heads == ["Name", "Rated", "Open", "Seconds each", "Same as others", "Last seen"]
    rows = [[cell.text for cell in row.children] for row in table.all("tr") if row.parent.tag == "tbody"]
    assert [row[1:3] for row in rows] == [["1", "0"]] * len(rows)
    assert {row[4] for row in rows} == {"–"}  # one shared example says nothing


def test_a_report_that_was_frozen_by_the_first_version_is_still_a_page(cem, ana, place, database):
    """It has nothing of tags, kinds and comparisons, and its file stays what it was."""
    study = start(cem, place, size="2")
    rate_all(ana, study, NO)
    report = json.loads(cem.visit("studies.download", report_file="report.json", **study).content)
    for later in ("contenders", "contests", "by_contender", "tags", "strata"):
        del report[later]
    del report["counts"]["items"]
    for question in report["questions"]:
        del question["by_example"]
    for rating in report["ratings"]:
        del rating["tags"], rating["all_valid"], rating["counts"]
    frozen = json.dumps(report | {"format": 1}).encode()
    with database.writing() as session:
        closed = {"state": StudyState.CLOSED, "report": frozen, "report_sha256": hashlib.sha256(frozen).hexdigest()}
        session.execute(update(Study).where(Study.id == study["study_id"]).values(**closed, closed_at=now()))
    page = cem.get(cem.path("studies.report", **study) + "?hourly=10")
    assert page.status_code == 200
    assert "How far raters agree" in page.text
    assert cem.visit("studies.download", report_file="report.json", **study).content == frozen
    assert cem.visit("studies.download", report_file="ratings.csv", **study).status_code == 200
    assert cem.visit("studies.download", report_file="figures.csv", **study).status_code == 200


def test_the_outlook_says_when_a_study_may_stop(cem, place):
    sent = {"size": "10", "stop": "half_width", "points": "30", "question": "output_correct"}
    page = cem.submit("studies.estimate", sent, project_id=place.id).text
    assert "It may stop after" in page
    for change in ({"stop": "all"}, {"points": "much"}):
        assert "It may stop after" not in cem.submit("studies.estimate", sent | change, project_id=place.id).text


def test_whoever_comes_when_enough_is_known_is_led_on(ana, cem, place, database):
    study = start(cem, place, size="2")
    with database.writing() as session:
        session.execute(update(Study).where(Study.id == study["study_id"]).values(sentence="Enough."))
    for browser, route in ((ana, "own.show"), (cem, "studies.show")):
        page = parse(browser.visit("studies.rate", **study).text)
        assert "Enough is known" in page.text
        names = {"project_id": place.id} | (study if route == "studies.show" else {})
        assert [each for each in page.all("a") if each["href"] == browser.path(route, **names) and each["role"]]
