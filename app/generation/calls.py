"""The calls of a run, looked at by people: a page at a time, and one with all that was sent and came back."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import BaseModel, field_validator
from sqlalchemy import Select, func, select, union_all
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.models.generation import Call, CallOutcome, Endpoint, Run
from app.text import repair

PAGE = 50
# So much of an answer is shown; all of it can be downloaded.
SHOWN = 64 * 1024


class CallFilter(BaseModel, frozen=True):
    """What a list is narrowed to; empty means any. Unknown values narrow it to nothing."""

    outcome: str = ""
    purpose: str = ""

    @field_validator("*")
    @classmethod
    def _storable(cls, value: str) -> str:
        return repair(value)

    def fits(self, kind: "Kind") -> bool:
        """Whether calls of this kind are in the list."""
        return self.outcome in {"", kind.outcome.value} and self.purpose in {"", kind.purpose}


@dataclass(frozen=True, slots=True)
class Kind:
    """How many calls of one purpose came to one outcome."""

    purpose: str
    outcome: CallOutcome
    number: int


@dataclass(frozen=True, slots=True)
class Line:
    """One call in a list. ``seconds`` are from when it was written down to its answer."""

    id: int
    round: int
    position: int
    purpose: str
    attempt: int
    outcome: CallOutcome
    sentence: str
    http_status: int | None
    tokens_in: int | None
    tokens_out: int | None
    tokens_reasoning: int | None
    cost: int
    sent_at: dt.datetime
    answered_at: dt.datetime | None

    @property
    def seconds(self) -> float | None:
        """How long it took, None while it is under way."""
        return (self.answered_at - self.sent_at).total_seconds() if self.answered_at else None


@dataclass(frozen=True, slots=True)
class CallPage:
    """``kinds`` are those of the whole run. ``before`` is the id to ask for the next page with, None on the last."""

    kinds: Sequence[Kind]
    lines: Sequence[Line]
    total: int
    before: int | None

    def counts(self, name: str) -> dict[str, int]:
        """Return how many calls there are of each "outcome" or "purpose"."""
        found: dict[str, int] = {}
        for kind in self.kinds:
            value = str(getattr(kind, name))
            found[value] = found.get(value, 0) + kind.number
        return dict(sorted(found.items(), key=lambda each: -each[1]))


@dataclass(frozen=True, slots=True)
class Looked:
    """A call with what came back, as bytes: how many there are, and the first of them.

    ``attempts`` are all calls for the same step, this one included, in their order.
    """

    call: Call
    endpoint: Endpoint
    size: int
    start: bytes
    attempts: Sequence[Line]

    @property
    def is_whole(self) -> bool:
        """Whether ``start`` is all there is."""
        return len(self.start) == self.size

    @property
    def answer(self) -> str:
        """The bytes as people read them: JSON laid out, anything else as it is, with what is no text replaced."""
        if self.is_whole:
            try:
                return repair(
                    orjson.dumps(orjson.loads(self.start), option=orjson.OPT_INDENT_2).decode(), limit=2 * SHOWN
                )
            except orjson.JSONDecodeError:
                pass
        return repair(self.start.decode("utf-8", "replace"), limit=SHOWN)


# In the words of the pages.
OUTCOMES = {
    CallOutcome.IN_FLIGHT: "Under way",
    CallOutcome.ANSWERED: "Answered",
    CallOutcome.CUT_OFF: "Cut off",
    CallOutcome.REFUSED: "Declined by the model",
    CallOutcome.FILTERED: "Withheld",
    CallOutcome.EMPTY: "Empty",
    CallOutcome.USED_UP: "Used up by reasoning",
    CallOutcome.UNREADABLE: "Unreadable",
    CallOutcome.RATE_LIMITED: "Asked to slow down",
    CallOutcome.SERVER_ERROR: "Failed at the server",
    CallOutcome.UNREACHABLE: "Unreachable",
    CallOutcome.TIMED_OUT: "Took too long",
    CallOutcome.KEY_REJECTED: "Key rejected",
    CallOutcome.NO_CREDIT: "No credit",
    CallOutcome.OUT_OF_REACH: "Out of reach",
    CallOutcome.BAD_REQUEST: "Not taken",
    CallOutcome.LOST: "Lost",
}
_LINE: tuple[Any, ...] = (
    Call.id,
    Call.round,
    Call.position,
    Call.purpose,
    Call.attempt,
    Call.outcome,
    Call.sentence,
    Call.http_status,
    Call.tokens_in,
    Call.tokens_out,
    Call.tokens_reasoning,
    Call.cost,
    Call.sent_at,
    Call.answered_at,
)


def list_calls(session: Session, run: Run, wanted: CallFilter, *, before: int | None = None) -> CallPage:
    """Return one page of a run's calls, newest first.

    Each kind is a stretch of an index, so the newest of each are merged: no page takes longer where there are many.
    """
    kinds = [Kind(*row) for row in session.execute(_kinds(run))]
    fitting = [kind for kind in kinds if wanted.fits(kind)]
    ids: Sequence[int] = []
    if fitting:
        newest = [select(_newest(run, kind, before).subquery()) for kind in fitting]
        merged = union_all(*newest).subquery()
        ids = session.scalars(select(merged.c.id).order_by(merged.c.id.desc()).limit(PAGE + 1)).all()
    rows = session.execute(select(*_LINE).where(Call.id.in_(ids[:PAGE])).order_by(Call.id.desc()))
    total = sum(kind.number for kind in fitting)
    return CallPage(kinds, [Line(*row) for row in rows], total, ids[PAGE - 1] if len(ids) > PAGE else None)


def look_at_call(session: Session, project_id: int, call_id: int) -> Looked:
    """Return one call of a project, or raise NotFound. An answer may be of megabytes: only its start is read."""
    call = call_in(session, project_id, call_id)
    of_it = select(func.coalesce(func.length(Call.raw), 0), func.substr(Call.raw, 1, SHOWN)).where(Call.id == call_id)
    size, start = session.execute(of_it).one()
    # Whatever is of a run or a job is known by its step; what is of neither stands alone.
    same = [
        Call.run_id == call.run_id if call.run_id else Call.job_id == call.job_id,
        Call.round == call.round,
        Call.position == call.position,
        Call.purpose == call.purpose,
    ]
    alone = call.run_id is None and call.job_id is None
    attempts = select(*_LINE).where(*([Call.id == call_id] if alone else same)).order_by(Call.attempt)
    endpoint = session.get_one(Endpoint, call.endpoint_id)
    return Looked(call, endpoint, int(size), bytes(start or b""), [Line(*row) for row in session.execute(attempts)])


def call_in(session: Session, project_id: int, call_id: int) -> Call:
    """Return one call of a project, or raise NotFound."""
    call = session.get(Call, call_id)
    if call is None or call.project_id != project_id:
        raise NotFound("There is no such call in this project.")
    return call


def _kinds(run: Run) -> Select[str, CallOutcome, int]:
    return (
        select(Call.purpose, Call.outcome, func.count())
        .where(Call.run_id == run.id)
        .group_by(Call.purpose, Call.outcome)
    )


def _newest(run: Run, kind: Kind, before: int | None) -> Select[int]:
    those = Call.run_id == run.id, Call.purpose == kind.purpose, Call.outcome == kind.outcome
    found = select(Call.id).where(*those).order_by(Call.id.desc()).limit(PAGE + 1)
    return found if before is None else found.where(Call.id < before)
