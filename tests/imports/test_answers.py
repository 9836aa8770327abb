"""Answers of models brought in from a file: each beside its example, all of them or none."""

import io
import json
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import jobs
from app.candidates.alternatives import alternatives_of
from app.carrying import Interrupted
from app.errors import InvalidInput
from app.imports import answers, arrivals
from app.imports.answers import AnswersForm, AnswersImport, start_answers_import
from app.models.candidates import Candidate, Outcome
from app.models.comparisons import Alternative
from app.models.generation import RunState
from app.models.imports import Arrival, ImportChunk
from app.models.jobs import Job
from app.models.projects import Project
from app.settings import FileLimits
from tests.builders import add_candidate
from tests.factories import person, project

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


class Desk:
    """A project with one example, and what one does with answers in it."""

    def __init__(self, database):
        self.database = database
        with database.writing() as session:
            owner = person(session)
            self.owner_id, self.project_id = owner.id, project(session, owner=owner).id
            here = session.get_one(Project, self.project_id)
            add_candidate(session, here, "Add 2 and 2.", output="Four.", outcome=Outcome.REJECTED)
            self.example_id = add_candidate(session, here, "Add 2 and 2.", output="5", in_pool=True).id

    def bring_in(self, records, model="Some model"):
        raw = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in records)
        return self.bring_in_bytes(raw.encode(), model)

    def bring_in_bytes(self, raw, model="Some model"):
        with self.database.writing() as session:
            form = AnswersForm("answers.jsonl", model, again=True)
            job_id = start_answers_import(session, self.project_id, form, io.BytesIO(raw), self.owner_id).id
        jobs.carry_out_job(self.database, [AnswersImport()], job_id, threading.Event())
        with self.database.reading() as session:
            return session.get_one(Job, job_id)

    def answers_to(self, candidate_id):
        with self.database.reading() as session:
            return alternatives_of(session, session.get_one(Candidate, candidate_id))

    def count(self, *tables):
        with self.database.reading() as session:
            return [session.scalar(select(func.count()).select_from(each)) for each in tables]

    def newest(self):
        with self.database.reading() as session:
            return session.scalars(select(Candidate).order_by(Candidate.id.desc()).limit(1)).one()


@pytest.fixture
def desk(database):
    return Desk(database)


def test_an_answer_stands_beside_the_output_of_its_kept_example(desk):
    job = desk.bring_in([{"instruction": " Add 2 and 2.\r\n", "input": "", "response": "\n\n    4"}])
    assert (job.state, job.sentence) == (RunState.DONE, "1 answer of Some model imported.")
    (answer,) = desk.answers_to(desk.example_id)
    stored = answer.alternative
    assert (stored.model, stored.output, stored.import_id, stored.run_id) == ("Some model", "\n\n    4", job.id, None)
    assert not answer.is_present
    assert desk.count(Candidate, ImportChunk) == [2, 0]


def test_a_task_that_is_new_becomes_an_example_with_the_right_answer(desk):
    records = [
        {"instruction": "Name a sea.", "input": "north", "output": "Sahara", "target": "North Sea"},
        {"instruction": "Name a lake.", "completion": "Como"},
    ]
    job = desk.bring_in(records, "One")
    assert job.sentence == "2 answers of One imported, 2 of them to tasks that were new here."
    lake = desk.newest()
    assert (lake.instruction, lake.output, lake.outcome, lake.in_pool) == ("Name a lake.", "Como", Outcome.KEPT, True)
    assert (lake.import_id, lake.position, lake.line) == (job.id, 1, 2)
    again = desk.bring_in(records, "Two")
    assert again.sentence == "2 answers of Two imported."
    assert [each.alternative.model for each in desk.answers_to(lake.id)] == ["Two", "One"]
    assert desk.count(Candidate, Alternative) == [4, 4]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"instruction": "Name a sea."}, "Record 2 (line 2): has no answer"),
        ({"response": "x"}, "Record 2 (line 2): “instruction” is missing."),
        ({"instruction": "Name a sea.", "response": 5}, "Record 2 (line 2): “response” must be a text."),
        ({"instruction": "Name a sea.", "response": "a\x00b"}, "Record 2 (line 2): “response” holds a NUL character"),
        ({"instruction": "Add 2 and 2.", "response": "4"}, "Record 2 (line 2): This asks the same as record 1."),
        ("[1", "Record 2 (line 2, column 3): "),
    ],
)
def test_what_does_not_fit_is_named_by_its_line_and_nothing_comes_in(desk, record, said):
    job = desk.bring_in([{"instruction": "Add 2 and 2.", "response": "4"}, record])
    assert job.state is RunState.FAILED
    assert job.result["problems"][0].startswith(said)
    assert desk.count(Candidate, Alternative, ImportChunk) == [2, 0, 0]


