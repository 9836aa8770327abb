"""Lists of candidates: filters that live in the URL, a page at a time by key, text search."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ValidationInfo, field_validator
from sqlalchemy import Boolean, Select, false, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from app.database import normalized
from app.models.base import NumberOf
from app.models.candidates import (
    Candidate,
    Outcome,
    Rating,
    Verdict,
    has_verdict,
    is_approved,
    is_incomplete,
    is_rated,
    latest_decision,
)
from app.models.generation import Run
from app.models.jobs import Job
from app.models.novelty import NearDuplicate, ReplayedCandidate
from app.screening.replay import place_of
from app.text import tidy, whole_number

PAGE = 50
_MOST_COUNTED = 10_000
# A search reads texts, which takes longer than counting; nobody pages through more than this.
_MOST_FOUND = 1_000
# What is neither approved nor turned down.
_OPEN = ("open", "no")
_UNFINDABLE = "\ufffd"
# What a replay at another limit changes for an example, and how a list of those is headed.
CHANGES = {
    "kept": "Would be kept",
    "lost": "Would be lost",
    "gained": "Would be gained",
    "lost_approved": "Approved, and would be lost",
}


class Filters(BaseModel, frozen=True):
    """What a list is narrowed to; empty means any. Unknown words narrow it to nothing, they never fail: a sample drawn
    by a filter that was garbled on its way must not be one of everything.

    ``replay`` is a job whose examples are ``change`` ("kept", "lost", "gained" or "lost_approved") at the limit
    ``at``. ``duplicates`` is a job that found near-duplicates, ``original`` the one that they are like.
    """

    outcome: str = ""
    rejected_by: str = ""
    pipeline: str = ""
    run: Annotated[str, NumberOf(Run)] = ""
    imported: Annotated[str, NumberOf(Job)] = ""
    rated: str = ""
    decided: str = ""
    flagged: str = ""
    incomplete: str = ""
    replay: Annotated[str, NumberOf(Job)] = ""
    at: str = ""
    change: str = ""
    duplicates: Annotated[str, NumberOf(Job)] = ""
    original: Annotated[str, NumberOf(Candidate)] = ""
    q: str = ""

    @field_validator("*")
    @classmethod
    def _storable(cls, value: Any, at: ValidationInfo) -> Any:
        """No database takes a NUL, not even to look for it: of that alone nothing is found. What a form adds to the
        filters is left to it."""
        return (tidy(value) or (value and _UNFINDABLE)) if at.field_name in Filters.model_fields else value

    @property
    def is_about_novelty(self) -> bool:
        """Whether the list holds what was too similar, so that its rows show what they were too similar to."""
        return self.rejected_by == "novelty" or bool(self.replay and self.change == "gained")

    @property
    def finding(self) -> str:
        """What of a replay or of a search for near-duplicates the list shows, in words; empty where it is neither."""
        if self.replay:
            return f"{CHANGES.get(self.change, self.change)} at a limit of {self.at}"
        of_one = f" of example {self.original}" if self.original else ""
        return f"Near-duplicates{of_one}" if self.duplicates else ""

    @property
    def finding_job(self) -> int:
        """The number of that job; 0 where there can be none."""
        return whole_number(self.replay or self.duplicates) or 0

    def query(self, **changes: str) -> dict[str, str]:
        """Return these filters, with ``changes``, as the parameters of a URL; empty ones are left out."""
        return {name: value for name, value in self.model_copy(update=changes).model_dump().items() if value}


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate of a list with what was decided and how many ratings count."""

    candidate: Candidate
    verdict: Verdict | None
    ratings: int


@dataclass(frozen=True, slots=True)
class Page:
    """``before`` is the id to ask for the next page with, None on the last.

    ``total`` stops counting at 10,000, in a search at 1,000; ``is_many`` where there are more.
    """

    rows: Sequence[Row]
    before: int | None
    total: int
    is_many: bool = False


def list_candidates(session: Session, project_id: int, filters: Filters, *, before: int | None = None) -> Page:
    """Return one page of a project's candidates, newest first, in two queries; in one where it is all there is."""
    narrowed = narrow(select(Candidate), project_id, filters)
    ratings = (
        select(func.count())
        .where(Rating.candidate_id == Candidate.id, Rating.replaced_at.is_(None), ~Rating.skipped)
        .correlate(Candidate)
        .scalar_subquery()
    )
    page = narrowed.add_columns(latest_decision(), ratings).order_by(Candidate.id.desc()).limit(PAGE + 1)
    if before is not None:
        page = page.where(Candidate.id < before)
    rows = [Row(candidate, verdict, count) for candidate, verdict, count in session.execute(page)]
    total = len(rows)
    most = _MOST_FOUND if filters.q else _MOST_COUNTED
    if before is not None or total > PAGE:
        ids = narrowed.with_only_columns(Candidate.id).limit(most + 1).subquery()
        total = session.scalar(select(func.count()).select_from(ids)) or 0
    after = rows[PAGE - 1].candidate.id if len(rows) > PAGE else None
    return Page(rows[:PAGE], after, min(total, most), total > most)


