"""The engine that carries runs out: DBOS workflows, and a watch that hands queued runs to them.

A run is queued by one row, so that starting it is one transaction with everything else the page does. The watch gives
queued runs to DBOS under an id made from the run, which it takes once however often it is given. A process that dies
leaves its workflows pending: the embedded engine finds its own when it starts again, and those of a worker that was
not seen for a while are resumed by any other.
"""

import logging
import os
import secrets
import socket
import threading
from datetime import timedelta
from pathlib import Path

from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos._serialization import DBOSJSONSerializer
from filelock import FileLock, Timeout
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.database import Database
from app.errors import Conflict
from app.generation.workflow import Surroundings, carry_out
from app.llm.secrets import open_vault
from app.models.base import now
from app.models.generation import Run, RunState, Worker
from app.settings import Settings

_QUEUE = "runs"
_RUNS_AT_ONCE = 8
_WATCH_SECONDS = 0.5
_BEAT_SECONDS = 5.0
_DEAD_AFTER = timedelta(seconds=30)
# Workflows are only taken up by the same version, so it stays as it is until their meaning changes.
_VERSION = "1"
_EMBEDDED = "embedded"

log = logging.getLogger(__name__)
_around: Surroundings | None = None


@DBOS.workflow(name="run", max_recovery_attempts=None)
def run_workflow(run_id: int) -> None:
    """Carry out one run. Its memory is the ledger and the candidates, so it may be started again at any point."""
    if _around is None:
        raise RuntimeError("the engine is not running")
    carry_out(_around, run_id)
