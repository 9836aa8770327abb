"""``tamis runs start``: everything that the form of the page has."""

import re

import pytest
from sqlalchemy import select

from app.database import Database
from app.models.generation import Endpoint, Run
from tests.builders import add_candidate, add_project
from tests.starting import refused, said


@pytest.fixture
def seas(database: Database) -> None:
    """A project with a model that has a price, and three kept examples."""
    with database.writing() as session:
        project = add_project(session, name="Seas")
        where = {"name": "m", "base_url": "http://127.0.0.1:9/v1", "model": "m"}
        session.add(Endpoint(project_id=project.id, price_in=1_000_000, price_out=1_000_000, **where))
        for name in ("North", "Baltic", "Red"):
            add_candidate(session, project, f"Describe the {name} Sea in two lines.", output="Wet.")


def run_of(database: Database) -> Run:
    with database.reading() as session:
        return session.scalars(select(Run)).one()


@pytest.mark.usefixtures("seas")
def test_a_translation_starts_with_everything_set(database, tamis):
    words = "--pipeline translate --set into=French --set temperature=0.5 --threshold length.min_words=3"
    words += " --without wording --limit-cost 2.50 --calls 40 --concurrency 3 --seed 7 --examples kept --most 2"
    assert said(tamis("runs", "start", "Seas", *words.split())) == "Run 1 is queued.\n"
    run = run_of(database)
    assert (run.parameters["into"], run.parameters["temperature"]) == ("French", 0.5)
    assert run.thresholds["length"]["min_words"] == 3
    assert "wording" not in run.thresholds
    assert (run.cost_limit, run.target_calls, run.target_kept) == (2_500_000_000, 40, None)
    assert (run.concurrency, run.seed, run.rounds, run.choice["most"]) == (3, 7, 2, 2)


@pytest.mark.usefixtures("seas")
def test_texts_of_a_file_get_instructions(database, tamis):
    (tamis.folder / "texts.txt").write_text("The tide comes in.\n\nThe moon pulls.\n")
    words = "--pipeline back_generation --set texts=@texts.txt --set demonstrations=0 --target 5"
    said(tamis("runs", "start", "Seas", *words.split()))
    run = run_of(database)
    assert (run.rounds, run.target_kept) == (2, 5)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--pipeline haiku", r"There is no pipeline named “haiku”\. Choose one of: self_instruct, .*"),
        ("--pipeline translate", r"--set into: Say into which language the examples are to be translated\."),
        ("--pipeline translate --set into=Thai --from 5", r"--from: Choose a run or an import with its number, .*"),
        ("--pipeline translate --set into=Thai --from run-9", r"No example fits this choice\. .*"),
        ("--pipeline translate --set into=Thai --examples all", r"--examples: Choose kept, approved or .*"),
        ("--pipeline translate --set into=Thai --most 0", r"--most: At most must be a whole number from 1 .*"),
        ("--examples kept", r"--examples, --from and --most go with teacher, translate: Self-Instruct makes .*"),
        (
            "--pipeline translate --set into=Thai --limit-cost much",
            r"--limit-cost: Money must be a number of dollars such as 0\.15\.",
        ),
        (
            "--pipeline translate --set into=Thai --target 0",
            r"--target: Kept examples must be a whole number from 1 .*",
        ),
        ("--pipeline translate --set into=Thai --calls 0", r"--calls: Calls must be a whole number from 1 .*"),
        ("--seed x", r"--seed: Random seed must be a whole number .*"),
        ("--endpoint other", r"Name one of the project's models with --endpoint\. .*"),
        ("--pipeline judge", r"--pipeline: A judge needs answers to compare: start a comparison\."),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("seas")
def test_an_option_that_does_not_fit_is_named_and_nothing_is_queued(database, tamis, words, sentence):
    assert re.fullmatch(sentence, refused(tamis("runs", "start", "Seas", *words.split())))
    with database.reading() as session:
        assert session.scalars(select(Run)).all() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_can_be_set_is_listed_without_a_database(tamis):
    listed = said(tamis("runs", "settings", "translate", TAMIS_DATABASE_URL="sqlite:////nowhere/at/all.db"))
    assert "  into  Into which language: a text\n" in listed
    assert "  length.min_words  Fewest words: a whole number from 1 to 10000; 4\n" in listed
