"""Imports from the file to the candidates: all or nothing, resumable anywhere, screened where wanted."""

import gzip
import io
import json
import threading
from contextlib import suppress

import pytest
from sqlalchemy import func, select

from app import jobs, seeds
from app.carrying import Interrupted
from app.database import Database
from app.errors import Conflict, InvalidInput, NotFound
from app.imports import arrivals, files, importing, screening
from app.imports.importing import Import, ImportForm, start_import
from app.models.candidates import Candidate, Outcome
from app.models.generation import RunState
from app.models.imports import Arrival, ImportChunk
from app.models.jobs import Job
from app.models.projects import SeedTask
from app.pool import ProjectPool
from app.screening.filters.novelty import NoveltyThresholds
from app.screening.screen import default_thresholds
from app.settings import FileLimits
from tests.factories import events, person, project

NOVELTY = {"novelty": {"max_similarity": 0.7}}


class Desk:
    """A project, and what one does with imports in it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.writing() as session:
            owner = person(session)
            self.owner_id, self.project_id = owner.id, project(session, owner=owner).id

    def start(self, raw, thresholds=None, name="some.json", extra=(), **more):
        raw = raw if isinstance(raw, bytes) else json.dumps(raw, indent=1).encode()
        with self.database.writing() as session:
            form = ImportForm(name, "alpaca", thresholds, again=True, extra=extra)
            return start_import(session, self.project_id, form, io.BytesIO(raw), self.owner_id, **more).id

    def carry_out(self, job_id, stopping=None):
        jobs.carry_out_job(self.database, [Import()], job_id, stopping or threading.Event())
        with self.database.reading() as session:
            return session.get_one(Job, job_id)

    def bring_in(self, raw, thresholds=None, **more):
        return self.carry_out(self.start(raw, thresholds, **more))

    def candidates(self):
        with self.database.reading() as session:
            return session.scalars(select(Candidate).order_by(Candidate.id)).all()

    def left(self):
        with self.database.reading() as session:
            return [session.scalar(select(func.count()).select_from(each)) for each in (ImportChunk, Arrival)]


@pytest.fixture
def desk(database):
    return Desk(database)


def example(number, **more):
    return {"instruction": f"Name river number {number} of {number}.", "input": "", "output": f"R{number}"} | more


def test_every_example_becomes_a_kept_candidate_of_the_pool(desk):
    job = desk.bring_in([example(1), {"instruction": "Zany quokkas", "output": "juggle", "text": "x"}])
    assert (job.state, job.sentence, job.done, job.total) == (RunState.DONE, "2 examples imported.", 2, 2)
    counts = {"kept": 2, "rejected": {}, "empty": 0, "placeholders": 0, "odd_numbers": 0}
    read = {"layout": "a JSON list", "taken_for": "Alpaca", "renamed": {}, "beside": []}
    assert job.result == counts | read | {"kept_keys": {"text": 1}, "left_out": {}, "put_before": {}}
    first, second = desk.candidates()
    assert (second.instruction, second.input, second.output) == ("Zany quokkas", "", "juggle")
    assert (first.outcome, first.in_pool, first.run_id, first.import_id) == (Outcome.KEPT, True, None, job.id)
    assert [(each.position, each.line) for each in (first, second)] == [(0, 2), (1, 7)]
    assert (first.version, first.evidence, first.similarity, first.from_practice) == (1, {}, None, False)
    assert desk.left() == [0, 0]
    with desk.database.writing() as session:
        assert (
            ProjectPool(desk.project_id, NoveltyThresholds()).locked(session).nearest("Zany quokkas", 1)[0].score == 1.0
        )


def test_the_file_is_known_by_name_size_and_fingerprint(desk):
    raw = gzip.compress(json.dumps([example(1)]).encode(), mtime=0)
    job = desk.bring_in(raw, name="C:\\Users\\Ada\\alpaca data.json.gz")
    assert job.parameters["file"] == "alpaca data.json.gz"
    assert job.parameters["bytes"] == len(raw)
    assert len(job.parameters["sha256"]) == 64
    with desk.database.reading() as session:
        (event,) = events(session, "job.started")
    assert event.after["label"] == "Import of examples from alpaca data.json.gz"
    assert event.actor_id == desk.owner_id


def test_one_problem_and_nothing_comes_in(desk):
    bad = [example(1), example(2, output=7), example(3, instruction="half \ud800"), example(4, input="\0"), {}]
    job = desk.bring_in([*bad, example(5, instruction=" ")])
    assert (job.state, job.sentence) == (RunState.FAILED, "Nothing was imported: the file has 6 problems.")
    assert job.result["problems"] == [
        "Record 2 (line 7, column 2): “output” must be a text, not a number.",
        "Record 3 (line 12, column 2): “instruction” holds half of a character pair (a lone surrogate), which can’t be "
        "stored. Remove it and try again.",
        "Record 4 (line 17, column 2): “input” holds a NUL character (U+0000), which can’t be stored. "
        "Remove it and try again.",
        "Record 5 (line 22, column 2): “instruction” is missing.",
        "Record 5 (line 22, column 2): “output” is missing.",
        "Record 6 (line 23, column 2): “instruction” is empty. Write something there.",
    ]
    assert desk.candidates() == []
    assert desk.left() == [0, 0]


def test_what_is_wrong_with_many_is_said_once(desk):
    job = desk.bring_in([example(number, output=None) for number in range(55)])
    assert job.sentence == "Nothing was imported: the file has 55 problems."
    said = '“output” is null. Write a text, or "" for an empty one.'
    assert job.result["problems"] == [f"55 records, the first is record 1 (line 2, column 2): {said}"]


def test_a_text_may_be_too_long(desk):
    job = desk.bring_in([example(1, output="x" * 100_001)])
    assert job.result["problems"] == [
        "Record 1 (line 2, column 2): “output” is 100,001 characters long; at most 100,000 are taken."
    ]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "Nothing was imported: the file holds no example."),
        (b"[]", "Nothing was imported: the file holds no example."),
        (b"hello", "Nothing was imported: the file has 1 problem."),
        (b"%PDF-1.7", "Nothing was imported. This file is a PDF."),
        (
            gzip.compress(b"[" + b" " * 99, mtime=0)[:-9],
            "Nothing was imported. The gzip file ends too early: a part is ",
        ),
    ],
)
def test_what_is_no_file_of_examples_is_refused(desk, raw, sentence):
    job = desk.bring_in(raw)
    assert job.state is RunState.FAILED
    assert job.sentence.startswith(sentence)
    assert desk.left() == [0, 0]


def test_what_is_remarkable_in_the_examples_is_counted(desk):
    raw = json.dumps([example(1, output=" \n", score=1), example(2, input="<noinput>"), example(3, output="N/A")])
    job = desk.bring_in(raw.replace('"score": 1', '"score": NaN').encode())
    assert importing.findings_of(job) == [
        "3 examples imported.",
        "Kept with their examples as metadata: “score” (1).",
        "1 example has an empty output.",
        "2 examples have a text such as “N/A” or “<noinput>” where others have none; it is kept as it came.",
        "1 example has numbers that databases can’t hold, such as NaN; they are kept as texts.",
    ]
    assert [each.output for each in desk.candidates()] == [" \n", "R2", "N/A"]
    assert desk.candidates()[0].metadata_ == {"score": "NaN"}


def test_what_a_record_holds_besides_is_kept_with_it_in_its_order(desk):
    beside = {
        "zeta": None,
        "id": "a1",
        "score": 4.5,
        "tags": ["x", {"deep": [True, 2**63 - 1]}],
        "alpha": "\r\n é e\u0301",
    }
    desk.bring_in([beside | example(1), example(2)])
    first, second = desk.candidates()
    assert list(first.metadata_.items()) == list(beside.items())
    assert second.metadata_ is None


def test_text_that_is_no_part_of_an_example_is_asked_about(desk):
    records = [
        example(1, system="Be brief.", history=[["Hi", "Ho"]]),
        example(2, system=""),
        example(3, system="Sing."),
    ]
    job = desk.bring_in(records)
    assert job.state is RunState.FAILED
    assert job.result["problems"][0].startswith(
        "Records 1 (line 2, column 2) and 3 (line 20, column 2): “system” holds"
    )
    assert "--extra system=leave-out, before-input or metadata" in job.result["problems"][0]
    assert job.result["problems"][1].startswith("Record 1 (line 2, column 2): “history” holds text")
    assert desk.candidates() == []


@pytest.mark.parametrize(
    ("extra", "input_", "metadata", "told"),
    [
        (
            ["metadata"],
            "x",
            {"system": "Be brief.", "history": [["Hi", "Ho"]]},
            "metadata: “system” (1), “history” (1).",
        ),
        (["leave-out"], "x", None, "Left out, as was chosen: “system” (1), “history” (1)."),
        (
            ["before-input"],
            "Be brief.\n\nUser: Hi\nAssistant: Ho\n\nx",
            None,
            "Put before the input: “system” (1), “hi",
        ),
        (["leave-out", "system=before-input"], "Be brief.\n\nx", None, "Put before the input: “system” (1)."),
    ],
)
def test_it_becomes_what_somebody_says(desk, extra, input_, metadata, told):
    job = desk.bring_in([example(1, input="x", system="Be brief.", history=[["Hi", "Ho"]])], extra=extra)
    (found,) = desk.candidates()
    assert (found.input, found.metadata_) == (input_, metadata)
    assert any(told in sentence for sentence in importing.findings_of(job))


def test_an_import_that_waits_begins_with_an_answer(desk):
    job_id = desk.start([example(1, system="Be brief.")], waits=True)
    assert desk.carry_out(job_id).state is RunState.PAUSED
    with desk.database.writing() as session:
        job = session.get_one(Job, job_id)
        assert [key.name for key in importing.look_into(desk.database, job).asks] == ["system"]
        importing.answer_import(session, job, ["system=metadata"], desk.owner_id)
        assert (job.state, job.sentence) == (RunState.QUEUED, "")
    with pytest.raises(Conflict, match="waits for nothing"), desk.database.writing() as session:
        importing.answer_import(session, session.get_one(Job, job_id), [], desk.owner_id)
    assert desk.carry_out(job_id).state is RunState.DONE
    assert desk.candidates()[0].metadata_ == {"system": "Be brief."}


def test_an_import_that_waits_can_be_given_up(desk):
    job_id = desk.start([example(1)], waits=True)
    for _ in range(2):
        with suppress(Conflict), desk.database.writing() as session:
            importing.give_up_import(session, session.get_one(Job, job_id), desk.owner_id)
    assert desk.carry_out(job_id).state is RunState.CANCELLED
    assert (desk.candidates(), desk.left()) == ([], [0, 0])


def test_records_of_another_shape_are_refused_with_their_keys(desk):
    job = desk.bring_in([{"messages": [], "tools": ""}] * 600)
    assert job.sentence.startswith(
        "Nothing was imported. The records look like conversations in OpenAI’s form: the keys are messages, tools."
    )
    assert job.result == {}


def test_keys_of_other_names_are_taken_and_named(desk):
    job = desk.bring_in(b'Question;Context;Answer;id\n a ;b;"c\r\nd";7\r\n')
    (found,) = desk.candidates()
    assert (found.instruction, found.input, found.output, found.line) == (" a ", "b", "c\r\nd", 2)
    assert found.metadata_ == {"id": "7"}
    told = "Read as questions with answers: “Question” as instruction, “Context” as input, “Answer” as output."
    assert told in importing.findings_of(job)


def test_a_file_may_hold_so_many_examples_and_no_more(desk):
    three = FileLimits(records=3)
    assert desk.bring_in([example(n) for n in range(3)], limits=three).state is RunState.DONE
    job = desk.bring_in([example(n) for n in range(4)], limits=three)
    assert job.sentence == "Nothing was imported. The file holds more than 3 records. Import it in parts."
    assert len(desk.candidates()) == 3
    assert desk.left() == [0, 0]


def test_a_file_may_unpack_to_so_much_and_no_more(desk):
    raw = json.dumps([example(1, output="x" * 90_000) for _ in range(20)]).encode()
    small = FileLimits(sent_mb=1, unpacked_mb=1)
    job = desk.bring_in(gzip.compress(raw), limits=small)
    assert job.sentence == "Nothing was imported. The file holds more than 1 MB of text. Import it in parts."
    assert desk.left() == [0, 0]
    assert desk.bring_in(gzip.compress(raw), limits=small._replace(unpacked_mb=2)).state is RunState.DONE


def test_what_is_stored_of_a_file_is_bounded_like_the_file(desk):
    """A table names its columns once, and each of its examples is stored with their names."""
    names = ",".join(f"{number:0900}" for number in range(100))
    raw = f"instruction,output,{names}\n".encode() + b"Say hi,hi" + b",1" * 100 + b"\n"
    raw += (b"Say hi,hi" + b",1" * 100 + b"\n") * 99
    job = desk.bring_in(raw, limits=FileLimits(unpacked_mb=5))
    assert (job.state, len(desk.candidates()), desk.left()) == (RunState.FAILED, 0, [0, 0])
    assert job.sentence.startswith("Nothing was imported. What is to be stored of the file has more than 5 MB")
    assert desk.bring_in(raw, limits=FileLimits(unpacked_mb=10)).state is RunState.DONE


def test_a_file_that_is_too_large_is_not_stored(desk):
    with pytest.raises(InvalidInput, match="larger than 1 MB"):
        desk.start(b"[" + b" " * (1 << 20), limits=FileLimits(sent_mb=1))
    assert desk.left() == [0, 0]


def test_an_unknown_format_or_threshold_starts_nothing(desk):
    for form in (ImportForm("x", "parquet"), ImportForm("x", "alpaca", {"novelty": {"max_similarity": 3}})):
        with pytest.raises((NotFound, InvalidInput)), desk.database.writing() as session:
            start_import(session, desk.project_id, form, io.BytesIO(b"[]"), desk.owner_id)


def test_a_screened_import_is_sifted_in_the_order_of_the_file(desk):
    with desk.database.writing() as session:
        form = seeds.SeedForm(
            name="s", instruction="Spell the word cat backwards", instances=[("", "tac")], is_classification=False
        )
        seeds.add_seed_task(session, desk.project_id, form, desk.owner_id)
    texts = [
        "Spell the word cat backwards",
        "List three green fruits",
        "List three green fruits",
        "Say hi",
        "Draw plots",
    ]
    job = desk.bring_in([{"instruction": text, "output": "x"} for text in texts], default_thresholds())
    found = desk.candidates()
    assert [each.rejected_by for each in found] == ["novelty", None, "novelty", "length", "length"]
    assert [each.in_pool for each in found] == [False, True, False, False, False]
    assert "Too similar to an earlier instruction" in found[2].reason
    assert found[2].similarity == 1.0
    assert found[2].evidence["nearest"][0]["text"] == "List three green fruits"
    assert found[1].similarity < 0.7
    assert job.result["rejected"] == {"novelty": 2, "length": 2}
    assert job.sentence == "5 examples imported: 1 kept, 4 filtered out."
    assert importing.findings_of(job)[1:] == ["Too short or long: 2.", "Too similar: 2."]


def test_a_screened_import_judges_instances_too(desk):
    desk.bring_in([example(1, output="")], {"instances": {}})
    (found,) = desk.candidates()
    assert (found.outcome, found.rejected_by, found.reason) == (Outcome.REJECTED, "instances", "The output is empty.")


def test_nobody_sees_a_part_of_it(desk, monkeypatch):
    """While it is read and screened there is nothing; then there is everything."""
    seen = []

    def look(task, thresholds):
        seen.append(len(desk.candidates()))
        screen(task, thresholds)
        seen.append(len(desk.candidates()))

    screen = importing.screen_arrivals
    monkeypatch.setattr(importing, "screen_arrivals", look)
    desk.bring_in([example(number) for number in range(5)], NOVELTY)
    assert seen == [0, 0]
    assert len(desk.candidates()) == 5


def test_what_a_killed_process_left_of_an_import_that_has_ended_goes_with_the_next(desk, monkeypatch):
    monkeypatch.setattr(arrivals, "_FEWEST_SWEPT", 2)
    left = desk.start([example(number) for number in range(9)])

    def die(_task):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(importing, "sweep", die)
        with pytest.raises(KeyboardInterrupt):
            desk.carry_out(left)
    assert len(desk.candidates()) == 9
    assert desk.left() == [0, 9]
    waiting = desk.start([example(10)])
    desk.bring_in([example(11)])
    assert desk.left() == [1, 0]
    assert desk.carry_out(waiting).state is RunState.DONE


def test_batches_are_small_in_bytes_too(desk, monkeypatch):
    sizes = []
    insert = arrivals.insert
    monkeypatch.setattr(arrivals, "_LARGEST_BATCH", 1_000)
    monkeypatch.setattr(arrivals, "insert", lambda table: sizes.append(table.__tablename__) or insert(table))
    assert desk.bring_in([example(number, output="x" * 600) for number in range(6)], NOVELTY).state is RunState.DONE
    assert sizes.count("arrivals") == 3


def test_what_is_screened_at_once_is_small_too(desk, monkeypatch):
    seen = []
    following = screening._next
    monkeypatch.setattr(screening, "_MOST_AT_ONCE", 1_500)
    monkeypatch.setattr(screening, "_next", lambda task: seen.append(found := following(task)) or found)
    records = [example(number, output="x" * (600 if number else 5_000)) for number in range(6)]
    assert desk.bring_in(records, {"novelty": {"max_similarity": 1.0}}).state is RunState.DONE
    assert [len(found) for found in seen] == [1, 2, 2, 1, 0]


TEN = [
    {"instruction": text, "output": "x"}
    for text in (
        "one fish",
        "two fish",
        "red fish",
        "blue sky",
        "old hat",
        "new moon",
        "sad song",
        "one fish",
        "far sea",
        "near",
    )
]


@pytest.mark.parametrize("thresholds", [None, NOVELTY])
def test_stopped_after_any_step_it_goes_on_to_the_same_end(desk, monkeypatch, thresholds):
    """Every transaction of it is the last one of some process."""
    monkeypatch.setattr(arrivals, "_BATCH", 3)
    monkeypatch.setattr("app.imports.screening._BATCH", 3)
    wanted = [(each.instruction, each.outcome) for each in _alone(desk, thresholds)]
    job_id, attempts = desk.start(TEN, thresholds), 0
    while True:
        attempts += 1
        job = _carry_out_until(desk, job_id, attempts)
        if job is not None:
            break
        assert len(desk.candidates()) == 0
    assert job.state is RunState.DONE
    assert attempts > 3
    found = desk.candidates()
    assert [(each.instruction, each.outcome) for each in found] == wanted
    assert [each.position for each in found] == list(range(10))
    assert desk.left() == [0, 0]


def _alone(desk, thresholds):
    """What an import leaves that nobody interrupts, in a project of its own, which is then emptied."""
    desk.bring_in(TEN, thresholds)
    found = desk.candidates()
    with desk.database.writing() as session:
        for each in found:
            session.delete(session.get(Candidate, each.id))
    return found


def _carry_out_until(desk, job_id, transactions):
    """Carry a job out and die after so many transactions; returns the job where it ended before."""
    real, left = jobs.Task.writing, [transactions]

    def dying(task):
        if left[0] == 0:
            raise Interrupted
        left[0] -= 1
        return real(task)

    jobs.Task.writing = dying
    try:
        return desk.carry_out(job_id)
    except Interrupted:
        return None
    finally:
        jobs.Task.writing = real


def test_stopped_by_hand_it_leaves_nothing(desk, monkeypatch):
    def stop(task, thresholds):
        assert desk.left() == [0, 2]
        screen(task, thresholds)
        with desk.database.writing() as session:
            jobs.cancel_job(session, session.get_one(Job, task.job_id), desk.owner_id)

    screen = importing.screen_arrivals
    monkeypatch.setattr(importing, "screen_arrivals", stop)
    job = desk.bring_in([example(1), example(2)], NOVELTY)
    assert job.state is RunState.CANCELLED
    assert desk.candidates() == []
    assert desk.left() == [0, 0]


def test_an_edit_of_the_pool_meanwhile_does_not_make_it_forget_itself(desk, monkeypatch):
    """A retired seed task makes the pool be read anew, in the middle of an import."""
    monkeypatch.setattr("app.imports.screening._BATCH", 1)
    with desk.database.writing() as session:
        form = seeds.SeedForm(name="s", instruction="Old", instances=[("", "x")], is_classification=False)
        seed_id = seeds.add_seed_task(session, desk.project_id, form, desk.owner_id).id
    real = jobs.Task.progress

    def progress(task, done, total=None):
        real(task, done, total)
        if done == 1 and total:
            with desk.database.writing() as session:
                seeds.retire_seed_task(session, session.get_one(SeedTask, seed_id), desk.owner_id)

    monkeypatch.setattr(jobs.Task, "progress", progress)
    desk.bring_in([{"instruction": "Zany quokkas", "output": "x"}] * 2, NOVELTY)
    assert [each.rejected_by for each in desk.candidates()] == [None, "novelty"]


def test_a_stored_file_is_read_in_pieces(desk, monkeypatch):
    monkeypatch.setattr(files, "_CHUNK", 7)
    raw = bytes(range(256)) * 3
    job_id = desk.start(raw)
    assert desk.left()[0] == 110
    assert files.open_file(desk.database, job_id).read() == raw
