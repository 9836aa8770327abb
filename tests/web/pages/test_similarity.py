"""Similarity: the limit replayed, near-duplicates looked at and turned down together."""

import threading

import pytest

from app.engine import KINDS
from app.jobs import carry_out_job
from app.models.candidates import Outcome
from app.models.generation import Run
from app.models.jobs import Job
from app.projects import create_project
from tests.web.html import parse
from tests.web.world import BOTH, add_candidate

ALIKE = "Sort these three numbers now, number {}."


@pytest.fixture
def similar(database, place):
    """Four examples that are much alike, and one that was filtered out for that."""
    with database.writing() as session:
        session.get_one(Run, place["run_id"]).thresholds = {"novelty": {"max_similarity": 0.9}}
        places = {"run_id": place["run_id"], "in_pool": True, "similarity": 0.9, "output": "<b>1</b>"}
        kept = [add_candidate(session, place.id, ALIKE.format(n), position=n, **places) for n in range(4, 8)]
        too_similar = places | {"in_pool": False, "similarity": 1.0, "position": 8, "rejected_by": "novelty"}
        add_candidate(session, place.id, ALIKE.format(4), outcome=Outcome.REJECTED, **too_similar)
        return [each.id for each in kept]


def carry_out(database, answer):
    """Carry out the job that a form has queued."""
    assert answer.status_code == 303, answer.text
    with database.reading() as session:
        job_id = max(job.id for job in session.query(Job))
    carry_out_job(database, KINDS, job_id, threading.Event())


@BOTH
@pytest.mark.usefixtures("similar")
def test_every_number_of_a_replay_opens_exactly_those_examples(cem, place, database):
    started = cem.submit("similarity.start_replay", {"origin": f"run-{place['run_id']}"}, project_id=place.id)
    assert "Waiting" in cem.follow(started).text
    carry_out(database, started)

    page = parse(cem.follow(started).text)
    assert "The limit was 0.90. A stricter one of 0.85 would have cost 3 examples" in page.text
    opened = 0
    for row in list(page.all("tr"))[1:]:
        for cell in row.all("td"):
            for link in cell.all("a"):
                listed = parse(cem.get(link["href"]).text)
                assert next(each.text for each in listed.all("p") if "count" in each["class"]).startswith(cell.text)
                (heading,) = [each.text for each in listed.all("p") if "finding" in each["class"]]
                assert f"at a limit of {next(row.all('th')).text[:4]}" in heading
                opened += 1
    assert opened > 9
    assert [each["class"] for each in page.all("tr")].count("present") == 1


def test_the_chart_is_drawn_from_what_the_table_says_and_loaded_on_that_page_alone(cem, place):
    html = cem.visit("similarity.replay", project_id=place.id, replay_id=place["replay_id"]).text
    (chart,) = [each for each in parse(html).all("div") if each["data-chart"]]
    assert chart["role"] == "img"
    assert "echarts" in html
    assert "echarts" not in cem.visit("similarity.list", project_id=place.id).text


@BOTH
def test_near_duplicates_are_turned_down_and_taken_back(cem, olga, place, database, similar):
    searched = cem.submit(
        "similarity.search", {"threshold": "0.7", "origin": f"run-{place['run_id']}"}, project_id=place.id
    )
    carry_out(database, searched)
    page = cem.follow(searched)
    assert "3 near-duplicates in 1 group" in parse(page.text).text
    assert "Turn down all 3 near-duplicates…" in page.text
    assert "<mark>5</mark>" in page.text
    assert "<b>1</b>" not in page.text

    search = {"project_id": place.id, "search_id": searched.headers["location"].rsplit("/")[-1]}
    olga.submit(
        "candidates.decide", {"verdict": "approved", "version": 1}, project_id=place.id, candidate_id=similar[1]
    )
    assert "Also 1 example that a person approved" in cem.follow(searched).text
    carry_out(database, cem.submit("similarity.turn_down", **search))
    page = cem.follow(searched).text
    assert "Take it back for 2 near-duplicates…" in page
    assert "Turn down 1 approved one too…" in page
    shown = cem.visit("candidates.show", project_id=place.id, candidate_id=similar[3]).text
    assert f"turned it down: Near-duplicate in the group of example {similar[0]}: 0.86 alike." in shown

    carry_out(database, cem.submit("similarity.take_back", **search))
    assert "Turn down all 2 near-duplicates…" in cem.follow(searched).text
    assert "As it was before" in cem.visit("candidates.show", project_id=place.id, candidate_id=similar[3]).text


