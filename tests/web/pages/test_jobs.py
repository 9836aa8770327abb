"""Jobs: watched live and stopped."""

import re

from app.archive.deleting import DELETION
from app.engine import KINDS
from app.models.generation import RunState
from app.models.jobs import Job
from app.web.pages.jobs import SECTIONS
from tests.web.html import parse
from tests.web.world import end_job


def _job(place):
    return {"project_id": place.id, "job_id": place["job_id"]}


def test_a_job_is_watched_and_asked_to_stop(cem, place, database):
    page = parse(cem.visit("jobs.show", **_job(place)).text)
    assert "Waiting" in page.text
    assert "Stop" in [each.text for each in page.all("button")]
    page = parse(cem.follow(cem.submit("jobs.cancel", **_job(place))).text)
    assert "Stopping" in page.text
    assert "Stop" not in [each.text for each in page.all("button")]
    with database.reading() as session:
        assert session.get_one(Job, place["job_id"]).cancel_requested_at is not None


def test_it_says_how_far_it_is(cem, place, database):
    with database.writing() as session:
        job = session.get_one(Job, place["job_id"])
        job.state, job.done, job.total = RunState.RUNNING, 12_400, 52_002
    page = parse(cem.visit("jobs.card", **_job(place)).text)
    assert "12,400 of 52,002" in page.text
    (bar,) = page.all("progress")
    assert (bar["value"], bar["max"]) == ("12400", "52002")


def test_while_it_is_not_known_how_much_there_is_it_says_so(cem, place, database):
    with database.writing() as session:
        job = session.get_one(Job, place["import_id"])
        job.state, job.done, job.total, job.ended_at = RunState.RUNNING, 12_400, None, None
    page = parse(cem.visit("jobs.card", project_id=place.id, job_id=place["import_id"]).text)
    assert "12,400 read so far" in page.text
    assert "The file is being read." in page.text
    (bar,) = page.all("progress")
    assert (bar["value"], bar["max"], bar["aria-label"]) == ("", "", "Progress of: Import of examples")


def test_every_kind_of_job_is_somewhere_in_the_navigation(cem, place):
    # A project that is being deleted is nowhere to be seen.
    assert set(SECTIONS) == {each.name for each in KINDS} - {DELETION.name}
    for number, label in (("import_id", "Imports"), ("replay_id", "Similarity"), ("search_id", "Similarity")):
        page = parse(cem.visit("jobs.show", project_id=place.id, job_id=place[number]).text)
        assert [each.text for each in page.all("a") if each["aria-current"] == "page"] == [label]


def test_an_ended_job_is_streamed_once_with_its_problems_escaped(cem, place, database):
    with database.writing() as session:
        end_job(session, place["job_id"], RunState.FAILED)
    answer = cem.visit("jobs.live", **_job(place))
    messages = [each for each in answer.text.replace("\r\n", "\n").split("\n\n") if each.strip()]
    html = "\n".join(re.findall(r"^data: ?(.*)$", messages[0], re.MULTILINE))
    assert html.strip() == cem.visit("jobs.card", **_job(place)).text.strip()
    assert "Line 1: &lt;b&gt;" in html
    assert "event: ended" in messages[1]


def test_another_projects_job_is_not_there(cem, place, elsewhere):
    for route in ("jobs.show", "jobs.card", "jobs.live"):
        assert cem.visit(route, project_id=place.id, job_id=elsewhere["job_id"]).status_code == 404
