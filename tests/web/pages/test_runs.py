"""Runs: started with a form of their pipeline's making, watched live, stopped and continued."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta

import pytest
from anyio.from_thread import start_blocking_portal
from sqlalchemy import select, update

from app.models.base import now
from app.models.generation import CallOutcome, Endpoint, Run, RunState
from app.models.jobs import Job
from app.models.people import SignIn
from app.web.live import Streams
from app.web.visit import COOKIE
from tests.builders import add_call
from tests.web.fuzz.shots import Gun, Shot
from tests.web.html import parse
from tests.web.world import end_job, end_run, tried_of


def _sent_by_a_browser(page):
    """The fields of the new-run form as a browser would send them untouched."""
    (form,) = [each for each in page.all("form") if each["id"] == "new-run"]
    fields = {}
    for each in form.all("input", "select", "textarea"):
        if each.tag == "select":
            fields[each["name"]] = next(each.all("option"))["value"]
        elif each["type"] != "checkbox" or "checked" in each.attributes:
            fields.setdefault(each["name"], []).append(each["value"] if each.tag == "input" else each.own_text.strip())
    return fields


@pytest.mark.parametrize("pipeline", ["alpaca", "self_instruct"])
def test_the_form_as_it_is_shown_starts_a_run_with_the_published_values(cem, place, database, pipeline):
    for number in range(10):
        form = {"name": f"river {number}", "instruction": f"Name river {number}.", "input": "", "output": "x"}
        cem.submit("seeds.add", form, project_id=place.id)
    page = parse(cem.get(cem.path("runs.new", project_id=place.id) + f"?pipeline={pipeline}").text)
    answer = cem.submit("runs.start", _sent_by_a_browser(page), project_id=place.id)
    assert answer.status_code == 303, answer.text
    assert "Waiting" in cem.follow(answer).text
    with database.reading() as session:
        run = session.scalars(select(Run).order_by(Run.id.desc())).first()
    assert (run.pipeline, run.state, run.target_kept) == (pipeline, RunState.QUEUED, 200)
    assert "image" in run.thresholds["wording"]["words"]
    assert run.parameters["temperature"] == {"alpaca": 1.0, "self_instruct": 0.7}[pipeline]


def test_what_counts_as_a_word_is_chosen_by_its_name_in_words(cem, place, database):
    page = parse(cem.get(cem.path("runs.new", project_id=place.id)).text)
    (select_,) = [each for each in page.all("select") if each["name"] == "threshold.novelty.tokenizer"]
    shown = [(each["value"], each.text) for each in select_.all("option")]
    assert shown == [("unicode", "Every script"), ("rouge", "As published (English letters and digits)")]

    form = {"pipeline": "alpaca", "endpoint": place["endpoint_id"], "target_kept": "5", "filter": ["novelty"]}
    chosen = form | {"threshold.novelty.tokenizer": "rouge"}
    assert cem.submit("runs.start", chosen, project_id=place.id).status_code == 303
    with database.reading() as session:
        run = session.scalars(select(Run).order_by(Run.id.desc())).first()
    assert run.thresholds["novelty"] == {"max_similarity": 0.7, "tokenizer": "rouge"}
    assert cem.submit("runs.start", form | {"threshold.novelty.tokenizer": "x"}, project_id=place.id).status_code == 422


def test_texts_to_find_instructions_for_may_come_from_the_project(cem, place, database):
    long = "The Loire is the longest river of France, and the last wild one."
    seed = {"name": "loire", "instruction": "Describe it.", "input": "", "output": f"{long}\n\nIt floods."}
    cem.submit("seeds.add", seed, project_id=place.id)
    path = cem.path("runs.new", project_id=place.id) + "?pipeline=back_generation"
    (empty,) = [each for each in parse(cem.get(path).text).all("textarea") if each["name"] == "parameter.texts"]
    assert empty.own_text.strip() == ""
    fields = _sent_by_a_browser(parse(cem.get(f"{path}&texts=seeds").text)) | {"parameter.demonstrations": "0"}
    assert cem.submit("runs.start", fields, project_id=place.id).status_code == 303
    with database.reading() as session:
        run = session.scalars(select(Run).order_by(Run.id.desc())).first()
    assert run.parameters["texts"] == f"{long}\n\nIt floods."
    assert cem.get(f"{path}&texts=nonsense").status_code == 200


def _planned(cem, place, query):
    page = parse(cem.get(cem.path("runs.new", project_id=place.id) + query).text)
    (model,) = [each for each in page.all("select") if each["name"] == "endpoint"]
    chosen = [each["value"] for each in model.all("option") if "selected" in each.attributes]
    return page, _sent_by_a_browser(page) | {"endpoint": chosen}


def _newest_run(database):
    with database.reading() as session:
        return session.scalars(select(Run).order_by(Run.id.desc())).first()


def test_a_run_is_started_again_as_it_was_with_another_seed(cem, place, database):
    form = {"pipeline": "alpaca", "endpoint": place["endpoint_id"], "target_calls": "50", "seed": "7"}
    form |= {"parameter.tasks": "9", "parameter.topic": "Rivers", "filter": "wording"}
    form |= {"threshold.wording.words": "image, dam", "threshold.wording.drop_programs": "false"}
    assert cem.submit("runs.start", form, project_id=place.id).status_code == 303
    first = _newest_run(database)
    page, fields = _planned(cem, place, f"?like={first.id}")
    assert f"Filled in as run {first.id} was, with a new random seed." in page.text
    assert cem.submit("runs.start", fields, project_id=place.id).status_code == 303
    again = _newest_run(database)
    assert again.id != first.id
    for name in ("pipeline", "endpoint_id", "parameters", "thresholds", "target_kept", "target_calls", "cost_limit"):
        assert getattr(again, name) == getattr(first, name), name
    assert again.seed != first.seed
    assert fields["seed"] == [str(again.seed)], "it is shown"


def test_a_dry_run_is_started_from_the_form_and_leads_back_to_it(cem, place, database):
    form = {"pipeline": "alpaca", "endpoint": place["endpoint_id"], "cost_limit": "", "parameter.tasks": "9"}
    answer = cem.submit("runs.dry_run", form | {"filter": "length"}, project_id=place.id)
    assert "Waiting" in cem.follow(answer).text, "no target is needed"
    with database.writing() as session:
        job = session.scalars(select(Job).order_by(Job.id.desc())).first()
        end_job(session, job.id, **tried_of("Say it"))
    shown = parse(cem.visit("jobs.show", project_id=place.id, job_id=job.id).text)
    (link,) = [each for each in shown.all("a") if each.text == "Start this run"]
    _, fields = _planned(cem, place, link["href"].partition("/new")[2])
    assert cem.submit("runs.start", fields | {"target_kept": "5"}, project_id=place.id).status_code == 303
    run = _newest_run(database)
    assert (run.seed, run.parameters["tasks"]) == (job.parameters["seed"], 9)
    assert set(run.thresholds) == {"length", "format", "instances"}, "the last two are always asked"


def test_forms_are_not_filled_from_elsewhere(cem, place, elsewhere):
    path = cem.path("runs.new", project_id=place.id)
    for query in (f"like={elsewhere['run_id']}", f"like_job={elsewhere['dry_run_id']}", f"like_job={place['job_id']}"):
        assert cem.get(f"{path}?{query}").status_code == 404


def test_the_estimate_follows_the_form_and_says_where_it_is_from(cem, place):
    form = {"pipeline": "alpaca", "endpoint": place["endpoint_id"], "target_kept": "300"}
    told = parse(cem.submit("runs.estimate", form, project_id=place.id, htmx=True).text).text
    assert "Calls 600" in told
    assert "A guess from 2 prompts of the dry run; it may be far off." in told
    page = cem.submit("runs.estimate", form | {"target_kept": "30", "parameter.topic": "Rivers"}, project_id=place.id)
    (area,) = [each for each in parse(page.text).all("input") if each["name"] == "parameter.topic"]
    assert area["value"] == "Rivers"
    assert "Calls 60" in parse(page.text).text
    for changed, sentence in (
        ({"target_kept": ""}, "Say when to stop"),
        ({"target_kept": "many"}, "Kept examples must be a whole number"),
        ({"pipeline": "evolve"}, "There is nothing to go by yet"),
    ):
        assert sentence in cem.submit("runs.estimate", form | changed, project_id=place.id, htmx=True).text


@pytest.mark.parametrize(("holds", "words"), [(3, "does not answer"), (0, "asks for patience")])
def test_a_held_model_is_said_on_the_page_of_a_run(cem, place, database, holds, words):
    with database.writing() as session:
        session.get_one(Run, place["run_id"]).state = RunState.RUNNING
        endpoint = session.get_one(Endpoint, place["endpoint_id"])
        endpoint.holds, endpoint.held_until = holds, now() + timedelta(seconds=90)
        name = endpoint.name
    for route in ("runs.show", "runs.figures"):
        text = parse(cem.visit(route, **_run(place)).text).text
        assert f"{name} {words}. It is asked again in 1 min" in text
    with database.writing() as session:
        session.get_one(Endpoint, place["endpoint_id"]).held_until = now() - timedelta(seconds=1)
    assert words not in cem.visit("runs.show", **_run(place)).text


def test_what_is_under_way_is_beside_the_cost_and_what_is_thrown_away_has_an_example(cem, place, database):
    with database.writing() as session:
        run = session.get_one(Run, place["run_id"])
        run.state = RunState.RUNNING
        for number, outcome in enumerate((CallOutcome.IN_FLIGHT, CallOutcome.ANSWERED)):
            call = add_call(session, run, position=number)
            call.outcome, call.cost = outcome, 20_000_000
    page = parse(cem.visit("runs.show", **_run(place)).text)
    assert "Cost so far $0.02 + up to $0.02 under way" in page.text
    (thrown_away,) = [each for each in page.all("ol") if each["class"] == "sieved"]
    assert thrown_away.text.startswith("Too short or long 1 33%")
    assert "Say it Say it" in thrown_away.text, "its instruction and the reason"


def test_a_filter_left_unticked_is_not_asked(cem, place, database):
    form = {"pipeline": "alpaca", "endpoint": place["endpoint_id"], "target_kept": "5", "filter": ["length"]}
    assert cem.submit("runs.start", form, project_id=place.id).status_code == 303
    with database.reading() as session:
        run = session.scalars(select(Run).order_by(Run.id.desc())).first()
    assert "length" in run.thresholds
    assert "wording" not in run.thresholds
    assert "novelty" not in run.thresholds


def test_a_run_is_stopped_and_continued(cem, place):
    assert "Stopped" in cem.follow(cem.submit("runs.cancel", **_run(place))).text
    assert "Waiting" in cem.follow(cem.submit("runs.continue", **_run(place))).text
    assert cem.submit("runs.continue", **_run(place)).status_code == 409


def test_an_ended_run_is_streamed_once_and_said_to_have_ended(cem, place, database):
    with database.writing() as session:
        end_run(session, place["run_id"])
    answer = cem.visit("runs.live", **_run(place))
    assert answer.headers["content-type"].startswith("text/event-stream")
    messages = [each for each in answer.text.replace("\r\n", "\n").split("\n\n") if each.strip()]
    assert len(messages) == 2
    html = "\n".join(re.findall(r"^data: ?(.*)$", messages[0], re.MULTILINE))
    assert html.strip() == cem.visit("runs.figures", **_run(place)).text.strip()
    assert "event: ended" in messages[1]


def _end_the_run(session, place, _person_id):
    end_run(session, place["run_id"])


def _sign_out(session, _place, person_id):
    session.execute(update(SignIn).where(SignIn.person_id == person_id).values(revoked_at=now()))


@pytest.mark.parametrize(("happens", "states"), [(_end_the_run, 2), (_sign_out, 1)])
def test_a_stream_ends_with_its_run_or_with_its_readers_sign_in(cem, place, database, happens, states, caplog):
    def later():
        with database.writing() as session:
            happens(session, place, cem.person_id)

    timer = threading.Timer(0.5, later)
    timer.start()
    answer = cem.visit("runs.live", **_run(place))
    timer.join()
    assert answer.text.count("<h1>") == states
    assert answer.text.rstrip().endswith("ended")
    assert "Traceback" not in caplog.text


def test_one_person_follows_so_many_pages_at_once(cem, olga, place, database):
    cem.app.state.streams = Streams(2)
    with ThreadPoolExecutor(4) as tabs:
        followed = [tabs.submit(cem.visit, "runs.live", **_run(place)) for _ in range(3)]
        try:
            refused = next(as_completed(followed, timeout=5))
            others = tabs.submit(olga.visit, "runs.live", **_run(place))
        finally:
            with database.writing() as session:
                end_run(session, place["run_id"])
    assert "You follow 2 pages at once already." in refused.result().text
    assert sorted(each.result().status_code for each in followed) == [200, 200, 429]
    assert others.result().status_code == cem.visit("runs.live", **_run(place)).status_code == 200


def test_whoever_hangs_up_may_follow_another_page(cem, place):
    cem.app.state.streams = Streams(1)
    shot = Shot("curator", "GET", cem.path("runs.live", **_run(place)))
    with start_blocking_portal() as portal:
        gun = Gun(cem.app, portal)
        answers = [gun.send(shot, f"{COOKIE}={cem.cookies[COOKIE]}") for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    assert all(b"<h1>" in answer.body for answer in answers)


def test_another_projects_run_has_no_stream(cem, place, elsewhere):
    answer = cem.visit("runs.live", project_id=place.id, run_id=elsewhere["run_id"])
    assert answer.status_code == 404


def _run(place):
    return {"project_id": place.id, "run_id": place["run_id"]}
