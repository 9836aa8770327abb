"""How far the people of a project are with rating, and how fast."""

import datetime as dt
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, Subquery, func, select
from sqlalchemy.orm import Session, joinedload

from app.csv_lines import csv_line
from app.errors import NotFound
from app.models.candidates import Candidate, Outcome, Rating
from app.models.people import Invitation, Membership, Role
from app.models.studies import Assignment, AssignmentState
from app.people.questionnaire import QUESTIONS
from app.rating.progress import Progress


@dataclass(frozen=True, slots=True)
class Pace:
    """How far somebody is. ``progress`` is that outside of studies, ``in_studies`` what they rated there.

    ``seconds``: the median that they looked at an example, None where nothing was timed. ``seen_at`` is when they rated
    last, None where they never did.
    """

    progress: Progress
    seconds: float | None
    seen_at: dt.datetime | None
    in_studies: int = 0

    @property
    def rated(self) -> int:
        """How many examples they have rated in all."""
        return self.progress.rated + self.in_studies


@dataclass(frozen=True, slots=True)
class Part:
    """A member with how far they are. ``asked`` is how many examples their crowd link asks for, None: all there are.

    ``study_id`` is the study that they were invited into, None for the project as a whole; ``in_study`` what they rated
    in it.
    """

    member: Membership
    pace: Pace
    asked: int | None = None
    study_id: int | None = None
    in_study: int = 0

    @property
    def rates(self) -> bool:
        """Whether rating is what they are here for, or have done."""
        return self.member.role is Role.ANNOTATOR or self.pace.seen_at is not None

    @property
    def left(self) -> int | None:
        """How many examples are left for them; None in a study that asks for no number: it depends on the others."""
        if self.study_id is not None:
            return None if self.asked is None else max(0, self.asked - self.in_study)
        return self.pace.progress.asked_for(self.asked).left

    @property
    def share(self) -> float | None:
        """The share of their work that is done, 0 to 1; None where it isn't known how much that is."""
        if self.left is None:
            return None
        progress = self.pace.progress
        done = self.in_study if self.study_id is not None else progress.rated + progress.skipped
        return done / (done + self.left) if done + self.left else 1.0

    @property
    def is_done(self) -> bool:
        """Whether they have done what they came for, as far as that is a number."""
        return self.pace.seen_at is not None and self.left == 0


def parts_of(session: Session, project_id: int, person_id: int | None = None) -> list[Part]:
    """Return the members of a project in the order in which they joined, or one of them, each with how far they are."""
    kept = _kept(session, project_id)
    paces, nothing = _paces(session, project_id, kept, person_id), Pace(Progress(0, 0, kept), None, None)
    rows = (
        select(Membership, Invitation.asked, Invitation.study_id, _done_in_study())
        .outerjoin(Invitation, Invitation.id == Membership.invitation_id)
        .options(joinedload(Membership.person))
        .where(Membership.project_id == project_id, Membership.is_in)
        .order_by(Membership.id)
    )
    if person_id is not None:
        rows = rows.where(Membership.person_id == person_id)
    return [
        Part(member, paces.get(member.person_id, nothing), asked, study_id, in_study)
        for member, asked, study_id, in_study in session.execute(rows)
    ]


def part_of(session: Session, project_id: int, person_id: int) -> Part:
    """Return one member with how far they are, or raise NotFound."""
    parts = parts_of(session, project_id, person_id)
    if not parts:
        raise NotFound("There is no such member in this project.")
    return parts[0]


