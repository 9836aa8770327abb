"""Where a candidate came from and what became of it."""

import pytest

from app.approval import apply_rule, decide
from app.candidates.editing import edit_candidate
from app.candidates.lineage import Shown, lineage_of
from app.examples import Example
from app.models.candidates import Verdict
from tests.builders import (
    add_call,
    add_candidate,
    add_person,
    add_project,
    add_run,
    add_seed_task,
    counting_queries,
    rate,
    show_in_prompt,
)


@pytest.fixture
def run(session, project, ada):
    return add_run(session, project, ada)


@pytest.fixture
def proposing(session, run):
    return add_call(session, run)


def proposed(session, project, call, position, **more):
    return add_candidate(
        session, project, f"Task {position}.", run_id=call.run_id, call_id=call.id, position=position, **more
    )


def test_a_candidate_that_no_run_made_has_its_own_history_only(session, project):
    lineage = lineage_of(session, add_candidate(session, project))
    assert (lineage.run, lineage.endpoint) == (None, None)
    for kind in ("calls", "shown", "siblings", "versions", "ratings", "decisions"):
        assert list(getattr(lineage, kind)) == []


def test_it_names_the_run_its_model_and_the_calls_in_the_order_sent(session, project, run, proposing):
    candidate = proposed(session, project, proposing, 0)
    add_call(session, run, purpose="instances", position=1)
    writing = add_call(session, run, purpose="instances", position=0)
    other_run = add_run(session, project, add_person(session))
    add_call(session, other_run, purpose="instances", position=0)
    unanswered = add_call(session, run, purpose="classify", position=0)
    unanswered.text = None
    session.flush()
    lineage = lineage_of(session, candidate)
    assert (lineage.run, lineage.endpoint.id) == (run, run.endpoint_id)
    assert [call.id for call in lineage.calls] == [proposing.id, writing.id]


def test_it_shows_what_the_prompt_showed_in_its_order(session, project, proposing):
    seed = add_seed_task(session, project, "Spell “cat”.")
    earlier = add_candidate(session, project, "Name a tree.")
    show_in_prompt(session, proposing, 1, seed)
    show_in_prompt(session, proposing, 0, earlier)
    lineage = lineage_of(session, proposed(session, project, proposing, 0))
    assert lineage.shown == [Shown("Name a tree.", None, earlier.id), Shown("Spell “cat”.", seed.id, None)]


def test_siblings_are_the_others_of_the_same_completion(session, project, run, proposing):
    third, first, second = (proposed(session, project, proposing, position) for position in (2, 0, 1))
    proposed(session, project, add_call(session, run, purpose="propose again"), 3)
    assert lineage_of(session, first).siblings == [second, third]


def test_it_tells_what_people_made_of_it(session, project, proposing, ada):
    bo = add_person(session, "Bo")
    candidate, other = proposed(session, project, proposing, 0), proposed(session, project, proposing, 1)
    rate(session, other, ada)
    rate(session, candidate, ada)
    counting = rate(session, candidate, ada, valid=False)
    by_bo = rate(session, candidate, bo)
    decide(session, candidate, Verdict.APPROVED, bo.id)
    decide(session, candidate, Verdict.REJECTED, ada.id)
    for version in (1, 2):
        edited = Example(f"Task, version {version + 1}.", "", "Done.")
        edit_candidate(session, candidate, edited, version=version, actor_id=ada.id)
    lineage = lineage_of(session, candidate)
    assert [(each.id, each.annotator.name) for each in lineage.ratings] == [(counting.id, "Ada"), (by_bo.id, "Bo")]
    assert [(each.verdict.value, name) for each, name in lineage.decisions] == [("rejected", "Ada"), ("approved", "Bo")]
    assert [(each.version, each.instruction) for each in lineage.versions] == [(2, "Task, version 2."), (1, "Task 0.")]


def test_the_rules_decisions_have_no_name(session, project):
    candidate = add_candidate(session, project)
    project.approval_ratings = 1
    rate(session, candidate, add_person(session))
    apply_rule(session, project, candidate)
    assert [name for _, name in lineage_of(session, candidate).decisions] == [None]


def test_it_takes_one_query_per_kind_however_much_there_is(database):
    with database.writing() as session:
        project, ada = add_project(session), add_person(session)
        call = add_call(session, add_run(session, project, ada))
        candidates = [proposed(session, project, call, position) for position in range(8)]
        for number, each in enumerate(candidates[1:]):
            show_in_prompt(session, call, number, each)
            rate(session, candidates[0], add_person(session, f"Annotator {number}"))
    with database.reading() as session:
        candidate = session.get_one(type(candidates[0]), candidates[0].id)
        with counting_queries(database) as queries:
            lineage = lineage_of(session, candidate)
            assert [each.annotator.name for each in lineage.ratings] == [f"Annotator {n}" for n in range(7)]
    assert len(queries) == 7
