"""The funnel counts examples, each stage a part of the one before."""

from app.candidates.editing import edit_candidate
from app.database import Database
from app.examples import Example
from app.insights.funnel import Funnel, funnels_of
from app.models.candidates import Outcome
from app.releases.snapshots import freeze
from tests.builders import add_candidate, add_person, add_project, approve, counting_queries, rate, skip


def test_each_stage_counts_examples_once(session):
    project, ada, bo = add_project(session), add_person(session, "Ada"), add_person(session, "Bo")
    first, second, third, *_ = [add_candidate(session, project, f"Name {n} fruits.") for n in range(5)]
    add_candidate(session, project, outcome=Outcome.REJECTED)
    add_candidate(session, project, outcome=Outcome.UNFINISHED)
    for person in (ada, bo):
        rate(session, first, person)
        rate(session, second, person, valid=False)
        skip(session, third, person)
    approve(session, first, ada)
    approve(session, third, ada)
    edit_candidate(session, third, Example("Name a nut.", "", "Hazel."), version=1, actor_id=ada.id)
    assert funnels_of(session, [project.id])[project.id] == Funnel(proposed=7, kept=5, rated=2, approved=1)


def test_released_are_those_of_the_newest_release(session):
    project, ada = add_project(session), add_person(session)
    for number in range(3):
        approve(session, add_candidate(session, project, f"Name {number} fruits."), ada)
        freeze(session, project, name=f"v{number}", notes="", actor_id=ada.id)
    assert funnels_of(session, [project.id])[project.id].released == 3


def test_an_empty_project_has_a_funnel_of_zeros(session):
    project = add_project(session)
    assert funnels_of(session, [project.id]) == {project.id: Funnel()}
    assert funnels_of(session, []) == {}


def test_projects_are_kept_apart_in_two_queries(database: Database):
    with database.writing() as session:
        ids = []
        for size in range(4):
            project = add_project(session, name=f"Sieve {size}")
            ids.append(project.id)
            for number in range(size):
                add_candidate(session, project, f"Name {number} fruits.")
    with database.reading() as session, counting_queries(database) as queries:
        funnels = funnels_of(session, ids)
    assert [funnels[each].kept for each in ids] == [0, 1, 2, 3]
    assert len([each for each in queries if each.startswith("SELECT")]) == 2


def test_stages_are_told_in_their_order():
    assert Funnel(5, 4, 3, 2, 1).stages() == [
        ("Proposed", 5),
        ("Kept", 4),
        ("Rated", 3),
        ("Approved", 2),
        ("Released", 1),
    ]
