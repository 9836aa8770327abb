"""Ratings: submitted, skipped, taken back. What was saved once is never lost and never counted twice."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Conflict, InvalidInput, NotFound
from app.models.base import now
from app.models.candidates import Candidate, Outcome, Rating
from app.models.events import record
from app.models.studies import Assignment
from app.rating.compared import check_shown
from app.rating.rubric import Rubric
from app.text import clean

# Why somebody may leave an example to others; no reason is fine, too.
SKIP_REASONS = {
    "cannot_tell": "I can’t tell",
    "knowledge": "It takes knowledge I don’t have",
    "language": "I don’t read this language",
    "upsetting": "I’d rather not read this",
}
RECENT = 20

_LONGEST_LOOK = 3_600.0
_TRIES = 10
# What counts outside of studies.
_FREE = (Rating.replaced_at.is_(None), Rating.assignment_id.is_(None))


@dataclass(frozen=True, slots=True)
class RatingForm:
    """What an annotator sends. ``version`` is the candidate's version that they saw; ``submission`` names this very
    answer, so that sending it again changes nothing. ``guidelines`` is the version that lay beside the example (None:
    the present one), ``shown`` the answers that were compared, from left to right: in a study it knows them itself."""

    version: int
    submission: str
    answers: Mapping[str, str]
    skipped: bool = False
    flagged: bool = False
    comment: str = ""
    seconds: float | None = None
    skip_reason: str = ""
    tags: tuple[str, ...] = ()
    shown: tuple[int, ...] = ()
    guidelines: int | None = None


def submit(
    session: Session,
    candidate: Candidate,
    rubric: Rubric,
    form: RatingForm,
    annotator_id: int,
    assignment: Assignment | None = None,
) -> Rating:
    """Store an annotator's answers on a candidate; an earlier rating of theirs on it gives way.

    With an ``assignment`` of a study it is the earlier rating of this assignment that gives way, and the version to be
    rated is the one of the sample, whatever became of the candidate since. The same submission again returns what it
    stored the first time. Raises InvalidInput where an answer is missing, and Conflict where the candidate was edited
    since it was shown.
    """
    submission = clean(form.submission, "submission", limit=64, required=True, lines=False)
    where = assignment.id if assignment else None
    mine = next((each for each in candidate.ratings if _is_of(each, annotator_id, where)), None)
    if mine is not None and mine.submission == submission:
        return mine
    try:
        rating = _rating(session, candidate, rubric, form, annotator_id, submission, assignment)
    except (Conflict, InvalidInput):
        if (same := session.scalar(_submitted(annotator_id, submission))) is not None:
            return same
        raise
    if not _store(session, rating, replaces=mine is not None):
        return session.scalars(_submitted(annotator_id, submission)).one()
    candidate.ratings.append(rating)
    _record(session, "rating.skipped" if form.skipped else "rating.saved", rating, after=_brief(rating))
    return rating


def valid_ratings(candidate: Candidate) -> tuple[int, int]:
    """Return how many ratings of the present version say whether all fields are valid, and how many find them so.

    Ratings of studies don't count: a study measures, it decides nothing.
    """
    present = [
        each
        for each in candidate.ratings
        if _counts(each)
        and each.assignment_id is None
        and each.all_valid is not None
        and each.candidate_version == candidate.version
    ]
    return len(present), sum(bool(each.all_valid) for each in present)


def _rating(
    session: Session,
    candidate: Candidate,
    rubric: Rubric,
    form: RatingForm,
    annotator_id: int,
    submission: str,
    assignment: Assignment | None,
) -> Rating:
    if candidate.outcome is not Outcome.KEPT and assignment is None:
        raise Conflict("This example was not kept, so it isn't rated.")
    version = assignment.item.candidate_version if assignment else candidate.version
    if form.version != version:
        raise Conflict("Somebody changed this example while you were reading. Look at it again, then answer.")
    shown = _shown(session, candidate, rubric, form, assignment)
    answers = {} if form.skipped else rubric.check(form.answers, len(shown))
    latest = candidate.project.guidelines_version
    return Rating(
        project_id=candidate.project_id,
        candidate_id=candidate.id,
        candidate_version=version,
        annotator_id=annotator_id,
        assignment_id=assignment.id if assignment else None,
        rubric=rubric.name,
        rubric_version=rubric.version,
        answers=answers,
        all_valid=None if form.skipped else rubric.all_valid(answers),
        skipped=form.skipped,
        skip_reason=_skip_reason(form),
        flagged=form.flagged,
        comment=clean(form.comment, "Comment", limit=4_000),
        tags=list(rubric.check_tags(form.tags)),
        shown=shown,
        guidelines_version=latest if form.guidelines is None else min(max(form.guidelines, 0), latest),
        seconds=_bounded(form.seconds),
        submission=submission,
    )


def _shown(
    session: Session, candidate: Candidate, rubric: Rubric, form: RatingForm, assignment: Assignment | None
) -> list[int]:
    if form.skipped:
        return []
    return list(form.shown) if assignment else check_shown(session, candidate, rubric, form.shown)


def _skip_reason(form: RatingForm) -> str:
    if not form.skipped or not form.skip_reason:
        return ""
    if form.skip_reason not in SKIP_REASONS:
        raise InvalidInput("Choose one of the reasons to skip, or none.", field="skip_reason")
    return form.skip_reason


def take_back(session: Session, rating: Rating) -> None:
    """Undo a rating: it stays stored but no longer counts. Doing it twice changes nothing."""
    if rating.replaced_at is None:
        rating.replaced_at = now()
        _record(session, "rating.taken_back", rating, before=_brief(rating))


def recent_ratings(session: Session, project_id: int, annotator_id: int) -> Sequence[tuple[Rating, Candidate]]:
    """Return the last 20 counting ratings and skips of an annotator, newest first: those they may take back."""
    found = session.execute(
        select(Rating, Candidate)
        .join(Candidate, Candidate.id == Rating.candidate_id)
        .where(Rating.annotator_id == annotator_id, Rating.project_id == project_id, *_FREE)
        .order_by(Rating.id.desc())
        .limit(RECENT)
    )
    return [(rating, candidate) for rating, candidate in found]


def rating_before(session: Session, project_id: int, annotator_id: int, candidate_id: int | None) -> Rating | None:
    """Return the counting rating that the annotator made before the one on ``candidate_id`` (None: their newest)."""
    mine = select(Rating).where(Rating.annotator_id == annotator_id, Rating.project_id == project_id, *_FREE)
    if candidate_id is not None and (present := counting_rating(session, candidate_id, annotator_id)) is not None:
        mine = mine.where(Rating.id < present.id)
    return session.scalar(mine.order_by(Rating.id.desc()).limit(1))


def rating_of(session: Session, project_id: int, rating_id: int, annotator_id: int) -> Rating:
    """Return one's own rating, or raise NotFound."""
    rating = session.get(Rating, rating_id)
    if rating is None or rating.project_id != project_id or rating.annotator_id != annotator_id:
        raise NotFound("There is no such rating of yours.")
    return rating


