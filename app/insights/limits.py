"""What each replayed limit would have kept, lost and gained: the table of a replay, and what it says in words."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.candidates import Candidate, is_approved
from app.models.jobs import Job
from app.models.novelty import ReplayedCandidate
from app.origins import novelty_terms, origin_of
from app.screening.replay import ALL, LIMITS


@dataclass(frozen=True, slots=True)
class AtLimit:
    """How many examples would be kept at ``limit``; ``lost`` and ``gained`` against what happened.

    ``lost_approved``: those of the lost that are approved now. ``is_present``: it is the limit that was in force.
    """

    limit: float
    kept: int
    lost: int
    gained: int
    lost_approved: int
    is_present: bool = False


@dataclass(frozen=True, slots=True)
class LimitTable:
    """``rows`` from the lowest limit to the highest; ``sentences`` say the gist of them."""

    rows: Sequence[AtLimit]
    sentences: Sequence[str]

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to replay."""
        return not any(row.kept or row.lost or row.gained for row in self.rows)

    @property
    def is_flat(self) -> bool:
        """Whether no limit would have changed anything."""
        return not any(row.lost or row.gained for row in self.rows)

    def chart(self) -> dict[str, Any]:
        """Return bars of what each limit gains, above zero, and loses, below it, as ``charts.js`` draws them."""
        gained = [row.gained for row in self.rows]
        lost = [row.lost_approved - row.lost for row in self.rows]
        approved = [-row.lost_approved for row in self.rows]
        return {
            "labels": [f"{row.limit:.2f}" for row in self.rows],
            "marked": next((place for place, row in enumerate(self.rows) if row.is_present), None),
            "mark": "in force",
            "series": [
                {"color": "--gained", "values": gained},
                {"color": "--lost", "values": lost},
                {"color": "--lost-approved", "values": approved},
            ],
        }


def limit_table(session: Session, job: Job) -> LimitTable:
    """Return the table of a replay, in four queries."""
    of_job = ReplayedCandidate.job_id == job.id
    all_ = session.execute(
        select(ReplayedCandidate.was_kept, ReplayedCandidate.kept_at, func.count())
        .where(of_job)
        .group_by(ReplayedCandidate.was_kept, ReplayedCandidate.kept_at)
    )
    approved = session.execute(
        select(ReplayedCandidate.kept_at, func.count())
        .join(Candidate, Candidate.id == ReplayedCandidate.candidate_id)
        .where(of_job, ReplayedCandidate.was_kept, ReplayedCandidate.kept_at != ALL, is_approved())
        .group_by(ReplayedCandidate.kept_at)
    )
    in_force = {terms.max_similarity for terms in novelty_terms(session, job.project_id, origin_of(job))}
    rows = tally([(*row,) for row in all_], [(*row,) for row in approved], in_force)
    return LimitTable(rows, sum_up(rows, in_force))


def tally(
    all_: Iterable[tuple[bool, int, int]], approved: Iterable[tuple[int, int]], in_force: Collection[float]
) -> list[AtLimit]:
    """Return a row for each limit from counts of examples: (was kept, kept at, count) and (kept at, count)."""
    kept, lost, gained, lost_approved = ([0] * len(LIMITS) for _ in range(4))
    for was_kept, kept_at, count in all_:
        for place in range(len(LIMITS)):
            is_kept = bool(kept_at >> place & 1)
            kept[place] += count * is_kept
            lost[place] += count * (was_kept and not is_kept)
            gained[place] += count * (is_kept and not was_kept)
    for kept_at, count in approved:
        for place in range(len(LIMITS)):
            lost_approved[place] += count * (not kept_at >> place & 1)
    present = set(in_force) if len(in_force) == 1 else set()
    return [
        AtLimit(limit, kept[place], lost[place], gained[place], lost_approved[place], limit in present)
        for place, limit in enumerate(LIMITS)
    ]


def sum_up(rows: Sequence[AtLimit], in_force: Collection[float]) -> list[str]:
    """Say what the limits next to the one in force would have changed."""
    if len(in_force) != 1:
        return [_no_present(in_force)]
    (present,) = in_force
    said = [f"The limit was {present:.2f}."]
    stricter = [row for row in rows if row.limit < present][-1:]
    looser = [row for row in rows if row.limit > present][:1]
    said += [_stricter(row) for row in stricter] + [_looser(row) for row in looser]
    if any(row.is_present and row.lost + row.gained for row in rows):
        said.append(f"Even at {present:.2f} the set would be another one today, because texts were edited since.")
    return said


def _no_present(in_force: Collection[float]) -> str:
    if not in_force:
        return "Similarity was not looked at when these examples came in."
    limits = " and ".join(f"{limit:.2f}" for limit in sorted(in_force))
    return f"Runs and imports had different limits ({limits}), so none is marked."


def _stricter(row: AtLimit) -> str:
    if not row.lost:
        return f"A stricter one of {row.limit:.2f} would have cost no example."
    return f"A stricter one of {row.limit:.2f} would have cost {_examples(row.lost)}, {_approved(row)}."


def _approved(row: AtLimit) -> str:
    if row.lost == 1:
        return "an approved one" if row.lost_approved else "not an approved one"
    return f"{row.lost_approved:,} of them approved" if row.lost_approved else "none of them approved"


def _looser(row: AtLimit) -> str:
    if not row.gained:
        return f"A looser one of {row.limit:.2f} would have let no more in."
    cost = f" and cost {row.lost:,} that are too similar to those" if row.lost else ""
    return f"A looser one of {row.limit:.2f} would have let in {row.gained:,} more{cost}."


def _examples(count: int) -> str:
    return f"{count:,} example{'s' if count != 1 else ''}"
