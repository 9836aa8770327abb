"""What happened lately is told in words, whatever it was."""

import re
from pathlib import Path

import app
from app.approval import apply_rule
from app.insights import activity
from app.insights.activity import newest_events
from app.models.events import record
from tests.builders import add_candidate, add_person, add_project, rate


def test_it_tells_who_did_what_newest_first(session):
    project, ada = add_project(session, name="Fruits"), add_person(session, "Ada")
    candidate = add_candidate(session, project)
    rate(session, candidate, ada)
    session.flush()
    told = [(each.who, each.what) for each in newest_events(session, project.id, 10)]
    assert told == [("Ada", f"rated example {candidate.id}"), ("Owner of Fruits", "created the project")]


def test_it_tells_no_more_than_was_asked_for(session):
    project, ada = add_project(session), add_person(session)
    for number in range(5):
        rate(session, add_candidate(session, project, f"Name {number} fruits."), ada)
    assert len(newest_events(session, project.id, 3)) == 3


def test_other_projects_are_left_out(session):
    project = add_project(session)
    add_project(session, name="Elsewhere")
    session.flush()
    assert len(newest_events(session, project.id, 10)) == 1


def test_what_nobody_did_was_done_by_the_product(session):
    project = add_project(session, approval_ratings=1)
    candidate = add_candidate(session, project)
    rate(session, candidate, add_person(session))
    apply_rule(session, project, candidate)
    newest = newest_events(session, project.id, 1)[0]
    assert (newest.who, newest.what) == ("Tamis", f"decided on example {candidate.id}: approved")


def test_what_an_event_does_not_say_is_left_out_of_its_sentence(session):
    project = add_project(session)
    record(session, "release.frozen", project_id=project.id, actor_id=None, after={"name": "{examples} {0}"})
    record(session, "no.such_kind", project_id=project.id, actor_id=None)
    session.flush()
    assert [each.what for each in newest_events(session, project.id, 2)] == [
        "no: such kind",
        "froze the release {examples} {0} with … examples",
    ]


# The project is gone by then: an event of the instance.
_OF_NO_PROJECT = {"project.deleted"}


def test_every_event_of_a_project_has_its_words():
    stages = [path for path in Path(app.__file__).parent.rglob("*.py") if path.parts[-3:-1] != ("web", "pages")]
    # Kinds that another stage reads are constants of the pool.
    recording = [path.read_text() for path in stages if path.name == "pool.py" or "record(" in path.read_text()]
    nouns = "|".join({kind.split(".")[0] for kind in activity._WORDS})
    told = set(re.findall(rf'"((?:{nouns})\.(?!jsonl)[a-z_]+)"', "".join(recording)))
    assert told - _OF_NO_PROJECT == set(activity._WORDS)
