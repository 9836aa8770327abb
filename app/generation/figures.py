"""How a run stands: its funnel, its costs, its pace. One query per table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.base import now
from app.models.candidates import Candidate, Outcome
from app.models.generation import Call, CallOutcome, Run, RunState
from app.screening.filters import FILTERS

_FEW_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class RunFigures:
    """``rejected`` maps every filter's name to how many it rejected. Costs are in nano-dollars.

    ``share`` is how much of its target the run has reached, 0 to 1; ``left`` the time it still needs at its own pace,
    None where that can't be told.
    """

    proposed: int
    kept: int
    unfinished: int
    rejected: dict[str, int]
    calls: int
    in_flight: int
    failed_calls: int
    tokens_in: int
    tokens_out: int
    cost: int
    share: float
    left: timedelta | None

    @property
    def rejected_in_all(self) -> int:
        """How many candidates were rejected by any filter."""
        return sum(self.rejected.values())

    @property
    def cost_per_kept(self) -> int | None:
        """Nano-dollars per kept candidate, None before there is one."""
        return self.cost // self.kept if self.kept else None


def run_figures(session: Session, run: Run) -> RunFigures:
    """Count everything about one run, in two queries."""
    outcomes = session.execute(
        select(Candidate.outcome, Candidate.rejected_by, func.count())
        .where(Candidate.run_id == run.id)
        .group_by(Candidate.outcome, Candidate.rejected_by)
    ).all()
    counts = {outcome: sum(n for o, _, n in outcomes if o is outcome) for outcome in Outcome}
    by_filter = {rejected_by: n for outcome, rejected_by, n in outcomes if outcome is Outcome.REJECTED}
    failed = Call.outcome.not_in([CallOutcome.ANSWERED, CallOutcome.CUT_OFF, CallOutcome.IN_FLIGHT])
    calls, in_flight, failures, tokens_in, tokens_out, cost = session.execute(
        select(
            func.count(),
            func.count().filter(Call.outcome == CallOutcome.IN_FLIGHT),
            func.count().filter(failed),
            func.coalesce(func.sum(Call.tokens_in), 0),
            func.coalesce(func.sum(Call.tokens_out), 0),
            func.coalesce(func.sum(Call.cost), 0),
        ).where(Call.run_id == run.id)
    ).one()
    share = _share(run, counts[Outcome.KEPT], calls)
    return RunFigures(
        proposed=sum(counts.values()),
        kept=counts[Outcome.KEPT],
        unfinished=counts[Outcome.UNFINISHED],
        rejected={each.name: by_filter.get(each.name, 0) for each in FILTERS},
        calls=calls,
        in_flight=in_flight,
        failed_calls=failures,
        tokens_in=int(tokens_in or 0),
        tokens_out=int(tokens_out or 0),
        cost=int(cost),
        share=share,
        left=_time_left(run, share),
    )


def newest_candidates(session: Session, run_id: int, limit: int = 8) -> Sequence[Candidate]:
    """Return the newest candidates of a run, newest first."""
    return session.scalars(
        select(Candidate).where(Candidate.run_id == run_id).order_by(Candidate.id.desc()).limit(limit)
    ).all()


def _share(run: Run, kept: int, calls: int) -> float:
    """The first target reached ends a run, so the nearest one says how far it is."""
    shares = [
        have / target
        for have, target in ((kept, run.target_kept), (calls, run.target_calls), (run.cost, run.cost_limit))
        if target
    ]
    return min(1.0, max(shares, default=0.0))


def _time_left(run: Run, share: float) -> timedelta | None:
    if run.state is not RunState.RUNNING or run.started_at is None or not 0 < share < 1:
        return None
    elapsed = now() - run.started_at
    return elapsed * (1 - share) / share if elapsed.total_seconds() > _FEW_SECONDS else None
