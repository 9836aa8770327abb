"""One taking in: the transaction it is part of, and the candidates it adds and changes, written together at its end."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from sqlalchemy import insert
from sqlalchemy.orm import Session, make_transient_to_detached

from app.database import new_ids, update_rows
from app.generation.pipeline import Pipeline
from app.generation.wording import Wording
from app.models.candidates import Candidate
from app.models.generation import Run

# What a candidate has by its instances, and what screening made of it.
_SETTLED = (
    "input",
    "output",
    "is_classification",
    "instance_call_id",
    "outcome",
    "rejected_by",
    "reason",
    "evidence",
)
# What a candidate is added with; the rest is as the columns have it.
_ADDED = (
    *_SETTLED,
    "project_id",
    "run_id",
    "call_id",
    "derived_from_id",
    "round",
    "position",
    "instance",
    "instruction",
    "similarity",
    "in_pool",
    "from_practice",
)
_IDS_AT_A_TIME = 128


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run was started with, parsed: its pipeline, parameters, thresholds of filters and words of prompts."""

    pipeline: Pipeline
    parameters: Any
    thresholds: Mapping[str, Any]
    wording: Wording


class Intake:
    """What a run takes in within one transaction, in which it is held. All is written when the block ends.

    Whoever waits for the database waits for the senders too, which have the processor meanwhile: hence few statements.
    """

    def __init__(self, session: Session, run: Run, terms: Terms) -> None:
        self.session, self.run, self.terms = session, run, terms
        self._ids: deque[int] = deque()
        self._numbered: list[Candidate] = []
        self._others: list[Candidate] = []
        self._changed: list[Candidate] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._write()

    def number(self, candidate: Candidate) -> None:
        """Add a candidate that may join the pool, and give it its id, while the pool is held."""
        if not self._ids:
            self._write()
            self._ids.extend(new_ids(self.session, Candidate, _IDS_AT_A_TIME))
        candidate.id = self._ids.popleft()
        self._numbered.append(candidate)

    def add(self, candidate: Candidate) -> None:
        """Add a candidate of which nothing else needs to know yet."""
        self._others.append(candidate)

    def change(self, candidate: Candidate) -> None:
        """Have what instances and screening made of a stored candidate written."""
        self._changed.append(candidate)

    def _write(self) -> None:
        connection = self.session.connection()
        if self._numbered:  # before those that the database numbers
            connection.execute(insert(Candidate), [_row(each, "id", *_ADDED) for each in self._numbered])
        if self._others:
            connection.execute(insert(Candidate), [_row(each, *_ADDED) for each in self._others])
        update_rows(self.session, Candidate, [_row(each, "id", *_SETTLED) for each in self._changed])
        for each in self._numbered:
            make_transient_to_detached(each)
        self._numbered, self._others, self._changed = [], [], []


def _row(candidate: Candidate, *names: str) -> dict[str, Any]:
    return {name: getattr(candidate, name) for name in names}
