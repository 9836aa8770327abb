"""What a candidate was nearest to is told from the evidence, whatever became of either text."""

import pytest

from app.candidates.editing import edit_candidate
from app.candidates.lineage import lineage_of
from app.candidates.nearest import nearest_of, nearest_to_each
from app.examples import Example
from app.imports.importing import Import
from app.jobs import start_job
from app.models.candidates import Candidate, Outcome
from tests.builders import add_candidate, add_person, add_project, add_run, counting_queries

TEXT = "Name two rivers in Spain"


def member(key, text, score=0.5):
    return {"key": key, "text": text, "score": score}


def evidence(*members):
    return {"nearest": list(members), "mean": 0.1}


def add(session, project, run=None, thresholds=None, text=TEXT, **more):
    run = run or add_run(session, project, add_person(session))
    run.thresholds = {"novelty": thresholds} if thresholds else {}
    more = {"evidence": evidence(member("seed:7", "Name two lakes in Spain", 0.8))} | more
    return add_candidate(session, project, text, run_id=run.id, **more)


def told(session, candidate):
    return nearest_of(session, candidate, lineage_of(session, candidate))


def test_members_are_named_and_the_run_says_the_limit(database):
    with database.writing() as session:
        project = add_project(session)
        other_id = add_candidate(session, project, "Name it").id
        members = [member("seed:7", "Name two lakes in Spain", 0.8), member(f"candidate:{other_id}", "Name it", 0.3)]
        found = evidence(*members, member("candidate:999", "It was removed", 0.2))
        first, second, gone = told(session, add(session, project, thresholds={"max_similarity": 0.7}, evidence=found))

    assert (first.score, first.limit, first.seed_task_id, first.candidate_id) == (0.8, 0.7, 7, None)
    assert (second.seed_task_id, second.candidate_id, second.is_gone) == (None, other_id, False)
    assert (gone.seed_task_id, gone.candidate_id, gone.is_gone) == (None, None, True)
    assert first.explanation.margin == "0.10 over the limit"
    assert first.explanation.text == [("Name two", True), (" rivers ", False), ("in Spain", True)]


def test_no_more_than_five_are_told(database):
    with database.writing() as session:
        found = evidence(*[member(f"seed:{number}", "Name") for number in range(10)])
        assert len(told(session, add(session, add_project(session), evidence=found))) == 5


@pytest.mark.parametrize("found", [{}, {"word": "picture"}, {"nearest": [], "mean": 0.0}])
def test_other_evidence_tells_nothing(database, found):
    with database.writing() as session:
        candidate = add(session, add_project(session), evidence=found)
        assert told(session, candidate) == []
        assert nearest_to_each(session, [candidate]) == {}


def test_evidence_without_keys_has_no_links_and_what_came_from_nowhere_no_limit(database):
    with database.writing() as session:
        found = {"nearest": [{"text": "Name two lakes", "score": 0.5}]}
        (near,) = told(session, add_candidate(session, add_project(session), TEXT, evidence=found))

    assert (near.limit, near.seed_task_id, near.candidate_id, near.explanation.margin) == (None, None, None, "")


@pytest.mark.parametrize(("tokenizer", "words"), [("rouge", 0), ("unicode", 5)])
def test_words_are_those_of_the_run(database, tokenizer, words):
    with database.writing() as session:
        thresholds = {"max_similarity": 0.7, "tokenizer": tokenizer}
        candidate = add(session, add_project(session), thresholds=thresholds, text="写一首诗吧")
        (near,) = told(session, candidate)
    assert near.explanation.words == words


@pytest.mark.parametrize("thresholds", [None, {}, {"novelty": {"max_similarity": 0.6, "tokenizer": "rouge"}}])
def test_an_import_says_its_own_limit_and_words(database, thresholds):
    with database.writing() as session:
        project = add_project(session)
        job = start_job(session, project.id, Import(), {"thresholds": thresholds}, None)
        job.ended_at = job.created_at
        found = evidence(member("seed:7", "Name two lakes in Spain", 0.8), member("import:1:3", "写一首诗"))
        candidate = add_candidate(session, project, TEXT, evidence=found, import_id=job.id, outcome=Outcome.REJECTED)
        first, second = told(session, candidate)
        assert nearest_to_each(session, [candidate]) == {candidate.id: first}

    margin = "0.20 over the limit" if thresholds else ""
    assert (first.limit, first.explanation.margin) == (0.6 if thresholds else None, margin)
    assert second.explanation.other_words == (0 if thresholds else 4)
    assert second.is_beside


def test_an_edit_afterwards_changes_nothing(database):
    with database.writing() as session:
        candidate = add(session, add_project(session))
        before = told(session, candidate)
        for version, text in enumerate(["Name a lake", "Name a hill"], 1):
            example = Example(text, "", "x")
            edit_candidate(session, candidate, example, version=version, actor_id=add_person(session, text).id)
        assert told(session, candidate) == before


def test_a_whole_list_takes_one_query(database):
    with database.writing() as session:
        project = add_project(session)
        rejected = {"outcome": Outcome.REJECTED, "thresholds": {"max_similarity": 0.7}}
        ids = [add(session, project, **rejected).id for _ in range(4)]
        ids.append(add_candidate(session, project, TEXT, outcome=Outcome.REJECTED).id)
    with database.reading() as session:
        rows = [session.get_one(Candidate, each) for each in ids]
        with counting_queries(database) as queries:
            nearest = nearest_to_each(session, rows)

    assert list(nearest) == ids[:4]
    assert {each.seed_task_id for each in nearest.values()} == {7}
    assert len(queries) == 1
