"""Asks the filters of a run about a draft and says what became of it.

A run stores its thresholds as ``{filter name: {threshold: value}}``. A filter whose name is missing is not asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from app.errors import InvalidInput
from app.screening.filter import Draft, Filter, Objection, Subject
from app.screening.filters import FILTERS, filter_named
from app.screening.pool import Comparer, Comparison
from app.text import comparable


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a draft: kept, or rejected with the name of the first filter that objected and its objection.

    ``comparison`` is the draft beside the pool, for kept drafts too; None where no filter looked at the pool.
    """

    kept: bool
    filter: str | None = None
    objection: Objection | None = None
    comparison: Comparison | None = None


def default_thresholds() -> dict[str, dict[str, Any]]:
    """Return the published thresholds of every filter, JSON-ready, in the order in which the filters are asked."""
    return {member.name: member.Thresholds().model_dump(mode="json") for member in FILTERS}


def parse_thresholds(raw: Mapping[str, Any]) -> dict[str, BaseModel]:
    """Return the thresholds of each filter that ``raw`` names; what a filter leaves out has its default.

    Raises InvalidInput for an unknown filter or threshold and for a bad value; its field is the filter's name or
    ``filter.threshold``.
    """
    return {name: _parse(filter_named(name), values) for name, values in raw.items()}


def screen_instruction(draft: Draft, thresholds: Mapping[str, BaseModel], pool: Comparer) -> Verdict:
    """Ask what looks at an instruction alone; ``thresholds`` as ``parse_thresholds`` returns them."""
    return _screen("instruction", draft, thresholds, pool)


def screen_instance(draft: Draft, thresholds: Mapping[str, BaseModel], pool: Comparer) -> Verdict:
    """Ask what looks at a whole instance, of an instruction that was let through before."""
    return _screen("instance", draft, thresholds, pool)


class _Watched:
    """A pool that remembers the last comparison a filter made, so that it can be recorded without a second scan."""

    def __init__(self, pool: Comparer) -> None:
        self._pool = pool
        self.comparison: Comparison | None = None

    def compare(self, text: str, limit: int = 10) -> Comparison:
        self.comparison = self._pool.compare(text, limit)
        return self.comparison


def _screen(subject: Subject, draft: Draft, thresholds: Mapping[str, BaseModel], pool: Comparer) -> Verdict:
    watched, draft = _Watched(pool), _comparable(draft)
    for member in FILTERS:
        if subject not in member.subjects or member.name not in thresholds:
            continue
        if objection := member.object_to(draft, thresholds[member.name], watched):
            return Verdict(False, member.name, objection, watched.comparison)
    return Verdict(True, comparison=watched.comparison)


def _comparable(draft: Draft) -> Draft:
    """Drafts are stored as they came; filters look at copies in which texts that look alike are alike."""
    return replace(
        draft,
        instruction=comparable(draft.instruction),
        input=comparable(draft.input),
        output=comparable(draft.output),
        siblings=tuple((comparable(given), comparable(output)) for given, output in draft.siblings),
    )


def _parse(member: Filter, values: Any) -> BaseModel:
    try:
        return member.Thresholds.model_validate(values)
    except ValidationError as refused:
        problem = refused.errors()[0]
    place = [str(part) for part in problem["loc"]]
    known = member.Thresholds.model_fields.get(place[0]) if place else None
    title = f"{member.label}, {known.title if known else place[0]}" if place else member.label
    reason = problem["msg"].removeprefix("Value error, ")
    # The first part of a place is the threshold; the rest are places inside a list.
    raise InvalidInput(f"{title}: {reason}.", field=".".join([member.name, *place[:1]]))
