"""Stored answers read again: by a newer reader, in another layout, by other filters. Nothing is asked of a model.

What could not be read becomes examples beside what the run has; what a filter rejected and would let through now is
kept. Nothing that was kept is touched.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from app.database import Database
from app.generation.chosen import ChosenExamples
from app.generation.fold import Proposed, note_novelty, seed_demonstrations, settle, take_in_proposal
from app.generation.intake import Intake, Terms
from app.generation.pipeline import Demonstration, Proposal
from app.llm.client import Reply
from app.llm.dialect import dialect_in
from app.llm.ledger import asked_of
from app.llm.reading import completion_of, read
from app.models.candidates import Candidate, Outcome
from app.models.events import record
from app.models.generation import Call, Run
from app.pool import READ_AGAIN
from app.screening.filter import Draft
from app.screening.pool import Pool
from app.screening.screen import Verdict, screen_instance, screen_instruction

_MOST_SHOWN = 20
# These say that something was no example, which its reader says anew, and that it was one already.
_UNREAD, _TWICE = "format", "duplicate"


@dataclass(slots=True)
class Counts:
    """What reading again comes to. ``unreadable`` counts drafts, before and after. ``added`` examples are new,
    ``let_through`` were rejected before; ``waiting`` are instructions whose examples would have to be asked for.
    """

    calls: int = 0
    unreadable_before: int = 0
    unreadable: int = 0
    added: int = 0
    let_through: int = 0
    waiting: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    shown: list[str] = field(default_factory=list)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Counts":
        """Return what was stored with a job."""
        return cls(**{**stored, "rejected": Counter(stored["rejected"])})

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored, the filter that rejected most first."""
        return asdict(self) | {"rejected": dict(self.rejected.most_common())}

    def count(self, row: Candidate) -> None:
        """Count what was found anew."""
        self.added += row.outcome is Outcome.KEPT
        if row.rejected_by is not None:
            self.rejected[row.rejected_by] += 1
        else:
            self._show(row)

    def count_let_through(self, row: Candidate) -> None:
        """Count what a filter lets through now."""
        self.let_through += row.outcome is Outcome.KEPT
        self._show(row)

    def _show(self, row: Candidate) -> None:
        self.waiting += row.outcome is Outcome.UNFINISHED
        if len(self.shown) < _MOST_SHOWN:
            self.shown.append(row.instruction)


