"""A release is the approved set as it was, and proves it."""

import gc
import hashlib
import io
import json
import tracemalloc

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError

from app.approval import decide
from app.candidates.editing import edit_candidate
from app.errors import Conflict, InvalidInput, NotFound
from app.examples import Example
from app.imports.first_look import look_at
from app.imports.records import Records
from app.models.base import now
from app.models.candidates import Candidate, Decision, Outcome, Verdict
from app.models.events import Event
from app.models.releases import Release, ReleaseItem
from app.releases import snapshots
from app.releases.formats import format_named
from app.releases.snapshots import (
    Approved,
    count_approved,
    count_blank,
    first_records,
    freeze,
    records_of,
    release_in,
    release_named,
    releases_of,
)
from tests.builders import add_candidate, add_person, add_project, approve


def approved(session, project, ada, *instructions):
    candidates = [add_candidate(session, project, each) for each in instructions]
    for each in candidates:
        approve(session, each, ada)
    return candidates


def freeze_as(session, project, name, ada):
    return freeze(session, project, name=name, notes="", actor_id=ada.id)


def read_back(content, name):
    look = look_at(io.BytesIO(content))
    assert look.reader.name == name
    parts = look.reader.parts([key.name for key in look.keys])
    return [look.reader.read(record, parts) for record in Records(io.BytesIO(content))]


def count(session, table):
    return session.scalar(select(func.count()).select_from(table))