def counting_rating(session: Session, candidate_id: int, annotator_id: int) -> Rating | None:
    """Return the rating of one annotator on one candidate that counts, None where there is none."""
    return session.scalar(
        select(Rating).where(Rating.candidate_id == candidate_id, Rating.annotator_id == annotator_id, *_FREE)
    )


def _bounded(seconds: float | None) -> float | None:
    return None if seconds is None or math.isnan(seconds) else min(max(seconds, 0.0), _LONGEST_LOOK)


def _submitted(annotator_id: int, submission: str) -> Select[Rating]:
    return select(Rating).where(Rating.annotator_id == annotator_id, Rating.submission == submission)


def _counts(rating: Rating) -> bool:
    return rating.replaced_at is None


def _is_of(rating: Rating, annotator_id: int, assignment_id: int | None) -> bool:
    return _counts(rating) and rating.annotator_id == annotator_id and rating.assignment_id == assignment_id


def _store(session: Session, rating: Rating, *, replaces: bool) -> bool:
    """Put ``rating`` in the place of an earlier one. Returns False where another tab has just stored this very answer.

    Two tabs may race: the database lets one in, and the other then replaces it or finds its own answer there.
    """
    for _ in range(_TRIES):
        try:
            with session.begin_nested():
                if replaces:
                    _replace(session, rating)
                session.add(rating)
        except IntegrityError:
            if session.scalar(_submitted(rating.annotator_id, rating.submission)) is not None:
                return False
            replaces = True
        else:
            return True
    raise Conflict("This example is being answered in another tab. Reload to see what was saved.")


def _replace(session: Session, rating: Rating) -> None:
    session.execute(
        update(Rating)
        .where(
            Rating.candidate_id == rating.candidate_id,
            Rating.annotator_id == rating.annotator_id,
            Rating.assignment_id == rating.assignment_id,
            Rating.replaced_at.is_(None),
        )
        .values(replaced_at=now())
    )


def _brief(rating: Rating) -> dict[str, Any]:
    return {"rating": rating.id, "answers": rating.answers, "flagged": rating.flagged}


def _record(session: Session, kind: str, rating: Rating, **brief: dict[str, Any]) -> None:
    record(
        session,
        kind,
        project_id=rating.project_id,
        actor_id=rating.annotator_id,
        subject_id=rating.candidate_id,
        **brief,
    )
