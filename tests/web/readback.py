"""A text as somebody could write it down again who sees only its page. Knows nothing of how the page was made.

The page is read by the standard library's parser. Elements that are seen as a sign of Markdown become that sign again:
bold words get their stars back, a heading of the second size its two hashes, a row of a table its bars. Everything else
has to be there, letter by letter, white space too. ``tests/browser/test_texts.py`` holds ``seen`` against Chromium.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from tests.web.html import Element, parse

SIGNS = {"strong": "**", "em": "*", "s": "~~", "code": "`"}
BLOCKS = {"p", "li", "blockquote", "pre", "tr", "ul", "ol", "div", "table", "thead", "tbody", ""}
BARS = {"at-left": r":?-+", "at-right": r"-+:", "at-center": r":-+:"}


@dataclass
class Line:
    """A line of a page: as it is seen, and as it was written. ``kind`` is "row" in a table, else empty.

    A line that is seen by what is around it has no ``seen``: a fence, the rule of a table.
    """

    written: str
    seen: str | None
    kind: str = ""
    cells: tuple[str, ...] = ()
    is_needed: bool = True


def lines_of(html: str) -> list[Line]:
    """Return the lines of a page, blank ones left out."""
    return [each for each in _lines(parse(html)) if each.kind or each.written.strip()]


def seen(html: str) -> list[str]:
    """Return what a browser shows, without blank lines and white space at the ends of lines."""
    return [line.seen.rstrip() for line in lines_of(html) if line.seen is not None and line.seen.strip()]


def assert_told(html: str, text: str) -> None:
    """Fail unless every line of ``text`` that isn't blank can be told from its page, in order, with its indentation."""
    page = lines_of(html)
    # A block of code may have had a fence or not, so there may be several places to go on from.
    places = {0}
    for line in re.split(r"\r\n|\r|\n", text):
        if line.strip():
            ahead = {at for place in places for at in _ahead(page, place)}
            places = {at + 1 for at in ahead if _is_same(page[at], line.rstrip())}
            assert places, f"{line!r} is shown as one of {[page[at] for at in sorted(ahead)]}"
    assert any(not any(line.is_needed for line in page[place:]) for place in places), "more is shown than was written"


def _ahead(page: list[Line], place: int) -> Iterator[int]:
    """The next line, and what follows a line that may not have been there."""
    for at in range(place, len(page)):
        yield at
        if page[at].is_needed:
            return


def _is_same(line: Line, written: str) -> bool:
    if line.kind == "row":
        cells = re.split(r"(?<!\\)\|", written)
        cells = cells[(cells[0] == "") : len(cells) - (cells[-1] == "")]
        return [cell.strip() for cell in cells] == list(line.cells)
    if line.kind == "rule":
        cells = written.strip("| \t").split("|")
        return all(re.fullmatch(bar or "-", cell.strip()) for bar, cell in zip_longest(line.cells, cells, fillvalue=""))
    if line.kind == "fence":
        return written.strip() == line.written
    return line.written.rstrip() == written


def _lines(element: Element) -> list[Line]:
    if element.tag == "pre":
        return _of_code(element)
    if element.tag == "tr":
        return _of_row(element)
    found: list[Line] = []
    line = Line("", "")
    for piece in element.pieces:
        if isinstance(piece, Element) and piece.tag in BLOCKS:
            found += [line, *_lines(piece)]
            line = Line("", "")
        elif isinstance(piece, Element) and piece.tag == "br":
            found.append(line)
            line = Line("", "")
        else:
            written, shown = _inline(piece)
            line = Line(line.written + written, line.seen + shown)
    found.append(line)
    if "heading" in element["class"].split():
        (level,) = re.findall(r"\bh([1-6])\b", element["class"])
        (only,) = found
        return [Line("#" * int(level) + " " + only.written, only.seen)]
    return found


def _inline(piece: Element | str) -> tuple[str, str]:
    if isinstance(piece, str):
        return piece, piece
    inside = [_inline(each) for each in piece.pieces]
    sign = SIGNS.get(piece.tag, "")
    assert sign or piece.tag == "a", piece.tag
    shown = "".join(shown for _, shown in inside)
    return sign + "".join(written for written, _ in inside) + sign, shown


def _of_code(element: Element) -> list[Line]:
    (code,) = element.children
    text = code.own_text
    assert element.own_text == ""
    assert not code.children
    language = element["aria-label"].removeprefix("Code in ") if element["aria-label"].startswith("Code in ") else ""
    fence = Line("```" + language, None, "fence", is_needed=bool(language))
    end = Line("```", None, "fence", is_needed=bool(language))
    return [fence, *(Line(line, line) for line in text.split("\n")), end]


def _of_row(element: Element) -> list[Line]:
    cells = [_inline_all(cell) for cell in element.children]
    row = Line("", "\t".join(shown for _, shown in cells), "row", tuple(written for written, _ in cells))
    if element.children[0].tag == "td":
        return [row]
    return [row, Line("", None, "rule", tuple(BARS[cell["class"]] for cell in element.children))]


def _inline_all(cell: Element) -> tuple[str, str]:
    inside = [_inline(each) for each in cell.pieces]
    return "".join(written for written, _ in inside), "".join(shown for _, shown in inside)
