"""Prompts: read, worded anew, looked at before they are sent, compared, restored."""

import pytest
from sqlalchemy import select

from app.generation.pipelines import PIPELINES
from app.generation.wording import shipped_text
from app.models.generation import Run
from app.models.jobs import Job
from app.models.prompts import PromptVersion
from tests.web.html import parse
from tests.web.world import HTMX

# What ``world.fill`` worded: version 1 is "Say it".
ALPACA, PLAIN = "alpaca_tasks", "self_instruct_instructions"


def where(place, prompt=ALPACA):
    return {"project_id": place.id, "prompt": prompt}


def save(browser, place, text, version, prompt=ALPACA):
    return browser.submit("prompts.save", {"text": text, "version": version}, **where(place, prompt))


def shown(answer):
    """The words in the editor, and what is said to become of them."""
    page = parse(answer.text)
    (area,) = page.all("textarea")
    previews = [each.own_text for each in page.all("pre") if each["class"] == "sent"]
    return area.own_text.removeprefix("\n"), "".join(previews)


def test_the_list_names_every_prompt_with_its_version(cem, place):
    page = parse(cem.visit("prompts.list", project_id=place.id).text)
    rows = [each.text for each in page.all("li") if "As shipped" in each.text or "Version" in each.text]
    assert len(rows) == sum(len(pipeline.prompts) for pipeline in PIPELINES)
    (changed,) = [row for row in rows if "Version 1" in row]
    assert changed.startswith("A list of whole tasks Version 1 States the rules")
    assert "Changed by Olga just now." in changed


def test_the_editor_shows_the_words_in_force_and_what_becomes_of_them(cem, place):
    words, preview = shown(cem.visit("prompts.show", **where(place)))
    assert words == "Say it"
    assert preview.startswith("Say it\n###\n1. Instruction: Say it ")
    assert preview.endswith("\n4. Instruction:")


def test_a_new_text_is_a_version_that_the_next_run_uses(cem, place, database):
    answer = cem.follow(save(cem, place, "Think of {{ tasks }} tasks:\r\n{{ list }}", 1))
    assert "Version 2 is in use from the next run on." in answer.text
    assert shown(answer)[0] == "Think of {{ tasks }} tasks:\n{{ list }}"
    form = {"pipeline": "alpaca", "endpoint": place["endpoint_id"], "target_kept": "5"}
    started = cem.follow(cem.submit("runs.start", form, project_id=place.id))
    assert "version 2" in parse(started.text).text
    with database.reading() as session:
        assert [
            run.wording for run in session.scalars(select(Run).where(Run.comparison_id.is_(None)).order_by(Run.id))
        ] == [{ALPACA: 1}, {ALPACA: 2}]
    form = parse(cem.get(cem.path("runs.new", project_id=place.id) + "?pipeline=alpaca").text)
    assert [each.text for each in form.all("li") if "whole tasks" in each.text] == ["A list of whole tasks version 2"]


@pytest.mark.parametrize(
    ("text", "version", "status", "sentence"),
    [
        ("{{ list }}\n{{ lost }}", 1, 422, "Line 2: “lost” is no placeholder here."),
        ("a" * 20_001, 1, 422, "at most 20,000 are taken"),
        ("Another", 0, 409, "Somebody else changed this prompt in the meantime."),
    ],
)
def test_a_text_that_is_refused_changes_nothing(cem, place, database, text, version, status, sentence):
    answer = save(cem, place, text, version)
    assert answer.status_code == status
    assert sentence in answer.text
    with database.reading() as session:
        assert session.scalars(select(PromptVersion.text).where(PromptVersion.project_id == place.id)).all() == [
            "Say it"
        ]


def test_the_preview_fills_in_what_is_typed_and_stores_nothing(cem, place):
    path = cem.path("prompts.preview", **where(place))
    part = cem.post(path, data={"text": "Typed {{ tasks }} <b>", "version": 1}, headers=HTMX)
    assert part.text.startswith('<section id="prompt-preview"')
    assert "Typed 20 &lt;b&gt;\n###\n1. Instruction: Say it " in part.text
    whole = cem.post(path, data={"text": "Typed {{ tasks }} <b>"})
    assert shown(whole)[0] == "Typed {{ tasks }} <b>"
    assert shown(whole)[1].startswith("Typed 20 <b>\n###")
    assert shown(cem.visit("prompts.show", **where(place)))[0] == "Say it"


@pytest.mark.parametrize(
    ("prompt", "text", "sentence"),
    [
        (ALPACA, "{{ list", "Sent as it stands"),
        (ALPACA, "Typed {{ x }}", "Sent as it stands, for it is no placeholder: <code>{{ x }}</code>"),
        (ALPACA, "{{ list }}{{ 9 ** 9 }}", "Line 1: only placeholders and “if” can be used"),
        (ALPACA, " ", "The text is empty."),
        (ALPACA, "a" * 20_001, "at most 20,000 are taken"),
        (PLAIN, "Typed", "this project has 3. Add seed tasks"),
    ],
)
def test_what_is_wrong_is_said_where_the_preview_was(cem, place, prompt, text, sentence):
    answer = cem.post(cem.path("prompts.preview", **where(place, prompt)), data={"text": text}, headers=HTMX)
    assert answer.status_code == 200
    if text == "{{ list":
        assert "{{ list\n###" in answer.text
    else:
        assert sentence in answer.text.replace("&gt;", ">")


def test_versions_are_compared_by_words(cem, place):
    save(cem, place, "Say it <twice>", 1)
    page = parse(cem.visit("prompts.compare", **where(place)).text)
    assert [each.text for each in page.all("ins")] == ["<twice>"]
    assert [each.text for each in page.all("del")] == []
    path = cem.path("prompts.compare", **where(place))
    page = parse(cem.get(path + "?before=2&after=1").text)
    assert [each.text for each in page.all("del")] == ["<twice>"]
    assert "Both have the same words." in cem.get(path + "?before=2&after=2").text
    assert cem.get(path + "?before=7&after=1").status_code == 404
    assert cem.visit("prompts.compare", **where(place, PLAIN)).status_code == 200


def test_an_old_version_is_used_again(cem, place):
    save(cem, place, "Say it twice", 1)
    answer = cem.follow(cem.submit("prompts.restore", {"version": 0}, **where(place)))
    assert "Version 3 is in use" in answer.text
    assert shown(answer)[0] == shipped_text(ALPACA)
    assert cem.submit("prompts.restore", {"version": 9}, **where(place)).status_code == 404


def test_a_prompt_that_there_is_not_is_not_found(cem, place):
    for route in ("prompts.show", "prompts.compare"):
        assert cem.visit(route, **where(place, "unheard_of")).status_code == 404
    assert save(cem, place, "x", 0, "unheard_of").status_code == 404


def test_words_are_tried_before_they_are_saved(cem, place, database):
    form = {"text": "Think of {{ tasks }} tasks:\n{{ list }}", "endpoint": place["endpoint_id"]}
    answer = cem.follow(cem.submit("prompts.dry_run", form, **where(place)))
    assert "With words of “A list of whole tasks” that were being edited." in answer.text
    with database.reading() as session:
        job = session.scalars(select(Job).order_by(Job.id.desc())).first()
        assert len(session.scalars(select(PromptVersion)).all()) == 1
    assert job.parameters["words"] == {ALPACA: "Think of {{ tasks }} tasks:\n{{ list }}"}
    assert cem.submit("prompts.dry_run", form | {"endpoint": "0"}, **where(place)).status_code == 404
