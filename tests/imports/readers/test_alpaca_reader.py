"""Alpaca's format: what is taken, what is named."""

import io
import json
import pkgutil

import pytest

from app.errors import NotFound
from app.examples import Example
from app.imports import readers
from app.imports.parts import mapped
from app.imports.readers import READERS, reader_named
from app.imports.records import Records


def read(*values):
    records = list(Records(io.BytesIO(json.dumps(values).encode())))
    mapping = mapped({key for value in values if isinstance(value, dict) for key in value})
    return [reader_named("alpaca").read(record, mapping) for record in records]


def test_an_example_with_and_without_an_input():
    first, second, third = read(
        {"instruction": "a", "input": "b", "output": "c"},
        {"instruction": "a", "output": "c"},
        {"instruction": "a", "input": None, "output": ""},
    )
    assert first.example == Example("a", "b", "c")
    assert second.example == Example("a", "", "c")
    assert third.example == Example("a", "", "")
    assert (first.place.record, first.place.line) == (1, 1)
    assert (first.problems, first.extra) == ((), {})


def test_other_keys_are_extra():
    (found,) = read({"instruction": "a", "output": "c", "text": "d", "id": 1})
    assert found.example == Example("a", "", "c")
    assert found.extra == {"text": "d", "id": 1}


def test_of_several_names_for_a_part_the_part_s_own_counts():
    first, second = read(
        {"Prompt": "p", "instruction": "a", "context": "x", "answer": "b", "response": "c"},
        {"Prompt": "p", "context": "x", "answer": "b"},
    )
    assert (first.example, first.extra) == (Example("a", "x", "c"), {"Prompt": "p", "answer": "b"})
    assert (second.example, second.extra) == (Example("p", "x", "b"), {})


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ({}, ["“instruction” is missing.", "“output” is missing."]),
        ({"instruction": "a", "output": 3}, ["“output” must be a text, not a number."]),
        ({"instruction": "a", "output": True}, ["“output” must be a text, not true or false."]),
        ({"instruction": "a", "output": float("nan")}, ["“output” must be a text, not a number."]),
        (
            {"question": ["a"], "input": {}, "output": None},
            ["“question” must be a text, not a list.", "input", "is null"],
        ),
        ("a text", ["must be an object, not a text."]),
        ([1], ["must be an object, not a list."]),
        (None, ["must be an object, not null."]),
    ],
)
def test_every_problem_of_a_record_is_named(value, problems):
    (found,) = read(value)
    assert found.example is None
    assert len(found.problems) == len(problems)
    assert all(part in sentence for part, sentence in zip(problems, found.problems, strict=True))


def test_what_is_not_json_is_a_problem():
    (record,) = Records(io.BytesIO(b"hello"))
    assert reader_named("alpaca").read(record, mapped([])).problems[0].startswith("“hello” is no JSON value.")


def test_every_module_is_in_the_tuple():
    modules = {module.name for module in pkgutil.iter_modules(readers.__path__)}
    assert modules == {reader.name for reader in READERS}
    assert len(modules) == len(READERS)


def test_an_unknown_name_is_not_found():
    with pytest.raises(NotFound, match=r"no format “unheard_of”.*alpaca"):
        reader_named("unheard_of")
