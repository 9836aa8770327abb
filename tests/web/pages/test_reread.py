"""Answers read again: what they would bring is seen first."""

from tests.web.html import parse
from tests.web.world import end_run


def test_what_reading_again_would_bring_is_a_page_with_a_decision(cem, place, database):
    with database.writing() as session:
        end_run(session, place["run_id"])
    ids = {"project_id": place.id, "run_id": place["run_id"]}
    run = parse(cem.visit("runs.show", **ids).text)
    assert cem.path("reread.new", **ids) in [each["href"] for each in run.all("a")]
    form = cem.visit("reread.new", **ids)
    assert "nothing is paid" in form.text
    answer = cem.submit("reread.start", {"layout": "json", "filter": "wording"}, **ids)
    assert answer.status_code == 303
    looked = parse(cem.visit("jobs.show", project_id=place.id, job_id=place["reread_id"]).text)
    assert "Nothing was asked of a model" in looked.text
    kept = cem.submit("reread.keep", reread_id=place["reread_id"], **ids)
    assert kept.status_code == 303


def test_a_run_that_goes_on_says_what_to_do_first(cem, place):
    ids = {"project_id": place.id, "run_id": place["run_id"]}
    answer = cem.submit("reread.start", {"layout": "json"}, **ids)
    assert answer.status_code == 409
    assert "Pause or stop it first" in answer.text


def test_no_other_job_is_kept(cem, place, database):
    with database.writing() as session:
        end_run(session, place["run_id"])
    ids = {"project_id": place.id, "run_id": place["run_id"]}
    assert cem.submit("reread.keep", reread_id=place["dry_run_id"], **ids).status_code == 404
