"""A record holds what proves an example, under pseudonyms, and has one shape whatever the example is."""

import hashlib
import itertools
import json
import re

import pytest
from sqlalchemy import select

from app.approval import apply_rule
from app.candidates.editing import edit_candidate
from app.examples import Example
from app.models.candidates import Decision
from app.models.jobs import Job
from app.models.projects import Project
from app.rating import own_rubrics, ratings
from app.rating.rubrics import quality_study
from app.releases.pseudonyms import pseudonym_of
from app.releases.record import fingerprint_of
from app.releases.snapshots import freeze, records_of
from tests.builders import (
    add_call,
    add_candidate,
    add_person,
    add_project,
    add_run,
    add_seed_task,
    approve,
    rate,
    rating_form,
    show_in_prompt,
    skip,
)

FILE = {"file": "a.json", "format": "alpaca", "sha256": "0" * 64, "bytes": 9, "thresholds": None}


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def frozen(session, project, ada, name="v1"):
    release = freeze(session, project, name=name, notes="", actor_id=ada.id)
    return [json.loads(line) for line in records_of(session, release.id)]


def add_import(session, project):
    job = Job(project_id=project.id, kind="import", parameters=FILE)
    session.add(job)
    session.flush()
    return job


def types_of(value):
    """The shape of a JSON value, in which an empty list or object, or a null, has no type and may not be."""
    assert value not in ([], {})
    assert value is not None
    if isinstance(value, dict):
        return {key: types_of(inner) for key, inner in value.items()}
    assert not isinstance(value, list), "a list has the type of what is in it, or none"
    return type(value)


class TestOneShape:
    def test_every_record_has_the_same_keys_and_types(self, session, project, ada):
        """Readers fix the type of a column by what comes first, so whatever comes first has to be of that type."""
        run, job = add_run(session, project, ada), add_import(session, project)
        call = add_call(session, run)
        show_in_prompt(session, call, 0, add_seed_task(session, project))
        origins = [
            {},
            {"import_id": job.id, "line": 3},
            {"run_id": run.id, "call_id": call.id},
            {"run_id": run.id, "call_id": call.id, "instance_call_id": call.id},
        ]
        facts = itertools.product(
            origins, [None, 0.0, 0.25, 1.0], [None, True, False], [None, {}, {"id": 1}, {"id": ["x", None]}]
        )
        for number, (origin, similarity, is_classification, metadata) in enumerate(facts):
            candidate = add_candidate(
                session,
                project,
                input="" if number % 3 else "Now.",
                position=number,
                similarity=similarity,
                is_classification=is_classification,
                metadata_=metadata,
                derived_from_id=None if number % 5 else 1,
                **origin,
            )
            if number % 2:
                rate(session, candidate, ada, comment="Good.", flagged=True, tags=("unclear",))
            approve(session, candidate, ada)
        rule = add_project(session, name="By rule", approval_ratings=1)
        ruled = add_candidate(session, rule)
        rate(session, ruled, ada)
        apply_rule(session, rule, ruled)
        records = frozen(session, project, ada) + frozen(session, rule, ada)
        assert len(records) == 4 * 4 * 3 * 4 + 1
        shapes = [types_of(each) for each in records]
        assert all(each == shapes[0] for each in shapes)

    def test_what_has_no_one_shape_is_a_text_of_json(self, session, project, ada):
        approve(session, add_candidate(session, project, metadata_={"b": 1, "a": [None, 2**70, "\u2028é"]}), ada)
        (found,) = frozen(session, project, ada)
        assert found["metadata"] == '{"b":1,"a":[null,1180591620717411303424,"\u2028é"]}'
        assert (found["ratings"], found["source"]["demonstrations"]) == ("[]", "[]")

    def test_half_of_a_pair_in_metadata_does_not_stop_a_release(self, session, project, ada):
        approve(session, add_candidate(session, project, metadata_={"a": "\ud800 \U0001f98a"}), ada)
        (found,) = frozen(session, project, ada)
        assert json.loads(found["metadata"]) == {"a": "\ud800 \U0001f98a"}


