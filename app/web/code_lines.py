"""Which lines of a text are code. Models write most of theirs without a fence.

A line speaks for itself (``def f(x):``), leans on its neighbours (a comment, an indented line), or is words. Within a
paragraph the lines between two lines of code are code, too; from one paragraph to the next what leans goes along.
``tests/web/test_code_lines.py`` holds how often this is right.
"""

from collections.abc import Iterator, Sequence

from app.web.code_signs import Sign, is_item, sign_of

# Lines that say nothing: so many may stand between two paragraphs of code, and so many within one.
_FEW, _MANY = 6, 12


def code_spans(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return where code stands among ``lines``: from which line to before which, in order."""
    signs = [sign_of(line) for line in lines]
    for at in _inside_quotes(lines):
        signs[at] = max(signs[at], Sign.LEANS)
    found = [span for group in _paragraphs(lines) for span in _in_paragraph(lines, signs, *group)]
    return _joined(lines, signs, found)


def _paragraphs(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    start = None
    for at, line in enumerate([*lines, ""]):
        if line.strip():
            start = at if start is None else start
        elif start is not None:
            yield start, at
            start = None


def _inside_quotes(lines: Sequence[str]) -> Iterator[int]:
    """Yield the lines inside a docstring or a comment of several lines: they read like words."""
    for opens, closes in (('"""', '"""'), ("'''", "'''"), ("/*", "*/"), ("<!--", "-->")):
        begun: list[int] | None = None
        for at, line in enumerate(lines):
            if begun is None:
                if opens in line and closes not in line.partition(opens)[2]:
                    begun = [at]
            else:
                begun.append(at)
                if closes in line:
                    yield from begun
                    begun = None


class _Span:
    """Lines that may be code, and whether they say so without a neighbour."""

    def __init__(self, start: int, stop: int, *, sure: bool) -> None:
        self.start, self.stop, self.sure = start, stop, sure


def _in_paragraph(lines: Sequence[str], signs: Sequence[Sign], start: int, stop: int) -> Iterator[_Span]:
    """Yield the code of one paragraph, or the paragraph as a whole where it only leans."""
    coded = [at for at in range(start, stop) if signs[at] >= Sign.LIKELY]
    if not coded:
        if all(sign in (Sign.LEANS, Sign.NONE) for sign in signs[start:stop]) and Sign.LEANS in signs[start:stop]:
            yield _Span(start, stop, sure=False)
        return
    begun, floor = coded[0], start
    for here, after in zip(coded, [*coded[1:], None], strict=True):
        if after is not None and not _breaks(lines, signs, here + 1, after):
            continue
        first, last = begun, here
        while first > floor and (signs[first - 1] == Sign.LEANS or _heads(lines, signs, first - 1)):
            first -= 1
        while last + 1 < stop and signs[last + 1] == Sign.LEANS:
            last += 1
        floor = last + 1
        yield _Span(first, floor, sure=_is_sure(signs[first : last + 1]))
        if after is not None:
            begun = after


def _breaks(lines: Sequence[str], signs: Sequence[Sign], start: int, stop: int) -> bool:
    """Return whether the lines between two lines of code are words, and no text inside of it."""
    words = [at for at in range(start, stop) if signs[at] == Sign.WORDS]
    return (
        len(words) > 1
        or any(is_item(lines[at]) for at in words)
        or sum(signs[at] == Sign.NONE for at in range(start, stop)) > _MANY
    )


def _heads(lines: Sequence[str], signs: Sequence[Sign], at: int) -> bool:
    """Return whether the next line is indented below this one."""
    return signs[at] == Sign.NONE and _indent(lines[at]) < _indent(lines[at + 1])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_sure(signs: Sequence[Sign]) -> bool:
    code = sum(sign >= Sign.LIKELY for sign in signs)
    leaning = sum(sign == Sign.LEANS for sign in signs)
    return (Sign.SURE in signs or code > 1) and 2 * (code + leaning) >= len(signs)


def _joined(lines: Sequence[str], signs: Sequence[Sign], found: Sequence[_Span]) -> list[tuple[int, int]]:
    """Join what only blank lines divide, or a few that are no words; leave out what leans on nothing."""
    joined: list[_Span] = []
    for span in found:
        before = joined[-1] if joined else None
        between = [at for at in range(before.stop, span.start) if lines[at].strip()] if before else []
        near = len(between) <= _FEW and all(signs[at] != Sign.WORDS for at in between)
        if before is not None and near and (not between or (before.sure and span.sure)):
            before.stop = span.stop
            before.sure = before.sure or span.sure
        else:
            joined.append(span)
    return [(span.start, span.stop) for span in joined if span.sure]
