"""A process's copy of a project's pool, kept in step with the database, which alone tells what is in it.

Whoever changes the pool holds the project's lock: a run that takes in a round, an import that is settled or undone, an
edit of a seed task or candidate. So under that lock newer rows, and newer events of an edit or undo, are all there is
to catch up with: nobody can commit an older one later.
"""

import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import Database, lock
from app.models.candidates import Candidate, Outcome
from app.models.events import Event
from app.models.imports import Arrival
from app.models.projects import Project, SeedTask
from app.screening.filters.novelty import Novelty, NoveltyThresholds
from app.screening.pool import Pool
from app.screening.tokenizers import tokenizer_named

# An import was undone: its event says between which candidates they went.
IMPORT_UNDONE = "import.undone"
# What a filter had rejected was let through when its answer was read again.
READ_AGAIN = "candidate.read_again"
# So many seconds a copy is waited for before it is read anew.
_PATIENCE = 5.0
# So many pools stay in memory when nobody needs them.
_AT_HAND = 4


@lru_cache(maxsize=_AT_HAND)
def project_pool(_database: Database, project_id: int, novelty: NoveltyThresholds) -> "ProjectPool":
    """Return this process's copy of a project's pool, which all runs with the same words and limit share.

    Of each database, since processes may know several: tests do.
    """
    return ProjectPool(project_id, novelty)


def novelty_of(thresholds: Mapping[str, Any]) -> NoveltyThresholds:
    """Return novelty's part of ``thresholds``, as ``parse_thresholds`` returns them; the usual one where it is off."""
    return thresholds.get(Novelty.name) or NoveltyThresholds()


class ProjectPool:
    """Seed tasks in use and candidates in the pool of one project. Keys are ``seed:ID`` and ``candidate:ID``."""

    def __init__(self, project_id: int, novelty: NoveltyThresholds, *, import_id: int | None = None) -> None:
        """``novelty`` names the words and the limit. ``import_id``: what this import kept so far is a member, too."""
        self.project_id, self._terms = project_id, (project_id, novelty, import_id)
        self._copy = _Copy(*self._terms)
        self._holder: Callable[[], Session | None] = lambda: None
        self._handing_out = threading.Lock()

    def locked(self, session: Session) -> Pool:
        """Take the project's lock until the transaction ends and return the pool as it stands: once in a transaction.

        Until then the caller may add the rows that the transaction writes, and does nothing else to the pool. Should
        the transaction fail, they are gone the next time. Should this fail half way, all is read anew the next time.
        """
        lock(session, Project, self.project_id)
        copy = self._hand_out(session)
        try:
            copy.catch_up(session)
        except BaseException:
            copy.is_whole = False
            raise
        return copy.pool

    def _hand_out(self, session: Session) -> "_Copy":
        """Return the copy, or a new one where it isn't whole, or where whoever had it last won't let go of it.

        Whose connection is cut off loses the lock in the database and doesn't know it yet.
        """
        with self._handing_out:
            if not (self._is_let_go(session) and self._copy.is_whole):
                self._copy = _Copy(*self._terms)
            self._holder = weakref.ref(session)
            return self._copy

    def _is_let_go(self, session: Session) -> bool:
        ends = time.monotonic() + _PATIENCE
        # Who commits is let in here by the database a moment before they know themselves.
        while (holder := self._holder()) not in {None, session} and holder.in_transaction():
            if time.monotonic() > ends:
                return False
            time.sleep(0.001)
        return True


class _Copy:
    """The pool as far as it was read, for one holder at a time."""

    def __init__(self, project_id: int, novelty: NoveltyThresholds, import_id: int | None) -> None:
        self.pool = Pool(tokenizer_named(novelty.tokenizer), novelty.max_similarity)
        self.is_whole = True
        self._project_id, self._sources = project_id, _sources(project_id, import_id)
        self._settled = 0
        self._newest_event: int | None = None

    def catch_up(self, session: Session) -> None:
        """Take in what changed in the database, and take out what a transaction that failed had added."""
        added = set(self.pool.newest(len(self.pool) - self._settled))
        for source in self._sources:
            for key, text in source.newer(session):
                self.pool.add(key, text)
                added.discard(key)
        for failed in added:
            self.pool.remove(failed)
        self._follow_edits(session)
        self._settled = len(self.pool)

    def _follow_edits(self, session: Session) -> None:
        source_of = {kind: source for source in self._sources for kind in source.edits}
        edits = select(Event).where(Event.project_id == self._project_id, Event.kind.in_(source_of))
        if self._newest_event is None:  # everything was just read as it is now
            self._newest_event = session.scalar(edits.with_only_columns(func.max(Event.id))) or 0
        for edit in session.scalars(edits.where(Event.id > self._newest_event).order_by(Event.id)).all():
            source = source_of[edit.kind]
            if edit.kind == IMPORT_UNDONE:
                for number in source.gone(session, edit.after["first"], edit.after["last"]):
                    self.pool.remove(source.key(number))
            else:
                self._follow_edit(session, source, edit.subject_id)
            self._newest_event = edit.id

    def _follow_edit(self, session: Session, source: "_Source", number: int | None) -> None:
        text = source.text_of(session, number)
        if text is None:
            self.pool.remove(source.key(number))
        else:
            self.pool.add(source.key(number), text)


class _Source:
    """Rows that are members where ``where`` holds, numbered as they join; ``edits`` are events that may change that."""

    def __init__(self, noun: str, number: Any, text: Any, *where: Any, edits: Sequence[str]) -> None:
        self.key, self.edits = f"{noun}:{{}}".format, edits
        self._number, self._members = number, select(number, text).where(*where)
        self._newest = -1

    def newer(self, session: Session) -> Iterator[tuple[str, str]]:
        """Yield the key and text of every member that joined since the last time."""
        rows = self._members.where(self._number > self._newest).order_by(self._number)
        for self._newest, text in session.execute(rows.execution_options(yield_per=5000)):
            yield self.key(self._newest), text

    def text_of(self, session: Session, number: int | None) -> str | None:
        """Return the text of a member, or None where there is none of this number."""
        row = session.execute(self._members.where(self._number == number)).one_or_none()
        return row[1] if row else None

    def gone(self, session: Session, first: int | None, last: int | None) -> Iterator[int]:
        """Yield every number from ``first`` to ``last`` that no member has; none where there are no such ends."""
        if first is None or last is None:
            return
        members = self._members.with_only_columns(self._number).where(self._number.between(first, last))
        left = set(session.scalars(members))
        yield from (number for number in range(first, last + 1) if number not in left)


def _sources(project_id: int, import_id: int | None) -> list[_Source]:
    in_use = SeedTask.project_id == project_id, SeedTask.retired_at.is_(None)
    in_pool = Candidate.project_id == project_id, Candidate.in_pool
    kept = Arrival.import_id == import_id, Arrival.outcome == Outcome.KEPT
    changes_of_use = ("seed_task.edited", "seed_task.retired", "seed_task.restored")
    changes_of_text = ("candidate.edited", READ_AGAIN, IMPORT_UNDONE)
    sources = [
        _Source("seed", SeedTask.id, SeedTask.instruction, *in_use, edits=changes_of_use),
        _Source(
            "candidate",
            Candidate.id,
            Candidate.instruction,
            *in_pool,
            edits=changes_of_text,
        ),
    ]
    if import_id is not None:
        sources.append(_Source(f"import:{import_id}", Arrival.position, Arrival.instruction, *kept, edits=()))
    return sources
