"""What is done to a Tamis process before it begins: waits are shortened, and it may be told where to die.

The application has no hooks for this. Its functions are wrapped here, in the process that is to be hurt, so a point
that is no longer there shows at once.
"""

import faulthandler
import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from app import engine
from app.generation import fold, outbox, workflow
from app.llm import ledger, pace

POINT, COUNT = "TAMIS_TEST_DIE_AT", "TAMIS_TEST_DIE_AFTER"
# Beyond this a worker is taken for dead; the application's own is half a minute.
LEASE_SECONDS = 2.0

Holder = Any


def prepare() -> None:
    """Shorten this process's waits and set its end where one is named. Called by ``tests.starting``."""
    faulthandler.register(signal.SIGUSR1)  # whoever hangs can be asked where
    engine._BEAT_SECONDS, engine._DEAD_AFTER = 0.5, timedelta(seconds=LEASE_SECONDS)
    engine._QUIET = timedelta(seconds=1.5)
    workflow._DATABASE_AWAY = 0.2
    outbox._FIRST_DELAY, outbox._LONGEST_DELAY = 0.02, 0.2
    pace._FIRST_HOLD, pace._LONGEST_HOLD = timedelta(seconds=0.1), timedelta(seconds=0.4)
    pace._MOST_PATIENCE = timedelta(seconds=0.5)
    if point := os.environ.get(POINT):
        POINTS[point](_Fuse(int(os.environ.get(COUNT, "1"))))


class _Fuse:
    """Ends this process as a power cut would, the n-th time that it burns."""

    def __init__(self, count: int) -> None:
        self._left, self._lock = count, threading.Lock()

    def burn(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _before(
    holder: Holder, name: str, matters: Callable[..., object] = lambda *_, **__: True
) -> Callable[[_Fuse], None]:
    """Return what makes ``holder``'s function burn a fuse whenever it is entered with something that matters."""

    def lay(fuse: _Fuse) -> None:
        inner = getattr(holder, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if matters(*args, **kwargs):
                fuse.burn()
            return inner(*args, **kwargs)

        setattr(holder, name, wrapped)

    return lay


def _after(
    holder: Holder, name: str, matters: Callable[..., object] = lambda *_, **__: True
) -> Callable[[_Fuse], None]:
    """Return what makes ``holder``'s function burn a fuse whenever it has ended well."""

    def lay(fuse: _Fuse) -> None:
        inner = getattr(holder, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = inner(*args, **kwargs)
            if matters(*args, **kwargs):
                fuse.burn()
            return result

        setattr(holder, name, wrapped)

    return lay


def _has_calls(_flight: Any, calls: Any, *_: Any) -> bool:
    return bool(calls)


def _has_landed(_around: Any, _course: Any, _flight: Any, landed: Any) -> bool:
    return bool(landed)


def _has_replies(_session: Any, replies: Any, *_: Any) -> bool:
    return bool(replies)


# Where a process can be told to die: what has happened by then, and what has not.
POINTS: dict[str, Callable[[_Fuse], None]] = {
    "queued, not handed over": _before(engine.DBOS, "enqueue_workflow"),
    "handed over, not taken up": _before(workflow, "_take_up"),
    "taken up, lost calls not settled": _before(ledger, "settle_calls_in_flight"),
    "lost calls settled, not committed": _after(ledger, "settle_calls_in_flight"),
    "past read back": _after(workflow, "_course_of"),
    "rows of calls written, not committed": _after(ledger, "open_calls", lambda *args: args[3]),
    "calls opened, not sent": _before(workflow.Flight, "send", _has_calls),
    "call about to be sent": _before(workflow, "send"),
    "answered, not collected": _after(workflow, "send"),
    "answers stored, not committed": _after(ledger, "store_replies", _has_replies),
    "answers stored, not read": _before(workflow, "_take_in", _has_landed),
    "answers read, not taken in": _after(ledger, "close_calls", lambda *args: args[2]),
    "in the middle of taking in": _after(fold, "_screened"),
    "round taken in, not committed": _after(fold, "take_in_round"),
    "instances taken in, not committed": _after(fold, "take_in_instances"),
    "taken in": _after(workflow, "_take_in", _has_landed),
    "end not written": _before(workflow, "_end"),
    "end written, not committed": _after(workflow, "end"),
    "end written": _after(workflow, "_end"),
}
