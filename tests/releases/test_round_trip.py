"""The whole way round: imported, approved, frozen, written, imported again. Every byte of the texts stays."""

import io
import json
import random
import threading

import pytest
from sqlalchemy import select

from app import jobs
from app.approval import decide
from app.imports.importing import Import, ImportForm, start_import
from app.models.candidates import Candidate, Verdict
from app.models.generation import RunState
from app.models.jobs import Job
from app.models.projects import Project
from app.releases.formats import FORMATS, format_named
from app.releases.snapshots import freeze, records_of
from app.text import is_blank
from tests.factories import person, project
from tests.releases.texts import PIECES

CHOSEN = [(each.name, {}) for each in FORMATS] + [("completion", {"end_marker": "<|endoftext|>"})]
METADATA = {"id": "é\u2028", "nested": {"b": [1, None, 0.1], "a": {}}, "empty": ""}


def tricky_examples():
    """Texts with each of what files have trouble with, inside and at both ends, and drawn together."""
    draw = random.Random(7)  # noqa: S311 - guards nothing, and can be repeated
    alone = [f"{piece}a{piece}b{piece}" for piece in PIECES]
    drawn = ["".join(draw.choices(PIECES, k=5)) for _ in range(60)]
    texts = [each for each in alone + drawn if not is_blank(each)]
    examples = [
        {"instruction": text, "input": draw.choice(["", "\n", *texts]), "output": draw.choice(texts)} for text in texts
    ]
    return [each | {"output": text} for each, text in zip(examples, reversed(texts), strict=True)]


EXAMPLES = tricky_examples()
WRITTEN = [(each["instruction"], each["input"], each["output"]) for each in EXAMPLES]


def bring_in(database, project_id, owner_id, name, content):
    with database.writing() as session:
        form = ImportForm(f"file.{name}", name)
        job_id = start_import(session, project_id, form, io.BytesIO(content), owner_id).id
    jobs.carry_out_job(database, [Import()], job_id, threading.Event())
    with database.reading() as session:
        job = session.get_one(Job, job_id)
        assert job.state is RunState.DONE, (job.sentence, job.result)
        return session.scalars(select(Candidate).where(Candidate.import_id == job_id).order_by(Candidate.id)).all()


def texts_of(candidates):
    return [(each.instruction, each.input, each.output) for each in candidates]


@pytest.fixture
def away(database):
    """A project with a release of tricky examples, one of which has metadata. Returns its lines."""
    with database.writing() as session:
        owner = person(session)
        owner_id, project_id = owner.id, project(session, owner=owner).id
    content = json.dumps(EXAMPLES).encode()
    came = bring_in(database, project_id, owner_id, "alpaca", content)
    assert texts_of(came) == WRITTEN
    with database.writing() as session:
        for each in came:
            decide(session, session.get_one(Candidate, each.id), Verdict.APPROVED, owner_id)
        session.get_one(Candidate, came[0].id).metadata_ = METADATA
        release = freeze(session, session.get_one(Project, project_id), name="v1", notes="", actor_id=owner_id)
        return list(records_of(session, release.id))


@pytest.mark.parametrize(("name", "chosen"), CHOSEN)
def test_what_was_exported_is_imported_again_whole(database, away, name, chosen):
    with database.writing() as session:
        owner = person(session)
        owner_id, project_id = owner.id, project(session, owner=owner).id
    content = b"".join(format_named(name).write(away, chosen))
    again = bring_in(database, project_id, owner_id, name, content)
    assert texts_of(again) == WRITTEN
    if name == "full":
        provenance = again[0].metadata_.pop("provenance")
        assert again[0].metadata_ == METADATA
        assert provenance["decision"]["verdict"] == "approved"
    else:
        assert [each.metadata_ for each in again] == [None] * len(WRITTEN)
