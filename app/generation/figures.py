"""How a run stands: its funnel, its costs, its pace, and what it waits for. One query per table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, func, literal, or_, select
from sqlalchemy.orm import Session

from app.generation.pipeline import Makes
from app.generation.pipelines import pipeline_named
from app.llm.pace import held_until
from app.llm.reading import USABLE
from app.llm.write_off import Lost
from app.models.base import now
from app.models.candidates import Candidate, Outcome, is_approved
from app.models.comparisons import Alternative, Judgement
from app.models.generation import Call, CallOutcome, Run, RunState
from app.screening.filters import FILTERS

# The pace of now is that of so long; a shorter time tells too little, a longer one of a pace that is over.
_NOW = timedelta(minutes=3)
_FEW_SECONDS = 4.0
_NEWEST = 6


@dataclass(frozen=True, slots=True)
class RunFigures:
    """``rejected`` maps every filter's name to how many it rejected. Costs are in nano-dollars.

    ``readable`` is the share of what completions brought that could be read in the layout that was asked for, 0 to 1,
    None before there is any. ``failed`` is how many calls came to each outcome that brings nothing. ``cost`` is of
    finished calls, ``lost`` the part of it that is a guess, and ``under_way`` the most that those in flight can add to
    it. ``share`` is how much of its target the run has reached, 0 to 1. ``per_minute`` is how many completions come in
    a minute now, and ``left`` the time that the run still needs at that pace; None where that can't be told.
    """

    proposed: int
    kept: int
    approved: int
    unfinished: int
    rejected: dict[str, int]
    newest_rejected: dict[str, int]
    readable: float | None
    calls: int
    in_flight: int
    failed: dict[CallOutcome, int]
    tokens_in: int
    tokens_out: int
    cost: int
    under_way: int
    lost: Lost
    share: float
    per_minute: float | None
    left: timedelta | None

    @property
    def rejected_in_all(self) -> int:
        """How many candidates were rejected by any filter."""
        return sum(self.rejected.values())

    @property
    def thrown_away(self) -> list[tuple[str, int]]:
        """The filters that rejected anything with how many, the one that rejected most first."""
        return sorted(((name, n) for name, n in self.rejected.items() if n), key=lambda each: -each[1])

    @property
    def cost_per_kept(self) -> int | None:
        """Nano-dollars per kept candidate, None before there is one."""
        return self.cost // self.kept if self.kept else None

    @property
    def cost_per_approved(self) -> int | None:
        """Nano-dollars per approved candidate, None before there is one."""
        return self.cost // self.approved if self.approved else None


def run_figures(session: Session, run: Run) -> RunFigures:
    """Count everything about one run, in two queries; in three where it judges."""
    outcomes = session.execute(_outcomes(run)).all()
    counts = {outcome: sum(row.number for row in outcomes if row.outcome is outcome) for outcome in Outcome}
    rejected = {row.rejected_by: row for row in outcomes if row.outcome is Outcome.REJECTED}
    calls = session.execute(_calls(run)).all()
    number, cost = sum(row.number for row in calls), int(sum(row.cost for row in calls))
    under_way = int(sum(row.cost for row in calls if row.outcome is CallOutcome.IN_FLIGHT))
    answered = sum(row.number for row in calls if row.outcome in USABLE)
    share = _share(run, counts[Outcome.KEPT], number, cost - under_way)
    per_minute = _per_minute(run, calls)
    return RunFigures(
        proposed=sum(counts.values()),
        kept=counts[Outcome.KEPT],
        approved=sum(row.approved for row in outcomes),
        unfinished=counts[Outcome.UNFINISHED],
        rejected={each.name: rejected[each.name].number if each.name in rejected else 0 for each in FILTERS},
        newest_rejected={name: row.newest for name, row in rejected.items()},
        readable=_readable(session, run, outcomes, answered),
        calls=number,
        in_flight=sum(row.flying for row in calls),
        failed={row.outcome: row.number for row in calls if row.outcome not in USABLE | {CallOutcome.IN_FLIGHT}},
        tokens_in=int(sum(row.tokens_in for row in calls)),
        tokens_out=int(sum(row.tokens_out for row in calls)),
        cost=cost - under_way,
        under_way=under_way,
        lost=Lost(sum(row.lost for row in calls), int(sum(row.cost_lost for row in calls))),
        share=share,
        per_minute=per_minute,
        left=_time_left(answered, share, per_minute),
    )


def _outcomes(run: Run) -> Select[*tuple[Any, ...]]:
    if pipeline_named(run.pipeline).makes is Makes.ALTERNATIVES:
        return _outcomes_of_answers(run)
    kept = Candidate.outcome == Outcome.KEPT
    # An accepted instruction whose questions brought no answer: there was nothing to read.
    given_up = Candidate.in_pool & Candidate.instance_call_id.is_(None)
    return (
        select(
            Candidate.outcome,
            Candidate.rejected_by,
            func.count().label("number"),
            func.count().filter(given_up).label("unread"),
            func.count().filter(kept, is_approved()).label("approved"),
            func.max(Candidate.id).label("newest"),
        )
        .where(Candidate.run_id == run.id)
        .group_by(Candidate.outcome, Candidate.rejected_by)
    )


def _outcomes_of_answers(run: Run) -> Select[*tuple[Any, ...]]:
    """The same of answers; the newest is the example that was answered."""
    return (
        select(
            Alternative.outcome,
            Alternative.rejected_by,
            func.count().label("number"),
            literal(0).label("unread"),
            literal(0).label("approved"),
            func.max(Alternative.candidate_id).label("newest"),
        )
        .where(Alternative.run_id == run.id)
        .group_by(Alternative.outcome, Alternative.rejected_by)
    )


def _readable(session: Session, run: Run, outcomes: Sequence[Row[Any]], answered: int) -> float | None:
    """What was set aside as unreadable stays out; of a run that judges, the completions that gave no score."""
    if pipeline_named(run.pipeline).makes is Makes.SCORES:
        scored = session.scalar(select(func.count(Judgement.call_id.distinct())).where(Judgement.run_id == run.id)) or 0
        return scored / answered if answered else None
    read = sum(row.number - (row.unread if row.rejected_by == "format" else 0) for row in outcomes)
    unreadable = sum(row.number - row.unread for row in outcomes if row.rejected_by == "format")
    return 1 - unreadable / read if read else None


def _calls(run: Run) -> Select[*tuple[Any, ...]]:
    is_new = Call.outcome.in_(USABLE) & (Call.answered_at > now() - _NOW)
    is_lost = (Call.outcome == CallOutcome.LOST) & (Call.cost > 0) & Call.written_off_at.is_(None)
    return (
        select(
            Call.outcome,
            func.count().label("number"),
            # Answers are stored before they are read, in which time others fly already.
            func.count().filter(Call.outcome == CallOutcome.IN_FLIGHT, Call.answered_at.is_(None)).label("flying"),
            func.coalesce(func.sum(Call.tokens_in), 0).label("tokens_in"),
            func.coalesce(func.sum(Call.tokens_out), 0).label("tokens_out"),
            func.coalesce(func.sum(Call.cost), 0).label("cost"),
            func.count().filter(is_lost).label("lost"),
            func.coalesce(func.sum(Call.cost).filter(is_lost), 0).label("cost_lost"),
            func.count().filter(is_new).label("new"),
            func.min(Call.sent_at).filter(is_new).label("first_sent"),
        )
        .where(Call.run_id == run.id)
        .group_by(Call.outcome)
    )


def waits_for(run: Run, figures: RunFigures) -> str:
    """Return what an active run waits for as a sentence, empty where calls are under way and nothing is in the way."""
    endpoint = run.endpoint
    if run.state is RunState.QUEUED:
        return "Waiting for its turn."
    if figures.in_flight or run.state is not RunState.RUNNING or held_until(endpoint):
        return ""
    if endpoint.is_limited:
        return f"Waiting for the next minute: {endpoint.name} takes only so much in one."
    return ""


def newest_candidates(session: Session, run: Run, figures: RunFigures) -> tuple[list[Candidate], dict[str, Candidate]]:
    """Return the newest candidates of a run, newest first, and the newest that each filter rejected, by filter.

    Of a run that answers examples, those that it answered last.
    """
    rejected = figures.newest_rejected
    newest = select(Candidate.id).where(Candidate.run_id == run.id).order_by(Candidate.id.desc()).limit(_NEWEST)
    if pipeline_named(run.pipeline).makes is Makes.ALTERNATIVES:
        answered = select(Alternative.candidate_id).where(Alternative.run_id == run.id)
        newest = answered.order_by(Alternative.id.desc()).limit(_NEWEST)
    rows = session.scalars(
        select(Candidate)
        .where(or_(Candidate.id.in_(newest.subquery().select()), Candidate.id.in_(rejected.values())))
        .order_by(Candidate.id.desc())
    ).all()
    by_id = {each.id: each for each in rows}
    return list(rows[:_NEWEST]), {name: by_id[number] for name, number in rejected.items() if number in by_id}


def _share(run: Run, kept: int, calls: int, cost: int) -> float:
    """The first target reached ends a run, so the nearest one says how far it is. What came to nothing got nowhere."""
    if run.state is RunState.FAILED and not kept:
        return 0.0
    targets = (
        (kept, run.target_kept),
        (calls, run.target_calls),
        (cost, run.cost_limit),
        (run.rounds_folded, run.rounds),
    )
    return min(1.0, max((have / target for have, target in targets if target), default=0.0))


def _per_minute(run: Run, calls: Sequence[Row[Any]]) -> float | None:
    """Completions of the last minutes, by the time since the first of them was sent: a pause before is no pace."""
    new = sum(row.new for row in calls)
    if run.state is not RunState.RUNNING or not new:
        return None
    first_sent = min(row.first_sent for row in calls if row.new)
    seconds: float = (now() - max(first_sent, now() - _NOW)).total_seconds()
    return 60 * new / seconds if seconds > _FEW_SECONDS else None


def _time_left(answered: int, share: float, per_minute: float | None) -> timedelta | None:
    """What is left takes as many completions as what is done did, at the pace of now."""
    if per_minute is None or not 0 < share < 1:
        return None
    return timedelta(minutes=answered * (1 - share) / share / per_minute)
