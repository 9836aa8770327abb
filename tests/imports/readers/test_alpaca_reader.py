"""Alpaca's format: what is taken, what is named."""

import io
import json
import pkgutil

import pytest

from app.errors import NotFound
from app.examples import Example
from app.imports import readers
from app.imports.readers import READERS, reader_named


def read(*values):
    return list(reader_named("alpaca").read(io.BytesIO(json.dumps(values).encode())))


def test_an_example_with_and_without_an_input():
    first, second, third = read(
        {"instruction": "a", "input": "b", "output": "c"},
        {"instruction": "a", "output": "c"},
        {"instruction": "a", "input": None, "output": ""},
    )
    assert first.example == Example("a", "b", "c")
    assert second.example == Example("a", "", "c")
    assert third.example == Example("a", "", "")
    assert first.line == 1
    assert (first.problems, first.ignored) == ((), frozenset())


def test_other_keys_are_named():
    (found,) = read({"instruction": "a", "output": "c", "text": "d", "id": 1})
    assert found.example == Example("a", "", "c")
    assert found.ignored == {"text", "id"}


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ({}, ["“instruction” is missing.", "“output” is missing."]),
        ({"instruction": "a", "output": 3}, ["“output” must be a text."]),
        ({"instruction": ["a"], "input": {}, "output": None}, ["instruction", "input", "output"]),
        ("a text", ["must be an object with “instruction” and “output”."]),
        ([1], ["must be an object"]),
        (None, ["must be an object"]),
    ],
)
def test_every_problem_of_a_record_is_named(value, problems):
    (found,) = read(value)
    assert found.example is None
    assert len(found.problems) == len(problems)
    assert all(part in sentence for part, sentence in zip(problems, found.problems, strict=True))


def test_what_is_not_json_is_a_problem():
    (found,) = reader_named("alpaca").read(io.BytesIO(b"hello"))
    assert found.problems[0].startswith("is not JSON.")


def test_every_module_is_in_the_tuple():
    modules = {module.name for module in pkgutil.iter_modules(readers.__path__)}
    assert modules == {reader.name for reader in READERS}
    assert len(modules) == len(READERS)


def test_an_unknown_name_is_not_found():
    with pytest.raises(NotFound, match=r"no format “unheard_of”.*alpaca"):
        reader_named("unheard_of")