class Rereader:
    """Reads the proposing calls of one run as ``terms`` say; ``counts`` has what the calls before them came to."""

    def __init__(self, database: Database, run: Run, terms: Terms, counts: Counts) -> None:
        self.counts = counts
        self._run, self._terms = run, terms
        self._is_opened = dialect_in(run.endpoint.dialect).is_opened
        with database.reading() as session:
            self._seeds = seed_demonstrations(session, run.project_id)
            is_over_chosen = terms.pipeline.over_chosen
            self._chosen = ChosenExamples(database, session, run, answered=False) if is_over_chosen else None

    def read(self, session: Session, run: Run, pool: Pool, call_ids: Sequence[int]) -> None:
        """Take in what these calls hold beyond what the run has, in their order."""
        places = _places(session, run.id, call_ids)
        with Intake(session, run, self._terms) as intake:
            for call, rows in _calls(session, call_ids):
                self.counts.calls += 1
                places[call.round] = self._add_new(intake, pool, call, rows, places.get(call.round, 0))
                for row in rows:
                    if row.outcome is Outcome.REJECTED and row.rejected_by not in {_UNREAD, _TWICE}:
                        self._screen_again(session, pool, row, rows)

    def _add_new(self, intake: Intake, pool: Pool, call: Call, rows: Sequence[Candidate], place: int) -> int:
        """Add the proposals that the run has no example of, from ``place`` in their round on. Returns the next one."""
        self.counts.unreadable_before += sum(row.rejected_by == _UNREAD and not row.instance_call_id for row in rows)
        asked = asked_of(self._run.endpoint.style, call.sampling, call.parameters, self._is_opened)
        reading = read(Reply(call.http_status, call.raw or b""), asked)
        completion = completion_of(reading.outcome, reading.text)
        if completion is None:
            return place
        shown = self._shown(call.round)
        found = self._terms.pipeline.read(completion, shown, self._terms.parameters)
        known = {row.instruction for row in rows if row.rejected_by != _UNREAD}
        source = intake.session.get_one(Candidate, shown[0].candidate_id) if self._chosen is not None else None
        proposed = Proposed(call.id, reading.model or call.model, completion)
        for each in found:
            if not isinstance(each, Proposal) or each.draft.instruction in known:
                continue
            if each.draft.problem is not None:
                self.counts.unreadable += 1
                continue
            moved = replace(each, position=place)
            self.counts.count(take_in_proposal(intake, pool, call.round, proposed, moved, source))
            place += 1
        return place

    def _shown(self, round_: int) -> Sequence[Demonstration]:
        """Return what a round showed, as far as readers ask: how many there were, or the one that it was about."""
        rng = random.Random(f"{self._run.seed}/{round_}")  # noqa: S311 - repeatable on purpose, guards nothing
        kept = self._chosen if self._chosen is not None else []
        return self._terms.pipeline.draw(rng, self._seeds, kept, self._terms.parameters, round_)

    def _screen_again(self, session: Session, pool: Pool, row: Candidate, rows: Sequence[Candidate]) -> None:
        alike = [each for each in rows if each.position == row.position and each.rejected_by != _UNREAD]
        siblings = tuple((each.input, each.output) for each in alike)
        draft = Draft(row.instruction, row.input, row.output, row.instance, siblings)
        verdict, outcome = self._verdict(row, draft, pool)
        if outcome is Outcome.REJECTED:
            return
        settle(row, verdict)
        note_novelty(row, verdict)
        row.outcome = outcome
        if not row.in_pool and row.instance == 0:
            row.in_pool = True
            pool.add(f"candidate:{row.id}", row.instruction)
        record(session, READ_AGAIN, project_id=row.project_id, actor_id=None, subject_id=row.id)
        self.counts.count_let_through(row)

    def _verdict(self, row: Candidate, draft: Draft, pool: Pool) -> tuple[Verdict, Outcome]:
        """An instruction in the pool was let through then; one whose examples were never asked for waits for them."""
        thresholds = self._terms.thresholds
        verdict = Verdict(True) if row.in_pool or row.instance else screen_instruction(draft, thresholds, pool)
        if not verdict.kept:
            return verdict, Outcome.REJECTED
        if self._terms.pipeline.asks_on and row.instance_call_id is None:
            return verdict, Outcome.UNFINISHED
        whole = replace(screen_instance(draft, thresholds, pool), comparison=verdict.comparison)
        return whole, Outcome.KEPT if whole.kept else Outcome.REJECTED


def _places(session: Session, run_id: int, call_ids: Sequence[int]) -> dict[int, int]:
    """Return the first free place in the rounds of these calls. Other attempts of a round have places in it, too."""
    rounds = select(Call.round).where(Call.id.in_(call_ids))
    last = select(Candidate.round, func.max(Candidate.position)).where(
        Candidate.run_id == run_id, Candidate.round.in_(rounds)
    )
    return {round_: place + 1 for round_, place in session.execute(last.group_by(Candidate.round)).all()}


def _calls(session: Session, call_ids: Sequence[int]) -> Iterator[tuple[Call, Sequence[Candidate]]]:
    """Yield calls in the order of their rounds, each with the run's candidates that came of it."""
    of_call: dict[int | None, list[Candidate]] = {call_id: [] for call_id in call_ids}
    for row in session.scalars(select(Candidate).where(Candidate.call_id.in_(call_ids)).order_by(Candidate.id)).all():
        of_call[row.call_id].append(row)
    calls = select(Call).where(Call.id.in_(call_ids)).options(undefer(Call.raw)).order_by(Call.round, Call.id)
    for call in session.scalars(calls).all():
        yield call, of_call[call.id]
