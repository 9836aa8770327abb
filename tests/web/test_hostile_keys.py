"""Keys of files as an attacker would name them, through every door that takes a file: a sentence each time, no fault.

What becomes of them can be read on every page that shows them, and nowhere does one stand that hides something.
"""

import json
import re
import threading
import time

import pytest
from sqlalchemy import func, select

from app import jobs
from app.carrying import WENT_WRONG
from app.imports.answers import AnswersImport
from app.imports.importing import Import
from app.imports.undoing import UNDO
from app.models.candidates import Candidate
from app.models.jobs import Job
from app.rating.rubric_files import dump_rubric
from app.rating.rubrics import quality_study
from tests.web.world import BOTH

PROSE = "This is a text of some words, which belongs to the example."
EXAMPLE = {"instruction": "Name a sea.", "output": "The Baltic."}
KEYS = {
    "surrogate": "\ud800",
    "half a pair within": "a\udc00b",
    "nul": "\x00",
    "nul within": "system\x00",
    "empty": "",
    "blank": " \u3164\u200b",
    "bidi": "a\u202eb",
    "isolate": "\u2066a",
    "other space": "a\u00a0b",
    "control": "\x1b[31mred",
    "lines": "a\r\nb",
    "long": "x" * 100_000,
    "long and hidden": "\u202e" * 100_000,
    "equals": "a=b=metadata",
    "markup": "<script>alert(1)</script>",
    "quotes": "\"'“”\\",
    "formula": "=1+1",
    "path": "../../etc/passwd",
    "template": "{{ 7*7 }}{0}%s",
    "looks like a part": "instruction\u200b",
    "part with blanks": " Instruction ",
    "private": "\ue000",
}


def dumped(value):
    return json.dumps(value).encode()  # with the escapes that make a lone surrogate


def files(key):
    """Every way to put a key into a file of examples."""
    return {
        "short.json": dumped([{**EXAMPLE, key: 1}]),
        "text.jsonl": dumped({**EXAMPLE, key: PROSE}),
        "first.json": dumped([{key: PROSE, **EXAMPLE}, EXAMPLE]),
        "later.json": dumped([EXAMPLE] * 1_001 + [{**EXAMPLE, key: PROSE}]),
        "within.json": dumped([{**EXAMPLE, "meta": {key: [{key: 1}]}}]),
        "beside.json": dumped({key: 1, "data": [EXAMPLE]}),
        "around.json": dumped({key: [EXAMPLE]}),
        "alone.json": dumped([{key: PROSE}]),
        "columns.json": dumped({"instruction": ["Hi"], "output": ["Ho"], key: [PROSE]}),
        "chat.jsonl": dumped(
            {"messages": [{"role": "user", "content": "Hi"}, {"role": key, "content": "Ho", key: 1}], key: 1}
        ),
        "full.jsonl": dumped({**EXAMPLE, "input": "", "source": {key: 1}, key: PROSE}),
        "completion.jsonl": dumped({"prompt": "Hi", "completion": "Ho", "tamis": {key: [0, 1]}, key: PROSE}),
        "table.csv": b"instruction,output,%s\r\nHi,Ho,%s\r\n" % (_cell(key), PROSE.encode()),
        "loose.json": b'[{"instruction": "Hi", "output": "Ho", %s: 1}]' % key.encode("utf-8", "replace"),
        "loose.jsonl": dumped(EXAMPLE) + b"\n{%s: 1}\n" % key.encode("utf-8", "replace"),
        "twice.jsonl": b'{"instruction": "Hi", "output": "Ho", %s: 1, %s: 2}' % (dumped(key), dumped(key)),
        "broken.json": b'[{"instruction": "Hi", "output": "Ho", %s 1}]' % dumped(key),
        "bare.json": b'[{"instruction": "Hi", "output": "Ho", %s: 1}]' % key.encode("utf-8", "replace"),
        "twice.csv": b"instruction,output,%s,%s\r\nHi,Ho,1,2\r\n" % (_cell(key), _cell(key)),
    }


def _cell(key):
    return b'"%s"' % key.replace('"', '""').encode("utf-8", "replace")


