"""Whatever becomes a name passes the gate for names: in each column, at each call, in each field of a form."""

import ast
from pathlib import Path

import pytest
from sqlalchemy import Enum as Choices
from sqlalchemy import LargeBinary, String, Text, inspect, select

from app.models.base import Base, NameText
from app.models.people import Person
from app.models.projects import Project
from app.text import tidy_name
from tests.builders import add_person, add_project

# Short texts in tables that are no names; whoever adds a column says why, or makes it a ``NameText``.
NO_NAMES = {
    "adjudications.answer": "one of the answers of a rubric",
    "adjudications.question": "one of the questions of a rubric",
    "arrivals.rejected_by": "the name of a filter",
    "calls.purpose": "the name of a step of a pipeline",
    "candidates.rejected_by": "the name of a filter",
    "alternatives.rejected_by": "the name of a filter",
    "endpoints.base_url": "passes the gate, and is held against what an address may hold",
    "endpoints.preset": "one of ours",
    "events.kind": "ours",
    "identities.issuer": "a setting",
    "identities.subject": "what a provider tells people apart by: tidied, it could be another's",
    "invitations.completion_url": "passes the gate, and is held against what an address may hold",
    "invitations.email": "passes the gate: tidied, it could be another's",
    "jobs.carrier": "ours",
    "jobs.kind": "ours",
    "persons.email": "passes the gate: tidied, it could be another's",
    "persons.password_hash": "ours",
    "projects.rubric": "the name of a rubric",
    "ratings.rubric": "the name of a rubric",
    "ratings.skip_reason": "one of ours",
    "ratings.submission": "made by a page, shown nowhere",
    "releases.sha256": "ours",
    "runs.carrier": "ours",
    "runs.pipeline": "one of ours",
    "sign_in_links.email": "passes the gate: tidied, it could be another's",
    "spendings.month": "ours",
    "studies.report_sha256": "ours",
    "studies.rubric": "the name of a rubric",
    "study_items.stratum": "ours",
    "workers.id": "ours",
}
# Calls of the gates for other texts, by file and what they are called for, each with why that is no name.
TEXTS = {
    "approval.py": ["reason"],
    "candidates/listing.py": ["a search"],
    "duplicates/finding.py": ["a number"],
    "generation/prompt_versions.py": ["the words of a prompt"],
    "llm/error_body.py": ["a sentence of a server"],
    "llm/reading.py": ["a sentence of a model"],
    "people/accounts.py": ["a password"],
    "projects.py": ["description", "guidelines", "description, when it is made"],
    "rating/ratings.py": ["submission", "comment"],
    "rating/rubric_files.py": ["the help of a question"],
    "releases/format.py": ["the value of an option, such as an end marker"],
    "releases/snapshots.py": ["notes"],
    "seeds.py": ["instruction", "input", "output", "a search"],
    "imports/first_look.py": ["a sample of a value"],
    "statistics/answer_tables.py": ["cells, compared"],
    "statistics/answer_values.py": ["the answers of a scale, compared"],
    "studies/adjudicating.py": ["reason"],
    "studies/answering.py": ["submission"],
    "studies/planning.py": ["a model, looked for among those that there are"],
    "web/fields.py": ["a field of a form, before the stage reads it"],
    "web/pages/prompts.py": ["the words of a prompt"],
    "web/pages/rubrics.py": ["a rubric, looked for among those that there are"],
    "web/pages/studies.py": ["a field of a form, before the stage reads it"],
}
APP = Path(__file__).parents[1] / "app"
HOSTILE = "  A\u202ed\u00a0 \u200b\u3164a\x00\ud800" + "x" * 300


def test_every_short_text_of_a_table_is_a_name_or_says_why_it_is_none():
    short = {
        f"{table.name}.{column.name}": column.type
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String | NameText) and not isinstance(column.type, Text | Choices | LargeBinary)
    }
    assert {name for name, type_ in short.items() if not isinstance(type_, NameText)} == set(NO_NAMES)
    assert {name.rsplit(".", 1)[1] for name, type_ in short.items() if isinstance(type_, NameText)} >= {"name", "model"}


def test_every_call_of_another_gate_is_for_something_else_than_a_name():
    calls: dict[str, int] = {}
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if name in {"clean", "tidy"} and path.name != "text.py":
                calls[path.relative_to(APP).as_posix()] = calls.get(path.relative_to(APP).as_posix(), 0) + 1
    assert calls == {file: len(reasons) for file, reasons in TEXTS.items()}


def test_no_way_into_a_table_leads_past_the_gate(session):
    """Also where whoever writes forgot it."""
    person, project = add_person(session, "Ada"), add_project(session)
    person.name, project.name = HOSTILE, HOSTILE
    session.flush()
    session.expire_all()
    stored = session.execute(select(Person.name).where(Person.id == person.id)).scalar_one()
    assert stored == tidy_name(HOSTILE) == ("Ad a\ufffd" + "x" * 300)[:120]
    assert session.scalar(select(Project.name).where(Project.name == HOSTILE)) == stored
    assert len(inspect(Person).columns["name"].type.process_bind_param("y" * 999, session.bind.dialect)) == 120


@pytest.mark.parametrize("name", sorted(NO_NAMES))
def test_reasons_are_of_columns_that_are_there(name):
    table, column = name.split(".")
    assert column in Base.metadata.tables[table].columns