class TestOrigin:
    def test_an_imported_example_names_its_file_and_its_place_there(self, session, project, ada):
        job = add_import(session, project)
        approve(session, add_candidate(session, project, import_id=job.id, position=16, line=17), ada)
        (found,) = frozen(session, project, ada)
        source = found["source"]
        assert source["kind"] == "import"
        assert source["import"] == {
            "file": "a.json",
            "format": "alpaca",
            "sha256": "0" * 64,
            "record": 17,
            "line": 17,
        }
        assert (source["run"]["id"], source["run"]["pipeline"], source["proposed"]["prompt"]) == (0, "", "")

    def test_an_example_of_a_run_names_what_was_sent_to_whom(self, session, project, ada):
        run = add_run(session, project, ada)
        run.parameters, run.thresholds, run.wording = {"b": 1, "a": 2}, {"length": {}}, {"alpaca_tasks": 3}
        call = add_call(session, run)
        call.sampling = {"temperature": 0.7, "left_out": ["top_p"]}
        answering = add_call(session, run, purpose="instance", position=0)
        answering.prompt = "Task: …\u2028"
        seed, earlier = add_seed_task(session, project), add_candidate(session, project, "Name a tree.")
        show_in_prompt(session, call, 0, seed)
        show_in_prompt(session, call, 1, earlier)
        texts = {"run_id": run.id, "call_id": call.id, "instance_call_id": answering.id, "similarity": 0.25}
        approve(session, add_candidate(session, project, from_practice=True, **texts), ada)
        (found,) = frozen(session, project, ada)
        source = found["source"]
        assert (source["kind"], source["practice"]) == ("run", True)
        assert (source["compared"], source["similarity"]) == (True, 0.25)
        assert source["run"] == {
            "id": run.id,
            "pipeline": "self_instruct",
            "seed": 1,
            "parameters": '{"a":2,"b":1}',
            "thresholds": '{"length":{}}',
            "prompt_versions": '{"alpaca_tasks":3}',
        }
        assert source["proposed"] == {
            "call": call.id,
            "purpose": "propose",
            "model": "tamis-practice-1",
            "sampling": '{"left_out":["top_p"],"temperature":0.7}',
            "prompt": "Come up with tasks:",
            "prompt_sha256": sha256("Come up with tasks:"),
        }
        assert (source["answered"]["prompt"], source["answered"]["prompt_sha256"]) == (
            "Task: …\u2028",
            sha256("Task: …\u2028"),
        )
        assert json.loads(source["demonstrations"]) == [
            {"kind": kind, "id": each.id, "instruction": each.instruction, "sha256": sha256(each.instruction)}
            for kind, each in (("seed task", seed), ("example", earlier))
        ]

    def test_what_was_never_compared_is_not_a_similarity_of_nothing(self, session, project, ada):
        for similarity in (None, 0.0):
            approve(session, add_candidate(session, project, similarity=similarity), ada)
        found = [each["source"] for each in frozen(session, project, ada)]
        assert [(each["compared"], each["similarity"]) for each in found] == [(False, 0.0), (True, 0.0)]

    def test_what_it_was_made_from_is_named_by_its_texts(self, session, project, ada):
        original = add_candidate(session, project, "Name a tree.")
        approve(session, add_candidate(session, project, derived_from_id=original.id), ada)
        (found,) = frozen(session, project, ada)
        texts = '{"input":"","instruction":"Name a tree.","output":"An apple."}'
        assert found["source"]["derived_from"] == {"id": original.id, "sha256": sha256(texts)}

    def test_an_edit_is_said(self, session, project, ada):
        first, second = add_candidate(session, project), add_candidate(session, project)
        edit_candidate(session, second, Example("Name a nut.", "", "Hazel."), version=1, actor_id=ada.id)
        for each in (first, second):
            approve(session, each, ada)
        found = frozen(session, project, ada)
        assert [(each["version"], each["edited"]) for each in found] == [(1, False), (2, True)]
        assert found[1]["sha256"] == fingerprint_of(Example("Name a nut.", "", "Hazel."))