def test_an_empty_file_and_a_nameless_model_are_refused(desk):
    assert desk.bring_in([]).sentence == "Nothing was imported: the file holds no answer."
    with pytest.raises(InvalidInput, match="Model is empty"):
        desk.bring_in([{"instruction": "x", "response": "y"}], model=" ")


def test_more_than_a_batch_comes_in_whole(desk, monkeypatch):
    monkeypatch.setattr(arrivals, "_BATCH", 3)
    job = desk.bring_in([{"instruction": f"Name {n} rivers.", "response": f"{n}"} for n in range(8)])
    assert job.result == {"answers": 8, "added": 8}
    with desk.database.reading() as session:
        pairs = session.execute(
            select(Candidate.instruction, Alternative.output).join(
                Alternative, Alternative.candidate_id == Candidate.id
            )
        ).all()
    assert sorted(pairs) == [(f"Name {n} rivers.", f"{n}") for n in range(8)]


@pytest.mark.skipif(not DATA.exists(), reason="the published predictions are not on this machine")
def test_published_predictions_come_in(desk):
    for name, added in (("davinci-self-instruct", 252), ("text-davinci-001", 0)):
        job = desk.bring_in_bytes((DATA / f"{name}_predictions.jsonl").read_bytes(), name)
        assert job.result == {"answers": 252, "added": added}
    assert desk.count(Candidate, Alternative) == [254, 504]


def test_answers_that_were_read_when_the_process_ended_are_found_again(desk, monkeypatch):
    """Every transaction of it is the last one of some process."""
    monkeypatch.setattr(arrivals, "_BATCH", 2)
    records = [{"instruction": f"Name {n} rivers.", "response": f"{n}"} for n in range(5)]
    records.append({"instruction": "Add 2 and 2.", "response": "4"})
    raw = "\n".join(map(json.dumps, records)).encode()
    with desk.database.writing() as session:
        form = AnswersForm("answers.jsonl", "One")
        job_id = start_answers_import(session, desk.project_id, form, io.BytesIO(raw), desk.owner_id).id
    steps, attempts, give_way = 0, 0, jobs.Task.give_way
    while True:
        stopping, left = threading.Event(), [attempts]

        def glance(task, *_, left=left, stopping=stopping):
            left[0] -= 1
            if left[0] < 0:
                stopping.set()
            give_way(task)

        with monkeypatch.context() as patch:
            patch.setattr(jobs.Task, "give_way", glance)
            try:
                jobs.carry_out_job(desk.database, [AnswersImport()], job_id, stopping)
                break
            except Interrupted:
                steps += 1
        attempts += 1
    assert steps > 6
    with desk.database.reading() as session:
        assert session.get_one(Job, job_id).result == {"answers": 6, "added": 5}
    assert desk.count(Candidate, Alternative, ImportChunk, Arrival) == [7, 6, 0, 0]


def test_an_example_that_came_in_meanwhile_is_found_too(desk, monkeypatch):
    find = answers._find_examples

    def find_then_add(task):
        newest = find(task)
        with desk.database.writing() as session:
            here = session.get_one(Project, desk.project_id)
            add_candidate(session, here, "Name a sea.", output="Baltic", in_pool=True)
        return newest

    monkeypatch.setattr(answers, "_find_examples", find_then_add)
    assert desk.bring_in([{"instruction": "Name a sea.", "response": "x"}]).result == {"answers": 1, "added": 0}


def test_answers_are_read_up_to_the_limits_of_files(desk):
    raw = b'{"instruction": "a", "response": "b"}\n{"instruction": "b", "response": "b"}\n'
    with desk.database.writing() as session:
        form = AnswersForm("answers.jsonl", "One")
        one = FileLimits(records=1)
        job_id = start_answers_import(session, desk.project_id, form, io.BytesIO(raw), desk.owner_id, one).id
    jobs.carry_out_job(desk.database, [AnswersImport()], job_id, threading.Event())
    with desk.database.reading() as session:
        job = session.get_one(Job, job_id)
    assert job.sentence == "Nothing was imported. The file holds more than 1 records. Import it in parts."
    assert desk.count(Candidate, Alternative, ImportChunk, Arrival) == [2, 0, 0, 0]
