"""Runs: started with a form of their pipeline's making, watched live, stopped and continued."""

import re
import threading

import pytest
from sqlalchemy import select, update

from app.models.base import now
from app.models.generation import Run, RunState
from app.models.people import SignIn
from tests.web.html import parse
from tests.web.world import end_run


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


def test_another_projects_run_has_no_stream(cem, place, elsewhere):
    answer = cem.visit("runs.live", project_id=place.id, run_id=elsewhere["run_id"])
    assert answer.status_code == 404


def _run(place):
    return {"project_id": place.id, "run_id": place["run_id"]}