class TestPeople:
    def test_a_rating_holds_its_questions_in_words_and_what_was_said_beside(self, session, project, ada):
        bo, cleo = add_person(session, "Bo"), add_person(session, "Cleo")
        candidate = add_candidate(session, project)
        rate(session, candidate, bo, valid=False)
        rate(session, candidate, bo, comment="Fine, really.", flagged=True, tags=("unclear",), seconds=2.5)
        skip(session, candidate, cleo)
        approve(session, candidate, ada)
        (found,) = frozen(session, project, ada)
        (rating,) = json.loads(found["ratings"])
        questions = {question.name: question for question in quality_study.questions}
        assert rating == {
            "annotator": pseudonym_of(project, bo.id),
            "rubric": "quality_study",
            "rubric_version": quality_study.version,
            "answers": [
                {"question": name, "asked": questions[name].label, "answer": "yes", "said": "Yes"}
                for name in ("valid_task", "input_appropriate", "output_correct")
            ],
            "compared": [],
            "comment": "Fine, really.",
            "flagged": True,
            "tags": ["unclear"],
            "seconds": 2.5,
            "guidelines_version": 0,
            "in_study": False,
            "version": 1,
        }

    def test_questions_of_a_projects_own_rubric_are_those_that_were_asked(self, session, project, ada):
        rubric = own_rubrics.copy_rubric(session, project.id, "quality_study", ada.id)
        content = session.scalars(select(own_rubrics.RubricVersion)).one().content
        candidate = add_candidate(session, project)
        ratings.submit(session, candidate, rubric, rating_form(), ada.id)
        reworded = json.loads(json.dumps(content))
        reworded["questions"][0]["label"] = "Something else?"
        own_rubrics.save_rubric(session, project, rubric.name, reworded, seen=1, actor_id=ada.id)
        approve(session, candidate, ada)
        (found,) = frozen(session, project, ada)
        (rating,) = json.loads(found["ratings"])
        assert (rating["rubric"], rating["rubric_version"]) == (rubric.name, 1)
        assert rating["answers"][0]["asked"] == rubric.questions[0].label != "Something else?"

    def test_a_rubric_that_is_gone_leaves_the_names_of_its_questions(self, session, project, ada):
        candidate = add_candidate(session, project)
        rate(session, candidate, ada).rubric_version = 99
        approve(session, candidate, ada)
        (found,) = frozen(session, project, ada)
        first = json.loads(found["ratings"])[0]["answers"][0]
        assert first == {"question": "valid_task", "asked": "", "answer": "yes", "said": ""}

    def test_who_decided_is_a_pseudonym_or_the_rule(self, session, ada):
        project = add_project(session, approval_ratings=1)
        by_hand, by_rule = add_candidate(session, project), add_candidate(session, project)
        approve(session, by_hand, ada)
        rate(session, by_rule, ada)
        apply_rule(session, project, by_rule)
        found = [each["decision"] for each in frozen(session, project, ada)]
        moments = [each.isoformat(timespec="seconds") for each in session.scalars(select(Decision.created_at))]
        assert found[0] == {"by": pseudonym_of(project, ada.id), "reason": "", "at": moments[0], "verdict": "approved"}
        assert (found[1]["by"], found[1]["reason"]) == ("rule", "1 of 1 ratings find nothing wrong; 1 were needed.")

    def test_a_pseudonym_is_the_same_in_a_project_and_another_elsewhere(self, session, project, ada):
        other, bo = add_project(session, name="Elsewhere"), add_person(session, "Bo")
        assert pseudonym_of(project, ada.id) == pseudonym_of(session.get_one(Project, project.id), ada.id)
        assert len({pseudonym_of(each, who.id) for each in (project, other) for who in (ada, bo)}) == 4
        assert re.fullmatch("person-[0-9a-f]{16}", pseudonym_of(project, ada.id))

    @pytest.mark.parametrize("number", [7, 7001])
    def test_no_number_of_a_person_goes_out(self, session, project, number):
        """Neither an id as a value nor a digest that somebody could make again without the project's key."""
        person = add_person(session, "Zoë")
        person.id = number
        session.flush()
        candidate = add_candidate(session, project)
        rate(session, candidate, person)
        approve(session, candidate, person)
        release = freeze(session, project, name="v1", notes="", actor_id=person.id)
        (line,) = records_of(session, release.id)
        found = json.loads(line)
        plain = [hashlib.sha256(str(number).encode()).hexdigest()[:16], str(number)]
        said = {found["decision"]["by"], json.loads(found["ratings"])[0]["annotator"]}
        assert len(said) == 1
        assert not said & {*plain, *(f"person-{each}" for each in plain)}
        assert "Zoë" not in line.decode()
