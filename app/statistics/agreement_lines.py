"""Agreement as the command prints it: a table for people, or JSON. Pure."""

import json
from collections.abc import Iterator
from textwrap import shorten, wrap
from typing import Any

from app.statistics.agreement import CAVEAT, Agreement, agreement_of, word_for
from app.statistics.intervals import Figure
from app.statistics.level import Level
from app.statistics.matrix import Matrix

_WIDTH = 24  # of the names in a table


def report(matrix: Matrix, level: Level, *, as_json: bool) -> Iterator[str]:
    """Yield the lines of what the command prints: a table for people, or one JSON object."""
    found = agreement_of(matrix, level)
    return iter([json.dumps(object_of(matrix, found), indent=2)]) if as_json else lines_of(matrix, found)


def figures_of(found: Agreement) -> dict[str, Figure]:
    """Return the figures that are printed, by their names."""
    return {
        "percent_agreement": found.percent,
        "cohen_kappa": found.cohen,
        "fleiss_kappa": found.fleiss,
        "krippendorff_alpha": found.alpha,
    }


def object_of(matrix: Matrix, found: Agreement) -> dict[str, Any]:
    """Return the object that ``--json`` prints; ``reasons`` is there where a figure or an interval is null."""
    figures = figures_of(found)
    intervals = {name: each.interval and [each.interval.low, each.interval.high] for name, each in figures.items()}
    reasons = {name: each.reason for name, each in figures.items() if each.reason}
    return {
        "items": len(matrix.items),
        "annotators": len(matrix.annotators),
        **{name: each.value for name, each in figures.items()},
        "intervals": intervals,
        **({"reasons": reasons} if reasons else {}),
    }


def lines_of(matrix: Matrix, found: Agreement) -> Iterator[str]:
    """Yield the lines of the table for people."""
    yield f"{len(matrix.items):,} items, {len(matrix.annotators):,} annotators, {int(matrix.given.sum()):,} answers"
    yield ""
    yield f"{'':{_WIDTH}}  value  95% interval"
    yield _line("Same answers", found.percent, "")
    for name, figure in (
        ("Cohen's kappa", found.cohen),
        ("Fleiss' kappa", found.fleiss),
        ("Krippendorff's alpha", found.alpha),
    ):
        yield _line(name, figure, word_for(figure.value) if figure.value is not None else "")
    yield ""
    yield from wrap(CAVEAT, 100)
    yield ""
    yield "Same answers as the others gave to the same items:"
    for each in found.each:
        yield _line(each.annotator, each.percent, f"{each.answers:,} answers")


def _line(name: str, figure: Figure, remark: str) -> str:
    start = f"{shorten(name, _WIDTH, placeholder='…'):{_WIDTH}}"
    if figure.value is None:
        return f"{start}   {figure.reason}"
    told = f"{figure.interval.low:5.2f} to {figure.interval.high:.2f}" if figure.interval else figure.reason
    return f"{start}  {figure.value:5.2f}  {told}  {remark}".rstrip()
