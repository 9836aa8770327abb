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
        (b'"e\\u0301 \\ud800 \\u0000"', ["\u00e9 \ufffd "]),  # as it would be stored
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
        "Line 2: “instruction” is missing or is not a text.",
        "Line 3: is neither a text nor an object with an “instruction”.",
        "Line 4: is not JSON.",
    ]


def test_no_more_lines_are_named_than_anybody_reads():
    with pytest.raises(ImportRefused, match="999 problems") as refused:
        read_instructions(io.BytesIO(b"1\n" * 999))
    assert len(refused.value.problems) == 20