class TestFreezing:
    def test_it_takes_the_approved_ones_oldest_first(self, session, project, ada):
        candidates = approved(session, project, ada, "One.", "Two.", "Three.", "Four.")
        add_candidate(session, project, "Undecided.")
        add_candidate(session, project, "Rejected.", outcome=Outcome.REJECTED)
        decide(session, candidates[1], Verdict.WITHDRAWN, ada.id)
        edit_candidate(session, candidates[2], Example("Edited.", "", "x"), version=1, actor_id=ada.id)
        approved(session, add_project(session, name="Elsewhere"), ada, "Not here.")
        assert count_approved(session, project.id) == Approved(ready=2, held_back=0)
        release = freeze_as(session, project, "v1", ada)
        records = [json.loads(line) for line in records_of(session, release.id)]
        assert release.examples == 2
        assert [(each["id"], each["instruction"]) for each in records] == [
            (candidates[0].id, "One."),
            (candidates[3].id, "Four."),
        ]
        assert first_records(session, release.id, 1) == list(records_of(session, release.id))[:1]

    def test_the_fingerprint_is_that_of_the_full_export(self, session, project, ada):
        approved(session, project, ada, "One.", "Two\u2028lines\u0085here.", '你好 \\ "three".\u2029')
        release = freeze_as(session, project, "v1", ada)
        export = b"".join(format_named("full").write(records_of(session, release.id)))
        assert hashlib.sha256(export).hexdigest() == release.sha256

    def test_anybody_can_compute_the_lines_anew(self, session, project, ada):
        approved(session, project, ada, "One.", "Zwei: äöü.")
        release = freeze_as(session, project, "v1", ada)
        for line in records_of(session, release.id):
            again = json.dumps(json.loads(line), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            assert again.encode() == line

    def test_freezing_again_gives_the_same_lines(self, session, project, ada):
        approved(session, project, ada, "One.", "Two.")
        first, second = (freeze_as(session, project, name, ada) for name in ("v1", "v2"))
        assert list(records_of(session, first.id)) == list(records_of(session, second.id))
        assert first.sha256 == second.sha256

    def test_batches_leave_no_seam(self, session, project, ada, monkeypatch):
        approved(session, project, ada, *(f"Name {n} fruits." for n in range(7)))
        whole = freeze_as(session, project, "whole", ada)
        monkeypatch.setattr(snapshots, "_BATCH", 3)
        pieces = freeze_as(session, project, "pieces", ada)
        assert (pieces.examples, pieces.sha256) == (7, whole.sha256)
        assert list(records_of(session, pieces.id)) == list(records_of(session, whole.id))

    def test_it_says_what_the_rule_was_and_leaves_an_event(self, session, ada):
        project = add_project(session, approval_ratings=3)
        approved(session, project, ada, "One.")
        release = freeze(session, project, name=" v1 ", notes=" First.\r\n", actor_id=ada.id)
        assert (release.name, release.notes) == ("v1", "First.")
        assert release.rule == {"approval_ratings": 3, "held_back": 0}
        event = session.scalars(select(Event).where(Event.kind == "release.frozen")).one()
        assert (event.actor_id, event.subject_id) == (ada.id, release.id)
        assert event.after == {"name": "v1", "examples": 1, "sha256": release.sha256}


class TestIncomplete:
    """What was approved before incomplete examples were held back."""

    def approved_before(self, session, project, ada, **texts):
        candidate = add_candidate(session, project)
        approve(session, candidate, ada)
        for name, text_ in texts.items():
            setattr(candidate, name, text_)
        session.flush()

    def test_it_is_counted_and_left_out(self, session, project, ada):
        approved(session, project, ada, "One.")
        for texts in ({"output": ""}, {"output": "\n\u200b"}, {"instruction": " "}):
            self.approved_before(session, project, ada, **texts)
        assert count_approved(session, project.id) == Approved(ready=1, held_back=3)
        release = freeze_as(session, project, "v1", ada)
        assert (release.examples, release.rule["held_back"]) == (1, 3)
        assert [json.loads(line)["instruction"] for line in records_of(session, release.id)] == ["One."]

    def test_nothing_else_is_no_release(self, session, project, ada):
        self.approved_before(session, project, ada, output="")
        with pytest.raises(Conflict, match="No approved example has both an instruction and an output"):
            freeze_as(session, project, "v1", ada)


# As version 0.1 froze them: the second has no output.
FIRST_SCHEMA = [
    b'{"decision":{"at":"2026-05-01T10:00:00+00:00","by":1,"reason":"","verdict":"approved"},"id":1,"input":"",'
    b'"instruction":"Name a fruit.","is_classification":null,"output":"An apple.","ratings":[{"annotator":2,"answers":'
    b'{"valid_task":"yes"},"version":1}],"source":{"call":null,"demonstrations":[],"import":null,"model":null,'
    b'"pipeline":null,"practice":false,"run":null,"similarity":null},"version":1}',
    b'{"decision":{"at":"2026-05-01T10:00:00+00:00","by":null,"reason":"","verdict":"approved"},"id":2,"input":"",'
    b'"instruction":"Name a nut.","is_classification":false,"output":" ","ratings":[],"source":{"call":3,'
    b'"demonstrations":[{"seed_task":1}],"import":null,"model":"m","pipeline":"alpaca","practice":true,"run":1,'
    b'"similarity":0.5},"version":1}',
]


class TestReleasesOfTheFirstSchema:
    @pytest.fixture
    def release(self, session, project, ada):
        sha256 = hashlib.sha256(b"".join(line + b"\n" for line in FIRST_SCHEMA)).hexdigest()
        old = Release(
            project_id=project.id,
            name="old",
            examples=2,
            sha256=sha256,
            rule={"approval_ratings": 0},
            created_by_id=ada.id,
        )
        session.add(old)
        session.flush()
        for position, line in enumerate(FIRST_SCHEMA):
            item = {"release_id": old.id, "position": position, "candidate_id": position + 1, "record": line}
            session.add(ReleaseItem(project_id=project.id, **item))
        session.flush()
        return old

    def test_they_still_prove_themselves(self, session, release):
        export = b"".join(format_named("full").write(records_of(session, release.id)))
        assert hashlib.sha256(export).hexdigest() == release.sha256

    @pytest.mark.parametrize("name", ["alpaca", "chat", "completion"])
    def test_every_format_writes_them(self, session, release, name):
        content = b"".join(format_named(name).write(records_of(session, release.id)))
        (found,) = read_back(content, name)
        assert found.example == Example("Name a fruit.", "", "An apple.")
        assert count_blank(session, release) == 1

    def test_the_file_of_everything_is_read_again(self, session, release):
        export = b"".join(format_named("full").write(records_of(session, release.id)))
        found = read_back(export, "full")
        assert [each.example.output for each in found] == ["An apple.", " "]
        assert found[0].metadata["provenance"]["ratings"][0]["answers"] == {"valid_task": "yes"}

    def test_a_new_release_has_none_to_count(self, session, project, ada):
        approved(session, project, ada, "One.")
        assert count_blank(session, freeze_as(session, project, "new", ada)) == 0


class TestRefusals:
    def refused(self, database, error, name, *, approve_one=True):
        with database.writing() as session:
            project, ada = add_project(session), add_person(session)
            if approve_one:
                approved(session, project, ada, "One.")
                freeze_as(session, project, "taken", ada)
        with database.reading() as session:
            before = [count(session, table) for table in (Release, ReleaseItem, Event)]
        with pytest.raises(error) as refusal, database.writing() as session:
            freeze_as(session, session.merge(project, load=True), name, ada)
        with database.reading() as session:
            assert [count(session, table) for table in (Release, ReleaseItem, Event)] == before
        return refusal.value

    def test_nothing_approved_is_no_release_and_leaves_nothing_behind(self, database):
        assert "Nothing is approved" in self.refused(database, Conflict, "v1", approve_one=False).sentence

    def test_a_name_is_taken_once_and_a_second_leaves_nothing_behind(self, database):
        refusal = self.refused(database, Conflict, "taken")
        assert refusal.field == "name"
        assert "“taken”" in refusal.sentence

    @pytest.mark.parametrize("name", ["", " \n ", "x" * 121, "two\nlines"])
    def test_a_name_is_one_line_and_not_empty(self, database, name):
        assert self.refused(database, InvalidInput, name).field == "Name"

    def test_another_project_may_use_the_same_name(self, session, ada):
        for title in ("Fruits", "Nuts"):
            project = add_project(session, name=title)
            approved(session, project, ada, "One.")
            assert freeze_as(session, project, "v1", ada).examples == 1


@pytest.mark.parametrize("table", ["events", "decisions", "release_items", "releases"])
@pytest.mark.parametrize("change", ["UPDATE {table} SET project_id = project_id", "DELETE FROM {table}"])
def test_the_database_itself_refuses_to_rewrite_history(database, table, change):
    with database.writing() as session:
        project, ada = add_project(session), add_person(session)
        approved(session, project, ada, "One.")
        freeze_as(session, project, "v1", ada)
    with pytest.raises(DBAPIError, match=f"{table} is append-only"), database.writing() as session:
        session.execute(text(change.format(table=table)))
    with database.reading() as session:
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) >= 1  # noqa: S608 - our own table names