def narrow(query: Select[tuple[Candidate]], project_id: int, filters: Filters) -> Select[tuple[Candidate]]:
    """Return ``query`` over ``candidates`` narrowed to a project and to ``filters``."""
    return query.where(Candidate.project_id == project_id, *_conditions(filters))


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.outcome:
        known = filters.outcome in {each.value for each in Outcome}
        conditions.append(Candidate.outcome == Outcome(filters.outcome) if known else Candidate.id.is_(None))
    if filters.rejected_by:
        conditions.append(Candidate.rejected_by == filters.rejected_by)
    if filters.pipeline:
        runs = select(Run.id).where(Run.pipeline == filters.pipeline, Run.project_id == Candidate.project_id)
        conditions.append(Candidate.run_id.in_(runs.correlate(Candidate)))
    if filters.run:
        conditions.append(Candidate.run_id == (whole_number(filters.run) or -1))
    if filters.imported:
        conditions.append(Candidate.import_id == (whole_number(filters.imported) or -1))
    if filters.incomplete:
        conditions.append(_yes_or_no(filters.incomplete, is_incomplete()))
    if filters.decided:
        conditions.append(_decided(filters.decided))
    if filters.q:
        texts = (Candidate.instruction, Candidate.input, Candidate.output)
        # Texts are stored as they came. What is looked for in plain English is spelled the same in every form.
        sought = texts if filters.q.isascii() else tuple(map(normalized, texts))
        conditions.append(or_(*(_holds(text, filters.q) for text in sought)))
    return conditions + _said_by_raters(filters) + _found(filters)


def _said_by_raters(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.rated:
        conditions.append(_yes_or_no(filters.rated, is_rated()))
    if filters.flagged:
        conditions.append(_yes_or_no(filters.flagged, _is_flagged()))
    return conditions


def _yes_or_no(word: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return {"yes": condition, "no": ~condition}.get(word, false())


class _quickest(FunctionElement[bool]):  # noqa: N801 - reads as a function of SQL
    """The same condition as SQLite and as Postgres answer it soonest."""

    type = Boolean()
    inherit_cache = True


@compiles(_quickest, "sqlite")
def _on_sqlite(element: _quickest, compiler: SQLCompiler, **how: Any) -> str:
    on_sqlite, _ = element.clauses
    return compiler.process(on_sqlite, **how)


@compiles(_quickest, "postgresql")
def _on_postgres(element: _quickest, compiler: SQLCompiler, **how: Any) -> str:
    _, on_postgres = element.clauses
    return compiler.process(on_postgres, **how)


def _holds(text: ColumnElement[str] | InstrumentedAttribute[str], wanted: str) -> ColumnElement[bool]:
    """Return the condition that a text holds another, in capitals or not. Both take half as long as ``icontains``."""
    found = func.strpos(func.lower(text), func.lower(wanted)) > 0
    return _quickest(text.contains(wanted, autoescape=True), found)


def _found(filters: Filters) -> list[ColumnElement[bool]]:
    """Conditions on what jobs found out."""
    replayed = [_replayed(filters)] if filters.replay or filters.at or filters.change else []
    return replayed + ([_near_duplicate(filters)] if filters.duplicates or filters.original else [])


def _is_flagged() -> ColumnElement[bool]:
    counts = (Rating.candidate_id == Candidate.id, Rating.replaced_at.is_(None))
    return select(Rating.id).where(*counts, Rating.flagged).correlate(Candidate).exists()


def _replayed(filters: Filters) -> ColumnElement[bool]:
    """Whether a candidate fared as ``filters.change`` says in a replay."""
    place = place_of(filters.at)
    if place is None or filters.change not in CHANGES:
        return false()
    is_kept = ReplayedCandidate.kept_at.bitwise_and(1 << place) != 0
    was_kept = ReplayedCandidate.was_kept
    those = {"kept": is_kept, "gained": is_kept & ~was_kept}.get(filters.change, ~is_kept & was_kept)
    found = select(ReplayedCandidate.candidate_id).where(
        ReplayedCandidate.job_id == (whole_number(filters.replay) or -1), those
    )
    is_one = Candidate.id.in_(found)
    return is_one & is_approved() if filters.change == "lost_approved" else is_one


def _near_duplicate(filters: Filters) -> ColumnElement[bool]:
    found = select(NearDuplicate.candidate_id).where(NearDuplicate.job_id == (whole_number(filters.duplicates) or -1))
    if filters.original:
        found = found.where(NearDuplicate.original_id == (whole_number(filters.original) or -1))
    return Candidate.id.in_(found)


def _decided(value: str) -> ColumnElement[bool]:
    decided = {each.value: each for each in (Verdict.APPROVED, Verdict.REJECTED)}
    if value in _OPEN:
        return ~has_verdict(*decided.values())
    return has_verdict(decided[value]) if value in decided else false()
