"""Files that cost far more than their size says, made on the fly: name, door, bytes. ``blasts`` sends them.

``mb`` is how much a packed one holds at least, where it is packed.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import NamedTuple

ONE = '{"instruction": "Name a sea.", "output": "The Baltic."}'
MARKS = "a" + "\u0301\u0327" * 49_999
EMOJI = "\U0001f30a"


class Bomb(NamedTuple):
    """``door``: where it is sent. ``make`` returns it. ``again``: another door gets it, too."""

    name: str
    door: str
    make: Callable[[int], bytes]
    again: bool = False


def packed(*parts: tuple[str | bytes, float]) -> Callable[[int], bytes]:
    """Pack texts one after the other, each as often as the share of a megabyte per megabyte says; 0: once."""

    def make(mb: int) -> bytes:
        packer = zlib.compressobj(1, wbits=31)
        pieces = [packer.compress(piece) for part, share in parts for piece in _pieces(part, share * (mb << 20))]
        return b"".join((*pieces, packer.flush()))

    return make


def _pieces(part: str | bytes, size: float) -> Iterator[bytes]:
    raw = part.encode() if isinstance(part, str) else part
    if not size:
        return iter((raw,))
    piece = raw * max((1 << 20) // len(raw), 1)
    return repeat(piece, max(round(size / len(piece)), 1))


def plain(text: Callable[[], str]) -> Callable[[int], bytes]:
    return lambda _mb: text().encode()


def numbered(line: str, per_mb: int) -> Callable[[int], bytes]:
    """Lines that differ by their number."""
    return lambda mb: gzip.compress("".join(line.replace("#", str(n)) for n in range(mb * per_mb)).encode(), 1)


def _answer(instruction: str, response: str, **more: str) -> str:
    return json.dumps({"instruction": instruction, "response": response, **more}, ensure_ascii=False) + "\n"


def _example(instruction: str, output: str, **more: object) -> str:
    return json.dumps({"instruction": instruction, "output": output, **more}, ensure_ascii=False) + "\n"


def _large(line: Callable[[int], str], per_mb: float) -> Callable[[int], bytes]:
    def make(mb: int) -> bytes:
        packer = zlib.compressobj(1, wbits=31)
        pieces = [packer.compress(line(number).encode()) for number in range(round(mb * per_mb))]
        return b"".join((*pieces, packer.flush()))

    return make


def _seed(name: str, instances: int = 1) -> str:
    pairs = [{"input": "", "output": "x"}] * instances
    shape = {"name": name, "instruction": "Say #", "instances": pairs, "is_classification": False}
    return json.dumps(shape) + "\n"


def _thing(text: str) -> list[Bomb]:
    """What is read before anybody knows whether there are examples or answers in it: sent to both doors."""
    record = ONE.replace("output", text)

    def behind(many: str) -> Callable[[int], bytes]:
        return packed((f'{record[:-1]}, "x": {many}}}\n', 0))

    def columns(names: str) -> Callable[[int], bytes]:
        return plain(lambda: f"instruction,{text},{names}\na,b\n")

    makes = {
        "line feeds": packed(("\n", 1)),
        "spaces in a list": packed(("[", 0), (" ", 1)),
        "spaces in an object": packed(("{", 0), (" ", 1)),
        "spaces behind a key": packed(('{"a":', 0), (" ", 1)),
        "spaces in a wrapped list": packed(('{"data": [', 0), (" ", 1)),
        "spaces in a wrapped list behind a record": packed((f'{{"data": [{record}', 0), (" ", 1)),
        "spaces behind a record": packed((record, 0), (" ", 1)),
        "line feeds behind a record": packed((f"{record}\n", 0), ("\n", 1)),
        "blank lines between records": packed((f"{record}\n" + "\n" * 3_000_000, 1)),
        "byte order marks": packed(("\ufeff", 1)),
        "empty rows": packed((f"instruction,{text}\nName a sea.,Baltic\n", 0), ("\n", 1)),
        "empty rows with returns": packed((f"instruction,{text}\nName a sea.,Baltic\n", 0), ("\r\n", 1)),
        "rows of spaces": packed((f"instruction,{text}\n", 0), (" \n", 1)),
        "text without an end": packed(("x", 1)),
        "a text without an end": packed((f'{record}\n{{"instruction": "', 0), ("x", 1)),
        "a broken line without an end": packed((f"{record}\n{{broken ", 0), ("x ", 1)),
        "a row without an end": packed((f'instruction,{text}\n"', 0), ("a\n", 1)),
        "a row of many cells over many lines": packed((f"instruction,{text}\n", 0), ('"' + "a\n" * 500_000 + '",', 1)),
        "broken lines behind a long value": packed((f'"{"x" * 3_900_000}"\n', 0), ("x\n", 1)),
        "a list of lists": packed((f"{record}\n[", 0), ("[],", 1)),
        "lists in a record": behind("[" + "[]," * 1_300_000 + "0]"),
        "objects in a record": behind("[" + '{"":0},' * 500_000 + "0]"),
        "letters in a record": behind("[" + '"\u0100",' * 900_000 + "0]"),
        "a text of lists": behind('"[' + "[]," * 1_300_000 + '0]"'),
        "keys, the last one twice": plain(lambda: "{" + ",".join(f'"{n}":0' for n in (*range(300_000), 299_999)) + "}"),
        "columns, the last one twice": columns(",".join(map(str, (*range(500_000), 1)))),
        "columns without names": columns("," * 3_900_000),
        "an object of columns": plain(
            lambda: '{"instruction": [' + "1," * 900_000 + f'1], "{text}": [' + "1," * 900_000 + "1]}"
        ),
        "empty parts of gzip": lambda mb: gzip.compress(b"") * (mb << 14),
        "zeros behind gzip": lambda mb: gzip.compress(record.encode()) + b"\0" * (mb << 18),
        "a long name in gzip": lambda mb: b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"x" * (mb << 18),
        "bytes that are no UTF-8": packed((b"\xff", 1)),
    }
    door = "examples" if text == "output" else "answers"
    return [Bomb(name, door, make, again=door == "answers") for name, make in makes.items()]


BOMBS = (
    *_thing("output"),
    *_thing("response"),
    Bomb(
        "rows with columns of long names",
        "examples",
        packed(
            (f"instruction,output,{','.join(f'{n:0900}' for n in range(1_000))}\n", 0),
            (f"Say hi,hi{',1' * 1_000}\n", 0.2),
        ),
    ),
    Bomb(
        "rows with one long name", "examples", packed((f"instruction,output,{'n' * 900_000}\n", 0), ("a,b,1\n", 0.05))
    ),
    Bomb(
        "large examples",
        "examples",
        _large(lambda n: _example(f"{n} {EMOJI * 99_000}", EMOJI * 99_000, id=EMOJI * 900_000), 0.25),
    ),
    Bomb(
        "control characters in metadata",
        "examples",
        packed(("instruction,output,id\n", 0), (f"a,b,{chr(1) * 150_000}\n", 1)),
    ),
    Bomb("many small examples", "examples", packed(("instruction,output\n", 0), ("a,b\n", 0.02))),
    Bomb("marks upon one letter", "examples", _large(lambda n: _example(f"{n}{MARKS}", MARKS), 0.5)),
    Bomb(
        "large answers",
        "answers",
        _large(lambda n: _answer(f"{n} {EMOJI * 99_000}", EMOJI * 100_000, target=EMOJI * 100_000), 0.8),
    ),
    Bomb("many small answers", "answers", numbered('{"instruction":"#","response":""}\n', 500)),
    Bomb("answers to one task", "answers", packed(('{"instruction":"a","response":""}\n', 0.02))),
    Bomb("marks upon one letter", "answers", _large(lambda n: _answer(f"{n}{MARKS}", MARKS), 0.5)),
    Bomb("line feeds", "seeds", lambda _mb: b"\n" * (8 << 20)),
    Bomb("spaces", "seeds", lambda _mb: b" " * (8 << 20)),
    Bomb("a line of lists", "seeds", lambda _mb: b"[" + b"[]," * 1_300_000 + b"0]"),
    Bomb("lines of lists", "seeds", lambda _mb: (b"[" + b"[]," * 1_300_000 + b"0]\n") * 3),
    Bomb("broken lines", "seeds", lambda _mb: b"x\n" * (4 << 20)),
    Bomb(
        "one name for all", "seeds", lambda _mb: "".join(_seed("a").replace("#", str(n)) for n in range(9_999)).encode()
    ),
    Bomb(
        "many inputs",
        "seeds",
        lambda _mb: "".join(_seed(f"a{n}", 20).replace("#", str(n)) for n in range(499)).encode(),
    ),
    Bomb(
        "marks upon one letter",
        "seeds",
        lambda _mb: "".join(_seed(f"{n}").replace("#", f"{n}{MARKS}") for n in range(20)).encode(),
    ),
)