class TestFinding:
    def test_releases_come_newest_first(self, session, project, ada):
        approved(session, project, ada, "One.")
        first, second = (freeze_as(session, project, name, ada) for name in ("v1", "v2"))
        assert releases_of(session, project.id) == [second, first]
        assert release_in(session, project.id, first.id) is first
        for wrong in ((project.id, 10**12), (project.id + 1, first.id)):
            with pytest.raises(NotFound):
                release_in(session, *wrong)

    def test_by_number_name_or_the_start_of_the_fingerprint(self, session, project, ada):
        approved(session, project, ada, "One.")
        first = freeze_as(session, project, "v1", ada)
        approved(session, project, ada, "Two.")
        named = freeze_as(session, project, "2026", ada)
        assert release_named(session, str(first.id)) is first
        assert release_named(session, "v1") is first
        assert release_named(session, first.sha256[:12]) is first
        assert release_named(session, "2026") is named

    def test_a_number_is_that_release_whatever_another_ones_fingerprint_begins_with(self, session, project, ada):
        release = numbered(session, project, ada, sha256="f" * 64)
        numbered(session, project, ada, sha256=f"{release.id}".ljust(64, "0"), name="other")
        assert release_named(session, str(release.id)) is release

    @pytest.mark.parametrize("name", ["", "v2", "%", "_", "9" * 30, "²"])
    def test_an_unknown_one_is_not_found(self, session, project, ada, name):
        numbered(session, project, ada, sha256="f" * 64)
        with pytest.raises(NotFound, match="There is no release"):
            release_named(session, name)

    def test_one_of_several_has_to_be_told_apart(self, session, project, ada):
        numbered(session, project, ada, sha256="fa".ljust(64, "0"))
        numbered(session, project, ada, sha256="fb".ljust(64, "0"), name="other")
        with pytest.raises(NotFound, match="2 releases fit “f”"):
            release_named(session, "f")


def numbered(session, project, ada, *, sha256, name="one"):
    release = Release(project_id=project.id, name=name, examples=0, sha256=sha256, rule={}, created_by_id=ada.id)
    session.add(release)
    session.flush()
    return release


def test_memory_stays_flat_while_a_release_is_frozen_and_written(database):
    peaks_of(database, 100)  # what the first of its kind fills stays for good, and is no memory of a release
    few, many = (peaks_of(database, size) for size in (2_000, 8_000))
    for stage in ("freeze", "write"):
        assert many[stage] < 1.5 * few[stage], stage


def peaks_of(database, size):
    with database.writing() as session:
        project, ada = add_project(session, name=f"{size}"), add_person(session)
        rows = [
            {
                "project_id": project.id,
                "instruction": f"Name {n} fruits. " + "Slowly. " * 60,
                "output": "An apple.",
                "outcome": Outcome.KEPT,
                "evidence": {},
                "created_at": now(),
            }
            for n in range(size)
        ]
        session.execute(insert(Candidate), rows)
        ids = session.scalars(select(Candidate.id).where(Candidate.project_id == project.id)).all()
        verdict = {"candidate_version": 1, "verdict": Verdict.APPROVED, "project_id": project.id, "created_at": now()}
        session.execute(insert(Decision), [{"candidate_id": each, **verdict} for each in ids])
    del rows, ids
    gc.collect()  # what earlier tests left would go at some moment of this one
    tracemalloc.start()
    with database.writing() as session:
        release_id = freeze_as(session, session.merge(project), "v1", ada).id
    peaks, written = {"freeze": tracemalloc.get_traced_memory()[1]}, 0
    gc.collect()
    tracemalloc.reset_peak()
    with database.reading() as session:
        for piece in format_named("full").write(records_of(session, release_id)):
            written += piece.count(b"\n")
    peaks["write"] = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert written == size
    return peaks
