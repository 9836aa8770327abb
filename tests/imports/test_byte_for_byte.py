"""Texts come in as they are: whatever can be stored is stored as it stood in the file."""

import csv
import io
import json
import threading

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from app import jobs
from app.imports.importing import Import, ImportForm, start_import
from app.models.candidates import Candidate
from tests.factories import person, project

AWKWARD = "\r\n\t \x01\x0b\x1f\x7f\x85\u2028\ufeff\ufffe\u212b\u2126e\u0301\u1100\u1161\u200d\U0001f469"
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00") | st.sampled_from(AWKWARD), max_size=30
)
EXAMPLES = st.lists(st.tuples(TEXTS.map("x{}".format) | TEXTS.filter(str.strip), TEXTS, TEXTS), min_size=1, max_size=4)
STORABLE = st.characters(codec="utf-8", exclude_characters="\x00")
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1)
VALUES = st.none() | st.booleans() | NUMBERS | st.text(STORABLE, max_size=5)
METADATA = st.dictionaries(st.text(STORABLE, max_size=4).map("z{}".format), VALUES, max_size=3)
KEYS = ("instruction", "input", "output")


def as_list(rows):
    return json.dumps(rows).encode()


def as_pretty_list(rows):
    return json.dumps(rows, indent=1, ensure_ascii=False).encode()


def as_lines(rows):
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def as_table(rows):
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([KEYS, *(row.values() for row in rows)])
    return written.getvalue().encode()


@pytest.fixture
def imported(database):
    """Bring a file in and return what became of it, in the order of the file."""
    with database.writing() as session:
        owner = person(session)
        owner_id, project_id = owner.id, project(session, owner=owner).id

    def bring_in(raw, extra=()):
        with database.writing() as session:
            form = ImportForm("any", "alpaca", extra=extra)
            job_id = start_import(session, project_id, form, io.BytesIO(raw), owner_id).id
        jobs.carry_out_job(database, [Import()], job_id, threading.Event())
        with database.writing() as session:
            found = session.scalars(
                select(Candidate).where(Candidate.import_id == job_id).order_by(Candidate.position)
            ).all()
            session.execute(delete(Candidate).where(Candidate.import_id == job_id))
        return found

    return bring_in


@pytest.mark.parametrize("written", [as_list, as_pretty_list, as_lines, as_table])
def test_any_text_is_stored_as_it_stood_in_the_file(imported, written):
    @settings(max_examples=25, deadline=None)
    @given(EXAMPLES)
    @example([("  Indent kept? ", "\tx", "\n\n- a\n- b\n\n"), ("x", "def f():\n", "    return a\n")])
    @example([("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "a\rb", "\x01\x0b")])
    @example(
        [("\u212b \u2126 \ufa1e \u1100\u1161", "", "e\u0301"), ("\ufeffx", "\u2028", "\U0001f469\u200d\U0001f469")]
    )
    def hold(examples):
        rows = [dict(zip(KEYS, each, strict=True)) for each in examples]
        found = imported(written(rows))
        assert [(each.instruction, each.input, each.output) for each in found] == examples

    hold()


def test_metadata_are_stored_as_they_stood_in_the_file(imported):
    @settings(max_examples=25, deadline=None)
    @given(METADATA)
    def hold(metadata):
        (found,) = imported(as_list([{"instruction": "x", "output": "y"} | metadata]), ["metadata"])
        assert (found.metadata_ or {}) == metadata
        assert list(found.metadata_ or {}) == list(metadata)

    hold()
