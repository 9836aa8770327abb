"""What ties an example to its place: what people said of it and what was made with it. Such an example stays when the
import that brought it is undone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, cast, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from app.models.candidates import Candidate, CandidateVersion, Decision, Outcome, Rating
from app.models.comparisons import Alternative, ChosenExample
from app.models.generation import DemonstrationShown
from app.models.jobs import Job
from app.models.novelty import NearDuplicate, ReplayedCandidate
from app.models.releases import Release, ReleaseItem
from app.models.studies import Study, StudyItem
from app.screening.filters.novelty import Novelty

_Holds = Callable[[int], ColumnElement[bool]]
_Derived = aliased(Candidate)


def _points_here(column: Any, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(column == Candidate.id, *more).correlate(Candidate)


def _is_answered_elsewhere(import_id: int) -> ColumnElement[bool]:
    is_anothers = Alternative.run_id.is_not(None) | (Alternative.import_id != import_id)
    return _points_here(Alternative.candidate_id, is_anothers)


# By the words that a page puts after “12 examples”. Each condition is about a row of ``candidates`` and its import.
TIES: Mapping[str, _Holds] = {
    "rated or skipped": lambda _: _points_here(Rating.candidate_id),
    "decided on": lambda _: _points_here(Decision.candidate_id),
    "edited": lambda _: _points_here(CandidateVersion.candidate_id),
    "in a study": lambda _: _points_here(StudyItem.candidate_id),
    "chosen for a run or comparison": lambda _: _points_here(ChosenExample.candidate_id),
    "shown in a prompt": lambda _: _points_here(DemonstrationShown.candidate_id),
    "a source of other examples": lambda _: _points_here(_Derived.derived_from_id),
    "answered by others": _is_answered_elsewhere,
    "released": lambda _: _points_here(ReleaseItem.candidate_id),
}
# What is about an example alone goes with it.
GOES_ALONG = (
    Alternative.candidate_id,
    NearDuplicate.candidate_id,
    NearDuplicate.original_id,
    ReplayedCandidate.candidate_id,
)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an undo takes away and what it can't. Counts are of examples, ``answers`` of answers to examples.

    ``tied`` says of how many each tie holds, ``releases`` and ``studies`` which they are in, with how many.
    ``resembling``: examples from elsewhere that were filtered out since they are like one of these.
    """

    total: int
    staying: int
    tied: Mapping[str, int]
    releases: Sequence[tuple[int, str, int]]
    studies: Sequence[tuple[int, str, int]]
    resembling: int
    answers: int
    answers_staying: int

    @property
    def going(self) -> int:
        """Examples that an undo removes."""
        return self.total - self.staying

    @property
    def answers_going(self) -> int:
        """Answers that it removes."""
        return self.answers - self.answers_staying

    @property
    def has_ties(self) -> bool:
        """Whether anything stays."""
        return bool(self.staying or self.answers_staying)

    @property
    def is_vain(self) -> bool:
        """Whether nothing would go."""
        return not (self.going or self.answers_going)

    def sentences(self) -> list[str]:
        """Return what goes, what stays and why, a sentence each."""
        said = [f"This removes {many(self.going, self.answers_going) or 'nothing'}, for good."]
        if self.has_ties:
            staying = many(self.staying, self.answers_staying)
            said.append(f"What stays, since people or runs have worked with it: {staying}.")
            said += [f"  {name}: {count:,}" for name, count in self.tied.items()]
            said += [f"  in the release {name}: {count:,}" for _, name, count in self.releases]
            said += [f"  in the study {name}: {count:,}" for _, name, count in self.studies]
        if self.resembling:
            filtered = f"{many(self.resembling)} from elsewhere, too similar to one of these"
            said.append(f"Filtered out, and to stay so: {filtered}.")
        return said


def many(examples: int, answers: int = 0) -> str:
    """Return counts in words, empty where both are 0."""
    parts = [(examples, "example"), (answers, "answer")]
    return " and ".join(f"{count:,} {noun}{'s' if count != 1 else ''}" for count, noun in parts if count)


def is_tied(import_id: int) -> ColumnElement[bool]:
    """Return the condition that a row of ``candidates``, which this import brought, stays."""
    return or_(*(holds(import_id) for holds in TIES.values()))


def is_answer_tied() -> ColumnElement[bool]:
    """Return the condition that a row of ``alternatives`` stays: it was compared with others, or is to be."""
    compared = (exists().where(each.candidate_id == Alternative.candidate_id) for each in (ChosenExample, StudyItem))
    return or_(*(each.correlate(Alternative) for each in compared))


def outlook_of(session: Session, job: Job) -> Outlook:
    """Return what undoing an import would do now."""
    counts = session.execute(_counts(job.id)).one()
    total, staying, *tied = (int(each or 0) for each in counts)
    answers = session.execute(
        select(func.count(), func.sum(case((is_answer_tied(), 1), else_=0))).where(Alternative.import_id == job.id)
    ).one()
    return Outlook(
        total=total,
        staying=staying,
        tied={name: count for name, count in zip(TIES, tied, strict=True) if count},
        releases=_places(session, job.id, Release, ReleaseItem, ReleaseItem.release_id),
        studies=_places(session, job.id, Study, StudyItem, StudyItem.study_id),
        resembling=_resembling(session, job),
        answers=int(answers[0]),
        answers_staying=int(answers[1] or 0),
    )


def _counts(import_id: int) -> Select[*tuple[Any, ...]]:
    """One look at each example: its ties are asked for once."""
    held = select(*(case((holds(import_id), 1), else_=0).label(f"t{n}") for n, holds in enumerate(TIES.values())))
    ties = held.select_from(Candidate).where(Candidate.import_id == import_id).subquery()
    any_tie = case((or_(*(column == 1 for column in ties.c)), 1), else_=0)
    return select(func.count(), func.sum(any_tie), *(func.sum(column) for column in ties.c)).select_from(ties)


def _places(session: Session, import_id: int, place: Any, item: Any, place_id: Any) -> list[tuple[int, str, int]]:
    rows = session.execute(
        select(place.id, place.name, func.count(item.candidate_id.distinct()))
        .join(item, place_id == place.id)
        .join(Candidate, Candidate.id == item.candidate_id)
        .where(Candidate.import_id == import_id, item.project_id == Candidate.project_id)
        .group_by(place.id, place.name)
        .order_by(place.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _resembling(session: Session, job: Job) -> int:
    going = select(literal("candidate:") + cast(Candidate.id, String))
    going = going.where(Candidate.import_id == job.id, Candidate.in_pool, ~is_tied(job.id))
    other = aliased(Candidate)
    nearest = other.evidence["nearest", 0, "key"].as_string()
    return (
        session.scalar(
            select(func.count()).where(
                other.project_id == job.project_id,
                other.outcome == Outcome.REJECTED,
                other.rejected_by == Novelty.name,
                other.import_id.is_distinct_from(job.id),
                nearest.in_(going),
            )
        )
        or 0
    )
