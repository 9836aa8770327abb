"""One line of a release: an example with the proof of where it came from, in canonical JSON.

Every key of a record is always there and always of one type, since readers such as Hugging Face ``datasets`` fix the
type of a column by the first megabytes: nothing is null, and what has no one shape (ratings by different rubrics, a
file's own keys) is a text that holds JSON. ``schema`` says which shape a record has; the first ones had no such key.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from app.examples import Example
from app.text import is_blank

SCHEMA = 2
_SURROGATE = re.compile("[\ud800-\udfff]")


def canonical(record: dict[str, Any]) -> bytes:
    """Return ``record`` as canonical JSON: keys sorted, no white space, UTF-8, one line to every reader.

    What a release is hashed over, and what its full export holds: the file's checksum is the release's.
    """
    return one_line(orjson.dumps(record, option=orjson.OPT_SORT_KEYS))


def one_line(line: bytes) -> bytes:
    """Return ``line`` with the three characters escaped that some readers take for the end of a line."""
    for character in ("\u2028", "\u2029", "\u0085"):
        line = line.replace(character.encode(), f"\\u{ord(character):04x}".encode())
    return line


def json_text(value: Any) -> str:
    """Return ``value`` as a text that holds canonical JSON, for what has no one shape."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def json_text_as_it_came(value: Any) -> str:
    """Return ``value`` of a file as a text that holds JSON, its keys in their order and its numbers of any size."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Half of a character pair can't be written in UTF-8, as an escape it can.
    return _SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint_of(example: Example) -> str:
    """Return the SHA-256 of the three texts of an example as canonical JSON: the same texts have the same anywhere."""
    texts = {"instruction": example.instruction, "input": example.input, "output": example.output}
    return hashlib.sha256(orjson.dumps(texts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def example_in(record: dict[str, Any]) -> Example:
    """Return the example of a record of any schema."""
    return Example(record["instruction"], record["input"], record["output"])


def examples_to_learn(records: Iterable[bytes]) -> Iterator[Example]:
    """Yield the examples of canonical lines, without those whose output is blank.

    Only releases that were frozen before such were held back have any: a model would learn from them to say nothing.
    """
    for line in records:
        example = example_in(orjson.loads(line))
        if not is_blank(example.output):
            yield example