@BOTH
@pytest.mark.parametrize("again", [False, True])
def test_another_of_a_group_is_kept_and_the_first_one_again(cem, place, database, similar, again):
    """The page that comes back shows the group, with the former one among those that go."""
    searched = cem.submit(
        "similarity.search", {"threshold": "0.7", "origin": f"run-{place['run_id']}"}, project_id=place.id
    )
    carry_out(database, searched)
    search = {"project_id": place.id, "search_id": searched.headers["location"].rsplit("/")[-1]}
    for chosen in [similar[2], similar[0]][: 1 + again]:
        page = parse(cem.follow(searched).text)
        forms = [each for each in page.all("form") if str(each["action"]).endswith("/keep")]
        offered = [each["value"] for form in forms for each in form.all("input") if each["name"] == "candidate"]
        assert str(chosen) in offered
        kept = cem.submit("similarity.keep", {"candidate": chosen, "page": 1}, **search)
        assert kept.headers["location"].endswith(f"/duplicates/{search['search_id']}?page=1#group-{chosen}")
    (stays,) = [each for each in parse(cem.follow(kept).text).all("div") if "stays" in each["class"]]
    assert f"№ {chosen}" in stays.text

    carry_out(database, cem.submit("similarity.turn_down", **search))
    page = cem.follow(searched).text
    assert "Keep this one instead" not in page
    refused = cem.submit("similarity.keep", {"candidate": similar[1]}, **search)
    assert (refused.status_code, "Take that back first" in refused.text) == (409, True)


@pytest.mark.parametrize("candidate", ["", "0", "x", "9" * 30])
def test_what_is_in_no_group_is_not_kept(cem, place, candidate):
    search = {"project_id": place.id, "search_id": place["search_id"]}
    assert cem.submit("similarity.keep", {"candidate": candidate}, **search).status_code in {404, 422}


@pytest.mark.parametrize(("tokenizer", "label"), [("rouge", "As published (English"), ("unicode", "Every script")])
def test_pages_say_what_counted_as_a_word(cem, place, database, tokenizer, label):
    with database.writing() as session:
        session.get_one(Run, place["run_id"]).thresholds = {"novelty": {"tokenizer": tokenizer}}
    origin = {"origin": f"run-{place['run_id']}"}
    for route in ("similarity.start_replay", "similarity.search"):
        started = cem.submit(route, origin | {"threshold": "0.3"}, project_id=place.id)
        carry_out(database, started)
        said = [each.text for each in parse(cem.follow(started).text).all("summary") if "a word" in each.text]
        assert [each.startswith(f"What counts as a word: {label}") for each in said] == [True]
    shown = cem.visit("runs.show", project_id=place.id, run_id=place["run_id"]).text
    assert "What counts as a word" in shown
    assert label in shown


@pytest.mark.parametrize(("tokenizer", "marked"), [("rouge", []), ("unicode", ["é"])])
def test_what_is_marked_goes_by_the_words_of_the_search(cem, place, database, tokenizer, marked):
    with database.writing() as session:
        session.get_one(Run, place["run_id"]).thresholds = {"novelty": {"tokenizer": tokenizer}}
        for position, word in enumerate(["", "é"], start=4):
            add_candidate(session, place.id, ALIKE.format(word), position=position, run_id=place["run_id"])
    started = cem.submit(
        "similarity.search", {"origin": f"run-{place['run_id']}", "threshold": "0.7"}, project_id=place.id
    )
    carry_out(database, started)
    assert [each.text for each in parse(cem.follow(started).text).all("mark")] == marked


def test_where_there_is_nothing_a_replay_says_so(cem, database, persons):
    with database.writing() as session:
        empty = create_project(session, "Empty", "", persons["Cem"])
    started = cem.submit("similarity.start_replay", project_id=empty.id)
    carry_out(database, started)
    page = cem.follow(started).text
    assert "Nothing to replay" in page
    assert "data-chart" not in page


def test_while_a_decision_is_carried_out_there_is_no_second_one(cem, place):
    search = {"project_id": place.id, "search_id": place["search_id"]}
    page = cem.follow(cem.submit("similarity.turn_down", **search))
    assert "Yes, turn" not in page.text
    assert "Decision on near-duplicates" in page.text
    refused = cem.submit("similarity.take_back", **search)
    assert (refused.status_code, "Wait until that has ended" in refused.text) == (409, True)


def test_a_threshold_that_cannot_be_is_refused_in_the_form(cem, place):
    refused = cem.submit("similarity.search", {"threshold": "7"}, htmx=True, project_id=place.id)
    assert refused.status_code == 422
    assert "Choose a number from 0.3 to 0.99" in refused.text


@pytest.mark.parametrize("page", ["2", "100000"])
def test_a_page_behind_the_last_has_no_group(cem, place, page):
    path = cem.path("similarity.duplicates", project_id=place.id, search_id=place["search_id"])
    assert 'class="stays"' in cem.get(path).text
    assert 'class="stays"' not in cem.get(f"{path}?page={page}").text


def test_a_list_of_findings_keeps_to_them_when_it_is_narrowed(cem, place):
    path = cem.path("candidates.list", project_id=place.id)
    page = parse(cem.get(f"{path}?replay={place['replay_id']}&at=0.70&change=kept").text)
    hidden = {each["name"]: each["value"] for each in page.all("input") if each["type"] == "hidden"}
    assert hidden == {"replay": str(place["replay_id"]), "at": "0.70", "change": "kept"}
    back = [each["href"] for each in page.all("a") if each.text == "Back to the replay"]
    assert back == [cem.path("similarity.replay", project_id=place.id, replay_id=place["replay_id"])]
    odd = f"{path}?replay={place['replay_id']}&at=%3Cb%3E&change=%3Cb%3E"
    assert cem.get(odd).status_code == 200
    assert cem.get(f"{path}?replay=%3Cb%3E").status_code == 404