def many_keys(count=100_000):
    return {
        "many.json": dumped([{**EXAMPLE, **{f"k{number}": PROSE[:9] for number in range(count)}}]),
        "many_texts.json": dumped([{**EXAMPLE, **{f"k{number}": PROSE for number in range(8_000)}}]),
        "many_hidden.json": dumped([{**EXAMPLE, **{f"\u202e{number}": 1 for number in range(40_000)}}]),
        "many_each.jsonl": b"\n".join(dumped({**EXAMPLE, f"k{number}": PROSE}) for number in range(5_000)),
        "many_beside.json": dumped({**{f"k{number}": 1 for number in range(count // 2)}, "data": [EXAMPLE]}),
        "many.csv": (
            ",".join(["instruction", "output", *map(str, range(50_000))]) + "\nHi,Ho" + ",1" * 50_000 + "\n"
        ).encode(),
    }


class Attacker:
    """Sends files to a project and looks at every page that tells of them."""

    def __init__(self, browser, place, database):
        self.browser, self.id, self.database, self.rubric = browser, place.id, database, place["rubric"]
        self.wrong: list[tuple[str, ...]] = []

    def look(self, answer, *what):
        if answer.status_code >= 500 or "Something went wrong inside" in answer.text or len(answer.text) > 400_000:
            self.wrong.append((*what, str(answer.status_code), str(len(answer.text))))
        shows_data = what[1] == "candidates.show"  # metadata, as they came
        if not shows_data and (found := re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b\ud800-\udfff]", answer.text)):
            self.wrong.append((*what, "shows", ascii(found.group())))
        return answer

    def visit(self, what, route, **ids):
        return self.look(self.browser.visit(route, project_id=self.id, **ids), what, route)

    def send(self, what, route, name, raw, **form):
        path = self.browser.path(route, project_id=self.id)
        return self.look(self.browser.post(path, data=form, files={"file": (name, raw)}), what, route)

    def newest(self):
        with self.database.reading() as session:
            return session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()

    def import_(self, what, name, raw, choice, **form):
        before = self.newest().id
        self.send(what, "imports.start", name, raw, again="true", **form)
        job = self.newest()
        if job.id == before:
            return
        page = self.visit(what, "imports.look", waiting_id=job.id)
        if job.state == "paused":
            fields = dict.fromkeys(re.findall(r'name="(extra\.\d+)"', page.text), choice) | {"others": choice}
            path = self.browser.path("imports.answer", project_id=self.id, waiting_id=job.id)
            self.look(self.browser.post(path, data=fields), what, "imports.answer", choice)
        self.carry_out(what)

    def carry_out(self, what):
        job = self.newest()
        jobs.carry_out_job(self.database, [Import(), AnswersImport(), UNDO], job.id, threading.Event())
        job = self.newest()
        if job.sentence == WENT_WRONG or job.state not in {"done", "failed", "paused"}:
            self.wrong.append((what, "job", job.state, job.sentence))
        for route in ("jobs.show", "jobs.card"):
            self.visit(what, route, job_id=job.id)
        if job.state == "done" and job.kind == "import":
            self.visit(what, "imports.undoing", import_id=job.id)

    def look_around(self, what):
        for route in (
            "imports.list",
            "candidates.list",
            "projects.show",
            "releases.list",
            "runs.new",
        ):
            self.visit(what, route)
        with self.database.reading() as session:
            newest = session.scalar(select(func.max(Candidate.id)).where(Candidate.project_id == self.id))
        self.visit(what, "candidates.show", candidate_id=newest)


@pytest.fixture
def attacker(cem, place, database):
    return Attacker(cem, place, database)


@BOTH
@pytest.mark.parametrize("name", KEYS)
def test_a_hostile_key_of_examples_is_told_or_kept_and_no_fault(attacker, name):
    for number, (file, raw) in enumerate(files(KEYS[name]).items()):
        choice, said = ("metadata", "before-input", "leave-out")[number % 3], number % 2
        form = {"others": choice} if said else {}
        attacker.import_(f"{name} in {file}", file, raw, choice, screen="no", **form)
    attacker.look_around(name)
    assert not attacker.wrong, "\n".join(map(str, attacker.wrong))


@BOTH
@pytest.mark.parametrize("name", many_keys(0))
def test_a_hundred_thousand_keys_are_told_or_kept_and_no_fault(attacker, name):
    raw = many_keys()[name]
    began = time.thread_time()
    attacker.import_(name, name, raw, "leave-out", screen="no")
    attacker.import_(f"{name}, others", name, raw, "metadata", screen="no", others="metadata")
    attacker.look_around(name)
    assert not attacker.wrong, "\n".join(map(str, attacker.wrong))
    assert time.thread_time() - began < 60


@BOTH
@pytest.mark.parametrize("name", KEYS)
def test_a_hostile_key_of_answers_seeds_and_rubrics_is_told_or_passed_over_and_no_fault(attacker, name):
    key = KEYS[name]
    for file, value in {
        "extra": {"instruction": f"Hi {name}", "response": "Ho", key: PROSE},
        "reference": {"instruction": "Hi", "response": "Ho", "target": "Ha", "meta": {key: key}},
        "alone": {key: PROSE},
    }.items():
        attacker.send(name, "imports.answers", f"{file}.jsonl", dumped(value), model="A model", again="true")
        attacker.carry_out(f"{name} in answers, {file}")
    twice = b'{"instruction": "Hi", "response": "Ho", %s: 1, %s: 2}' % (dumped(key), dumped(key))
    attacker.send(name, "imports.answers", "twice.jsonl", twice, model="A model", again="true")
    attacker.carry_out(f"{name} twice in answers")
    seed = {"name": f"s {name}", "is_classification": False, "instances": [{"input": "", "output": "Ho"}]}
    for value in (
        seed | {"instruction": f"Do {name}", key: 1},
        seed | {"instruction": f"Do {name} it", "name": key},
        seed | {"instruction": f"Do {name} now", "instances": [{"input": "", "output": "Ho", key: 1}]},
    ):
        attacker.send(name, "seeds.import", "seeds.jsonl", dumped(value))
    attacker.visit(name, "seeds.list")
    whole = dump_rubric(quality_study)
    question = whole["questions"][0]
    for content in (
        whole | {key: 1},
        whole | {"label": key},
        whole | {"tags": [key]},
        whole | {"questions": [question | {key: 1}]},
        whole | {"questions": [question | {"name": key}]},
        whole
        | {"questions": [question | {"scale": question["scale"] | {"choices": [{"value": key}, {"value": "b"}]}}]},
        whole | {"questions": [question | {"valid": [key]}]},
        whole | {"questions": [question | {"shown_if": {"question": key, "is": [key]}}]},
    ):
        for route in ("rubrics.preview", "rubrics.save"):
            path = attacker.browser.path(route, project_id=attacker.id, rubric=attacker.rubric)
            attacker.look(attacker.browser.post(path, data={"version": "1", "json_text": dumped(content)}), name, route)
    attacker.visit(name, "rubrics.show", rubric=attacker.rubric)
    attacker.look_around(name)
    assert not attacker.wrong, "\n".join(map(str, attacker.wrong))


@BOTH
def test_a_hostile_name_of_a_file_is_shown_by_what_is_seen_of_it(attacker):
    for name, key in KEYS.items():
        called = key.encode("utf-8", "replace").decode()  # as every browser sends it
        for file in (called, f"..\\{called}.json"):
            attacker.import_(name, file, dumped([EXAMPLE]), "metadata", screen="no")
    attacker.look_around("names of files")
    assert not attacker.wrong, "\n".join(map(str, attacker.wrong))


@BOTH
def test_what_earlier_versions_stored_of_hostile_keys_is_shown(attacker):
    attacker.import_("before", "a.json", dumped([EXAMPLE]), "metadata", screen="no")
    job = attacker.newest()
    with attacker.database.writing() as session:
        lone = "?" if session.bind.dialect.name == "postgresql" else "\ud800"  # Postgres never took one
        old = {"ignored": [lone, "a\u202eb"], "renamed": {lone: "instruction"}, "taken_for": "x", "beside": ["\u2066"]}
        session.get_one(Job, job.id).result = job.result | old | {"problems": [lone]}
    for route in ("jobs.show", "jobs.card"):
        attacker.visit("before", route, job_id=job.id)
    assert not attacker.wrong, "\n".join(map(str, attacker.wrong))
