"""How fast an endpoint may be asked, by all processes together, and whether it answers at all.

The ledger tells what was sent in the last minute. An endpoint that fails time after time, or says how long it wants to
be left alone, is held: nobody asks it until then, and where it failed a single call tries it first.
"""

import datetime as dt
import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.database import lock
from app.llm.client import Reply
from app.models.base import now
from app.models.generation import Call, CallOutcome, Endpoint

# So many failures in a row, of all runs together, mean that it is down.
_FAILURES = 5
_FIRST_HOLD, _LONGEST_HOLD = timedelta(seconds=4), timedelta(minutes=5)
# A server that asks for more patience than this is asked again all the same.
_MOST_PATIENCE = timedelta(minutes=15)
# Who tries a held endpoint has so long until somebody else may.
_TRIAL = timedelta(minutes=3)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many ``calls``, and ``tokens`` in them, may be sent now; None where there is no limit."""

    calls: int | None
    tokens: int | None


def allowance(session: Session, endpoint: Endpoint) -> Allowance:
    """Return what may be sent to an endpoint now, kept for this transaction where it has limits."""
    if held_until(endpoint):
        return Allowance(0, None)
    if endpoint.is_limited or endpoint.holds:
        _lock(session, endpoint)
    if endpoint.holds:
        is_tried = endpoint.tried_at is not None and endpoint.tried_at > now() - _TRIAL
        return Allowance(0 if is_tried else 1, None)
    if not endpoint.is_limited:
        return Allowance(None, None)
    calls, tokens = _of_the_last_minute(session, endpoint)
    return Allowance(_left(endpoint.requests_per_minute, calls), _left(endpoint.tokens_per_minute, tokens))


def held_until(endpoint: Endpoint) -> dt.datetime | None:
    """Return when an endpoint is asked again, None where it may be asked now."""
    return endpoint.held_until if endpoint.held_until and endpoint.held_until > now() else None


def note_sent(endpoint: Endpoint) -> None:
    """Say that what was allowed is sent: where the endpoint was held, that is the call that tries it."""
    if endpoint.holds:
        endpoint.tried_at = now()


def heed(session: Session, endpoint: Endpoint, replies: Collection[Reply]) -> None:
    """Learn from what came back whether an endpoint answers, and for how long it wants to be left alone."""
    if not replies:
        return
    failures = sum(reply.status is None or reply.status >= 500 for reply in replies)
    patience = max((reply.retry_after for reply in replies if reply.retry_after is not None), default=None)
    if not failures and patience is None and not endpoint.failures_in_a_row:
        return
    _lock(session, endpoint)
    if failures < len(replies):
        endpoint.failures_in_a_row = endpoint.holds = 0
        endpoint.tried_at = None
    else:
        endpoint.failures_in_a_row += failures
        if endpoint.tried_at is not None or (endpoint.failures_in_a_row >= _FAILURES and not held_until(endpoint)):
            endpoint.holds, endpoint.tried_at = endpoint.holds + 1, None
            endpoint.held_until = now() + _hold(endpoint.holds)
    if patience is not None:
        wanted = now() + min(timedelta(seconds=patience), _MOST_PATIENCE)
        endpoint.held_until = max(endpoint.held_until or wanted, wanted)


def _lock(session: Session, endpoint: Endpoint) -> None:
    """Keep others from changing an endpoint until this transaction ends, and see it as they left it."""
    session.flush()
    lock(session, Endpoint, endpoint.id)
    session.refresh(endpoint)


def _hold(holds: int) -> timedelta:
    """Twice as long each time, and never quite the same: those who wait must not all come back at once."""
    longest: timedelta = min(_FIRST_HOLD * 2 ** min(holds - 1, 20), _LONGEST_HOLD)
    return longest * random.uniform(0.75, 1.0)  # noqa: S311 - jitter


def _of_the_last_minute(session: Session, endpoint: Endpoint) -> tuple[int, int]:
    used = func.coalesce(Call.tokens_in + Call.tokens_out, Call.tokens_most)
    tokens = case((Call.outcome == CallOutcome.IN_FLIGHT, Call.tokens_most), else_=used)
    calls, sum_of_tokens = session.execute(
        select(func.count(), func.coalesce(func.sum(tokens), 0)).where(
            Call.endpoint_id == endpoint.id, Call.sent_at > now() - _MINUTE
        )
    ).one()
    return int(calls), int(sum_of_tokens)


def _left(limit: int | None, used: int) -> int | None:
    return None if limit is None else max(0, limit - used)
