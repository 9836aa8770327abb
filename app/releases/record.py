"""One line of a release: an example with the proof of where it came from, in canonical JSON."""

from typing import Any

import orjson

from app.examples import Example


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


def example_in(record: dict[str, Any]) -> Example:
    """Return the example of a record."""
    return Example(record["instruction"], record["input"], record["output"])
