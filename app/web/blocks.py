"""What the lines of a text are: code, tables, headings, lists, quotes, words. Every line is in one block, in order."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from app.web.code_lines import code_spans

LINE_END = re.compile(r"\r\n|\r|\n")
_FENCE = re.compile(r"(\s*)(`{3,}+|~{3,}+)([^`]*)$")
# No heading begins in small letters or ends as a sentence does: that is a comment, or a number sign.
_HEADING = re.compile(r"#{1,6} (?=[^\s#a-z]).*(?<![.,;])$")
_ITEM = re.compile(r"\s*(?:(?P<bullet>[-*+•–])|\(?(?:\d{1,9}|[A-Za-z])[.)])(?:[ \t]+\S|$)")
_QUOTE = re.compile(r"\s{0,3}>(?=[ \t>]|$)")
_RULE = re.compile(r":?-+:?")
_PIPE = re.compile(r"(?<!\\)\|")
# Columns that stand one below the other, and pictures made of signs.
_GAP = re.compile(r"\S(?:[^\S\n]{3,}|\t+)\S")
_DRAWN = re.compile(r"[\s|/\\_\-+=*#.:<>^~'`\"(){}\[\]oOxX\u2500-\u25ff]+$")
_WIDEST, _MOST = 160, 0.6


class Kind(Enum):
    """What a block is."""

    BLANK = auto()
    CODE = auto()
    FENCE = auto()  # its first and last line are the fence
    TABLE = auto()  # its second line is the rule
    COLUMNS = auto()
    HEADING = auto()
    BULLETS = auto()
    NUMBERS = auto()
    QUOTE = auto()
    WORDS = auto()


@dataclass(frozen=True, slots=True)
class Block:
    kind: Kind
    lines: list[str]


def blocks_of(text: str) -> Iterator[Block]:
    """Yield the blocks of a text. The lines of all of them are the text's lines."""
    lines = LINE_END.split(text)
    done = at = 0
    while at < len(lines):
        opens = _FENCE.match(lines[at])
        if opens is None:
            at += 1
            continue
        yield from _outside_fences(lines[done:at])
        done = _after_fence(lines, at, opens[2])
        yield Block(_kind_of_fence(lines[at:done], opens), lines[at:done])
        at = done
    yield from _outside_fences(lines[done:])


def _after_fence(lines: Sequence[str], at: int, mark: str) -> int:
    """Return the place after the line that closes a fence; a text that ends before it ends inside."""
    for end in range(at + 1, len(lines)):
        line = lines[end].strip()
        if line.startswith(mark) and not line.strip(mark[0]):
            return end + 1
    return len(lines)


def _kind_of_fence(lines: Sequence[str], opens: re.Match[str]) -> Kind:
    """A fence goes without saying only where it is whole and says no more than a language."""
    indent, mark, said = opens.groups()
    is_whole = mark == "```" and len(said.split()) <= 1 and said == said.strip() and lines[-1].rstrip() == indent + mark
    return Kind.FENCE if is_whole and len(lines) > 2 and any(line.strip() for line in lines[1:-1]) else Kind.CODE


def _outside_fences(lines: list[str]) -> Iterator[Block]:
    done = 0
    for start, stop in code_spans(lines):
        yield from _paragraphs(lines[done:start])
        yield Block(Kind.CODE, lines[start:stop])
        done = stop
    yield from _paragraphs(lines[done:])


def _paragraphs(lines: list[str]) -> Iterator[Block]:
    done = 0
    for at, line in enumerate(lines):
        if not line.strip():
            yield from _paragraph(lines[done:at])
            yield Block(Kind.BLANK, [line])
            done = at + 1
    yield from _paragraph(lines[done:])


def _paragraph(lines: list[str]) -> Iterator[Block]:
    tables = list(_tables(lines))
    if not tables and _is_in_columns(lines):
        yield Block(Kind.COLUMNS, lines)
        return
    done = 0
    for start, stop in tables:
        yield from _line_by_line(lines[done:start])
        yield Block(Kind.TABLE, lines[start:stop])
        done = stop
    yield from _line_by_line(lines[done:])


def _line_by_line(lines: list[str]) -> Iterator[Block]:
    kinds = [_kind_of(line) for line in lines]
    for at, line in enumerate(lines):
        # What is indented below an item goes on with it.
        if at and kinds[at] == Kind.WORDS and line[0].isspace() and kinds[at - 1] in (Kind.BULLETS, Kind.NUMBERS):
            kinds[at] = kinds[at - 1]
    if len(lines) > 1 and set(kinds) == {Kind.HEADING}:
        kinds = [Kind.WORDS] * len(lines)
    start = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or kinds[at] != kinds[start] or kinds[at] == Kind.HEADING:
            yield Block(kinds[start], lines[start:at])
            start = at


def _kind_of(line: str) -> Kind:
    if _HEADING.match(line.rstrip()):
        return Kind.HEADING
    if item := _ITEM.match(line):
        return Kind.BULLETS if item["bullet"] else Kind.NUMBERS
    return Kind.QUOTE if _QUOTE.match(line) else Kind.WORDS


def is_item(line: str) -> bool:
    """Return whether a line begins an item of a list."""
    return _ITEM.match(line) is not None


def cells_of(row: str) -> list[str]:
    """Return the cells of a row of a table."""
    cells = _PIPE.split(row.rstrip())
    if cells[0] == "":
        del cells[0]
    if cells and cells[-1] == "":
        del cells[-1]
    return [cell.strip() for cell in cells]


def _tables(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where tables stand by which nothing is lost: a cell in each row for each column, and no row indented."""
    start = 0
    while start + 1 < len(lines):
        stop = start
        while stop < len(lines) and "|" in lines[stop]:
            stop += 1
        if stop - start > 1 and _is_table(lines[start:stop]):
            yield start, stop
        start = stop + 1


def _is_table(rows: Sequence[str]) -> bool:
    rules = cells_of(rows[1])
    edges = {(row[0] == "|", row.rstrip()[-1] == "|") for row in rows}
    if not rules or len(edges) > 1 or not all(map(_RULE.fullmatch, rules)):
        return False
    return not any(row[0].isspace() or len(cells_of(row)) != len(rules) for row in rows)


def _is_in_columns(lines: Sequence[str]) -> bool:
    """Return whether these lines need letters of one width."""
    if max(map(len, lines), default=0) > _WIDEST:
        return False
    drawn = sum(_DRAWN.match(line) is not None for line in lines)
    ruled = sum("|" in line or _GAP.search(line) is not None for line in lines)
    return max(ruled, drawn) > 1 and max(ruled, drawn) >= _MOST * len(lines)
