"""Instructions out of a file: all of them, or a sentence for each line that has none."""

import io

import pytest

from app.errors import ImportRefused
from app.imports.instructions import read_instructions


@pytest.mark.parametrize(
    ("raw", "instructions"),
    [
        (b'["a", {"instruction": "b", "output": 1}]', ["a", "b"]),
        (b'"a"\n\n{"instruction": "b"}\n', ["a", "b"]),
        (b'"a\\u2028b"\n"\xe2\x80\xa8"', ["a\u2028b", "\u2028"]),
        (b'"e\\u0301 \\ud800 \\u0000"', ["e\u0301 \ufffd \ufffd"]),  # as it would be stored
        (b'""', [""]),
        (b"", []),
        (b"[]", []),
    ],
)
def test_instructions_are_read_in_order(raw, instructions):
    assert read_instructions(io.BytesIO(raw)) == instructions


def test_every_line_without_one_is_named():
    with pytest.raises(ImportRefused, match="^Nothing was read: the file has 3 problems") as refused:
        read_instructions(io.BytesIO(b'"a"\n{"instruction": null}\n["a"]\n{\n'))
    assert refused.value.problems == [
        "Record 2 (line 2): “instruction” is missing or is not a text.",
        "Record 3 (line 3): is neither a text nor an object with an “instruction”.",
        "Record 4 (line 4): The object isn’t complete on its line. JSON lines have each object on one line.",
    ]


def test_what_is_wrong_with_many_is_said_once():
    with pytest.raises(ImportRefused, match="999 problems") as refused:
        read_instructions(io.BytesIO(b"1\n" * 999))
    assert refused.value.problems == [
        "999 records, the first is record 1 (line 1): is neither a text nor an object with an “instruction”."
    ]
