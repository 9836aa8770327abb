"""Carrying out: the life that runs and jobs share, from the queue to their end.

Each is a row. Whoever takes it up writes its own name into it, and every later write of a carrier first makes sure
that the name is still its own: so a process that was given up for dead does no harm when it comes back.
"""

import secrets
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from app.errors import Conflict
from app.models.base import now
from app.models.events import record
from app.models.generation import Carried, RunState

STOPPED = "Stopped by hand."
PAUSED = "Paused by hand."
WENT_WRONG = "Something went wrong inside Tamis. The log says what."
# A worker that was not seen for so long is dead: others take over what it carried out.
DEAD_AFTER = timedelta(seconds=30)

# Written out, so that a search for an event's kind finds where it is recorded.
_ENDED = {"run": "run.ended", "job": "job.ended"}

C = TypeVar("C", bound=Carried)


class Interrupted(BaseException):
    """The process is stopping. Not an Exception: the engine must not take it for the end of the work."""


def new_carrier(worker: str) -> str:
    """Return the name under which a worker takes one thing up, new each time; ``worker`` empty: none does."""
    return f"{worker}/{secrets.token_hex(8)}"


def worker_of(carrier: str) -> str:
    """Return the id of the worker whose carrier this is, empty where it is none's: a command's, or nobody's."""
    return carrier.partition("/")[0]


def take_up(session: Session, entity: type[C], row_id: int, carrier: str) -> C | None:
    """Make a run or job ours, whoever carried it out before. Returns None where it has ended already, or went
    with its project."""
    row = session.get(entity, row_id, with_for_update={"key_share": True})
    if row is None or not row.is_active:
        return None
    row.state, row.started_at, row.carrier = RunState.RUNNING, row.started_at or now(), carrier
    return row


def hold(session: Session, entity: type[C], row_id: int, carrier: str) -> C:
    """Return a run or job, kept from being taken up by others until this transaction ends.

    Raises Conflict where somebody has, and where it went with its project.
    """
    # Rows that refer to it can be added meanwhile.
    row = session.get(entity, row_id, with_for_update={"key_share": True}, populate_existing=True)
    if row is None or row.carrier != carrier:
        raise Conflict(f"{entity.noun.capitalize()} {row_id} was taken up by another process.")
    return row


def end(session: Session, row: Carried, state: RunState, sentence: str) -> None:
    """Write the end of a run or job down."""
    row.state, row.sentence, row.ended_at = state, sentence, now()
    record(
        session,
        _ENDED[row.noun],
        project_id=row.project_id,
        actor_id=None,
        subject_id=row.id,
        after={"state": state.value, "sentence": sentence},
    )
