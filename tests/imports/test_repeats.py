"""The same file twice: noticed, packed or not, as long as something of the first is here."""

import gzip
import io
import json
import threading

import pytest
from sqlalchemy import func, select

from app import jobs
from app.errors import AlreadyHere
from app.imports import fingerprint
from app.imports.answers import AnswersForm, AnswersImport, start_answers_import
from app.imports.fingerprint import Fingerprint
from app.imports.importing import Import, ImportForm, start_import
from app.imports.undoing import UNDO, start_undo
from app.models.base import now
from app.models.imports import ImportChunk
from app.models.jobs import Job
from tests.cpu_time import within
from tests.factories import person, project

RAW = json.dumps([{"instruction": f"Name sea {n} of 2", "output": "The Baltic"} for n in (1, 2)]).encode()


class Desk:
    def __init__(self, database):
        self.database = database
        with database.writing() as session:
            self.owner_id = person(session).id
            self.project_id, self.other_id = (project(session, name).id for name in ("One", "Two"))

    def start(self, raw=RAW, *, again=False, thresholds=None, project_id=None):
        with self.database.writing() as session:
            form = ImportForm("seas.json", "alpaca", thresholds, again=again)
            return start_import(session, project_id or self.project_id, form, io.BytesIO(raw), self.owner_id).id

    def answers(self, raw, model="One", **more):
        with self.database.writing() as session:
            form = AnswersForm("seas.json", model, **more)
            return start_answers_import(session, self.project_id, form, io.BytesIO(raw), self.owner_id).id

    def carry_out(self, job_id):
        jobs.carry_out_job(self.database, [Import(), AnswersImport(), UNDO], job_id, threading.Event())
        return job_id

    def bring_in(self, *args, **more):
        return self.carry_out(self.start(*args, **more))

    def undo(self, job_id):
        with self.database.writing() as session:
            undo = start_undo(session, session.get_one(Job, job_id), self.owner_id, others=False)
        self.carry_out(undo.id)


@pytest.fixture
def desk(database):
    return Desk(database)


def test_it_says_when_as_what_and_with_how_many(desk):
    first = desk.bring_in(thresholds={"length": {"min_words": 99}, "wording": {}})
    with pytest.raises(AlreadyHere) as refused:
        desk.start()
    day = f"{now():%d %b %Y}"
    assert refused.value.sentence == f"This file came in on {day} as import {first}: 2 examples, kept 0."
    assert (refused.value.project_id, refused.value.job_id) == (desk.project_id, first)
    with desk.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1
        assert session.scalar(select(func.count()).select_from(ImportChunk)) == 0


def test_it_may_come_in_again_where_somebody_says_so_and_is_fine_elsewhere(desk):
    desk.bring_in()
    assert desk.bring_in(again=True)
    assert desk.bring_in(project_id=desk.other_id)


def test_one_that_is_on_its_way_is_noticed(desk):
    first = desk.start()
    with pytest.raises(AlreadyHere, match=f"coming in already, as import {first}"):
        desk.start()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (RAW, gzip.compress(RAW)),
        (gzip.compress(RAW), RAW),
        (gzip.compress(RAW, 1), gzip.compress(RAW, 9)),
        (gzip.compress(RAW[:9]) + gzip.compress(RAW[9:]), RAW),
    ],
    ids=["packed later", "packed first", "packed otherwise", "packed in parts"],
)
def test_a_packed_file_is_the_same_file(desk, first, second):
    desk.bring_in(first)
    with pytest.raises(AlreadyHere):
        desk.start(second)


def test_another_file_is_another_file(desk):
    desk.bring_in()
    desk.bring_in(RAW + b"\n")
    desk.bring_in(gzip.compress(RAW + b" "))


def test_what_brought_nothing_or_was_undone_is_not_here(desk):
    damaged = desk.bring_in(RAW[:-1])
    assert desk.bring_in(RAW[:-1]) != damaged
    desk.undo(desk.bring_in())
    first = desk.bring_in()
    with pytest.raises(AlreadyHere, match=f"as import {first}"):
        desk.start()


def test_answers_are_noticed_too_but_not_where_examples_came_in(desk):
    raw = json.dumps([{"instruction": "Name a sea", "response": "x", "output": "The Baltic"}]).encode()
    desk.bring_in(raw)
    first = desk.carry_out(desk.answers(raw))
    with pytest.raises(AlreadyHere, match=f"as import {first}: 1 answer of One"):
        desk.answers(raw, "Another")
    assert desk.answers(raw, "Another", again=True)


def whole(raw, piece):
    made = Fingerprint()
    for start in range(0, len(raw) or 1, piece):
        made.update(raw[start : start + piece])
    return made


@pytest.mark.parametrize("piece", [2, 7, 1 << 20])
def test_pieces_make_no_difference(piece):
    packed = gzip.compress(RAW, mtime=0)
    assert whole(packed, piece).unpacked == whole(RAW, piece).sha256
    assert whole(RAW, piece).unpacked is None
    assert whole(packed[:-1], piece).unpacked is None
    assert whole(b"\x1f\x8b is no such file", piece).unpacked is None
    assert whole(b"", piece).size == 0


def test_a_file_that_unpacks_to_very_much_is_known_by_its_bytes(monkeypatch):
    monkeypatch.setattr(fingerprint, "MOST_UNPACKED", 3 << 20)
    assert whole(gzip.compress(bytes(2 << 20)), 1 << 20).unpacked
    assert whole(gzip.compress(bytes(4 << 20)), 1 << 20).unpacked is None


def test_a_million_empty_parts_of_gzip_are_not_gone_through():
    with within(2):
        assert whole(gzip.compress(b"") * 1_000_000, 1 << 20).unpacked is None