def write_members(parts: Sequence[Part], completed: Container[int] = ()) -> str:
    """Return the members with their progress and what they said of themselves, as CSV with a heading.

    ``completed`` holds the numbers of the people whose completion code counts now.
    """
    about = [question.name for question in QUESTIONS]
    head = ["person", "name", "external_id", "role", "rated", "in_studies", "skipped", "left", "median_seconds"]
    lines = [csv_line(*head, "last_rated_at", "paused", "left_out", "asked", "completed", *about)]
    for part in parts:
        member, pace = part.member, part.pace
        row = [member.person_id, member.person.name, member.external_id, member.role.value, pace.rated]
        row += [pace.in_studies, pace.progress.skipped, part.left if part.rates else 0]
        row += [None if pace.seconds is None else f"{pace.seconds:.1f}", pace.seen_at and pace.seen_at.isoformat()]
        row += ["yes" if member.is_paused else "no", "yes" if member.left_out_at else "no"]
        row += [part.asked, "yes" if member.person_id in completed else "no"] if member.external_id else [None, None]
        lines.append(csv_line(*row, *(member.about.get(name) for name in about)))
    return "".join(lines)


def _done_in_study() -> ScalarSelect[int]:
    """How much a member has rated in the study that they were invited into."""
    return (
        select(func.count())
        .where(
            Assignment.study_id == Invitation.study_id,
            Assignment.annotator_id == Membership.person_id,
            Assignment.state == AssignmentState.DONE,
        )
        .correlate(Invitation, Membership)
        .scalar_subquery()
    )


def times_in_study(session: Session, study_id: int) -> dict[int, tuple[float | None, dt.datetime]]:
    """Return for whoever rated in a study the median seconds at an example, None where nothing was timed, and when they
    rated last; with checks, repeats and skips, as its report has them."""
    in_study = select(Assignment.id).where(Assignment.study_id == study_id)
    each = _timed(Rating.assignment_id.in_(in_study)).subquery()
    query = select(each.c.annotator_id, _median(each), func.max(each.c.created_at)).group_by(each.c.annotator_id)
    return {person_id: (_seconds(median), at) for person_id, median, at in session.execute(query)}


def _paces(session: Session, project_id: int, kept: int, person_id: int | None) -> dict[int, Pace]:
    """The pace of everybody who has rated, or of one person, in one query."""
    mine = () if person_id is None else (Rating.annotator_id == person_id,)
    rows = _timed(Rating.project_id == project_id, *mine).join(Candidate, Candidate.id == Rating.candidate_id)
    each = rows.add_columns(
        Rating.skipped,
        (Rating.candidate_version == Candidate.version).label("is_current"),
        Rating.assignment_id.is_(None).label("is_free"),
    ).subquery()
    query = select(
        each.c.annotator_id,
        func.count().filter(~each.c.skipped, each.c.is_free),
        func.count().filter(each.c.skipped, each.c.is_free),
        func.count().filter(each.c.is_current, each.c.is_free),
        func.count().filter(~each.c.skipped, ~each.c.is_free),
        _median(each),
        func.max(each.c.created_at),
    ).group_by(each.c.annotator_id)
    return {
        annotator_id: Pace(Progress.of(rated, skipped, current, kept), _seconds(median), at, in_studies)
        for annotator_id, rated, skipped, current, in_studies, median, at in session.execute(query)
    }


def _timed(*where: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Counting ratings, each with its place among the same person's by the time that it took."""
    place = func.row_number().over(
        partition_by=Rating.annotator_id, order_by=(Rating.seconds.is_(None), Rating.seconds)
    )
    timed = func.count(Rating.seconds).over(partition_by=Rating.annotator_id)
    return select(
        Rating.annotator_id, Rating.seconds, Rating.created_at, place.label("place"), timed.label("timed")
    ).where(Rating.replaced_at.is_(None), *where)


def _median(each: Subquery) -> ColumnElement[Any]:
    """The mean of the middle two."""
    is_middle = (each.c.place * 2 >= each.c.timed) & (each.c.place * 2 <= each.c.timed + 2)
    return func.avg(each.c.seconds).filter(is_middle)


def _seconds(median: Any) -> float | None:
    return None if median is None else float(median)


def _kept(session: Session, project_id: int) -> int:
    query = select(func.count()).where(Candidate.project_id == project_id, Candidate.outcome == Outcome.KEPT)
    return session.scalar(query) or 0
