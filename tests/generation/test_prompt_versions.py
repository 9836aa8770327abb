"""A project's own words for its prompts: versions that are added and never changed."""

from functools import partial

import pytest
from sqlalchemy import select

from app.errors import Conflict, InvalidInput, NotFound
from app.generation import prompt_versions, runs
from app.generation.pipelines import alpaca, self_instruct
from app.generation.wording import shipped_text
from app.generation.workflow import terms_of
from app.models.events import Event
from app.models.generation import Run
from app.models.prompts import PromptVersion
from tests.builders import add_person, add_project
from tests.racing import race

NAME = "alpaca_tasks"
PIPELINE, SHEET = prompt_versions.sheet_named(NAME)


@pytest.fixture
def project(session):
    return add_project(session)


def save(session, project, text, seen=0, sheet=SHEET):
    owner = add_person(session, "Writer")
    return prompt_versions.save_prompt(session, project.id, sheet, text, seen=seen, actor_id=owner.id)


def texts(session, project):
    return [(each.version, each.text) for each in prompt_versions.versions_of(session, project.id, SHEET)]


def test_every_prompt_is_found_by_its_name():
    assert (alpaca.pipeline, alpaca.TASKS) == (PIPELINE, SHEET)
    with pytest.raises(NotFound, match="no such prompt"):
        prompt_versions.sheet_named("unheard_of")


def test_each_text_is_the_next_version(session, project):
    assert save(session, project, "One.") == 1
    assert save(session, project, "Two.", 1) == 2
    assert texts(session, project) == [(2, "Two."), (1, "One.")]
    assert [each.written_by.name for each in prompt_versions.versions_of(session, project.id, SHEET)] == ["Writer"] * 2
    events = session.scalars(select(Event).where(Event.kind == "prompt.edited")).all()
    assert [event.after for event in events] == [{"prompt": SHEET.title, "version": number} for number in (1, 2)]


@pytest.mark.parametrize("seen", [0, 1, 9])
def test_the_same_text_is_no_new_version(session, project, seen):
    save(session, project, "One.")
    assert save(session, project, "  One.\r\n", seen) == 1
    assert texts(session, project) == [(1, "One.")]


def test_the_shipped_text_is_no_version(session, project):
    assert save(session, project, shipped_text(NAME)) == 0
    assert texts(session, project) == []


@pytest.mark.parametrize("seen", [0, 2])
def test_who_saw_another_version_is_told(session, project, seen):
    save(session, project, "One.")
    with pytest.raises(Conflict, match="Somebody else changed this prompt"):
        save(session, project, "Two.", seen)
    assert texts(session, project) == [(1, "One.")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("  ", "The text is empty."),
        ("a" * 20_001, "at most 20,000"),
        ("One\x00", "control character"),
        ("{{ list }}\n{{ lost }}", "Line 2: “lost” is no placeholder"),
    ],
)
def test_what_could_not_be_sent_is_refused(session, project, text, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        save(session, project, text)
    assert texts(session, project) == []


def test_restoring_is_a_new_version_with_the_old_text(session, project):
    owner = add_person(session)
    save(session, project, "One.")
    save(session, project, "Two.", 1)
    assert prompt_versions.restore_prompt(session, project.id, SHEET, 1, owner.id) == 3
    assert prompt_versions.restore_prompt(session, project.id, SHEET, 1, owner.id) == 3
    assert prompt_versions.restore_prompt(session, project.id, SHEET, 0, owner.id) == 4
    assert texts(session, project) == [(4, shipped_text(NAME)), (3, "One."), (2, "Two."), (1, "One.")]
    with pytest.raises(NotFound, match="has no version 9"):
        prompt_versions.restore_prompt(session, project.id, SHEET, 9, owner.id)


def test_what_is_in_force_is_told_for_a_pipeline(session, project):
    other = add_project(session, name="Another")
    save(session, project, "One.")
    save(session, project, "Two.", 1)
    save(session, other, "Theirs.")
    assert prompt_versions.versions_in_force(session, project.id, alpaca.pipeline) == {NAME: 2}
    none = dict.fromkeys([sheet.name for sheet in self_instruct.pipeline.prompts], 0)
    assert prompt_versions.versions_in_force(session, project.id, self_instruct.pipeline) == none
    assert {name: each.text for name, each in prompt_versions.newest_versions(session, project.id).items()} == {
        NAME: "Two."
    }


@pytest.mark.parametrize(("version", "text"), [(1, "One."), (2, "Two."), (0, shipped_text(NAME))])
def test_the_words_of_a_version_are_looked_up(session, project, version, text):
    save(session, project, "One.")
    save(session, project, "Two.", 1)
    assert prompt_versions.text_at(session, project.id, SHEET, version) == text
    assert prompt_versions.wording_at(session, project.id, {NAME: version}).text_of(SHEET) == text


def test_a_started_run_keeps_its_words(shop):
    with shop.database.writing() as session:
        prompt_versions.save_prompt(session, shop.project_id, SHEET, "One.", seen=0, actor_id=shop.owner_id)
    endpoint = shop.endpoint("http://127.0.0.1:9/v1")
    run_id = shop.queue(endpoint, pipeline="alpaca")
    with shop.database.writing() as session:
        prompt_versions.save_prompt(session, shop.project_id, SHEET, "Two.", seen=1, actor_id=shop.owner_id)
        runs.cancel_run(session, session.get_one(Run, run_id), shop.owner_id)
        runs.continue_run(session, session.get_one(Run, run_id), shop.owner_id)
    with shop.database.reading() as session:
        run = session.get_one(Run, run_id)
        assert run.wording == {NAME: 1}
        assert terms_of(session, run).wording.text_of(SHEET) == "One."
    assert shop.run(shop.queue(endpoint, pipeline="alpaca")).wording == {NAME: 2}


def test_a_run_from_before_uses_the_shipped_words(shop):
    run_id = shop.queue(shop.endpoint("http://127.0.0.1:9/v1"), pipeline="alpaca")
    with shop.database.writing() as session:
        prompt_versions.save_prompt(session, shop.project_id, SHEET, "One.", seen=0, actor_id=shop.owner_id)
        run = session.get_one(Run, run_id)
        run.wording = {}
        assert terms_of(session, run).wording.text_of(SHEET) == shipped_text(NAME)


def test_of_many_who_saw_the_same_version_one_is_first(shop):
    def write(number):
        with shop.database.writing() as session:
            try:
                prompt_versions.save_prompt(
                    session, shop.project_id, SHEET, f"Text {number}.", seen=0, actor_id=shop.owner_id
                )
            except Conflict:
                return False
        return True

    assert sum(race(*[partial(write, number) for number in range(4)])) == 1
    with shop.database.reading() as session:
        assert [each.version for each in session.scalars(select(PromptVersion))] == [1]
