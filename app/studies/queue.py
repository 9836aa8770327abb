"""What somebody gets to rate next in a study, under any number of people at once.

Whoever gives something out holds the lock of the study on Postgres, and the write lock on SQLite: one after another.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ScalarSelect, Select, func, or_, select, update
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.sql.elements import ColumnElement

from app.models.base import now
from app.models.studies import Assignment, AssignmentState, GivingOut, Study, StudyItem
from app.people.crowd import asked_in_study
from app.studies.looking import look
from app.studies.tie_breaks import asked_of_next

# What lies open longer than this is given to others who have nothing else left.
ABANDONED_AFTER = dt.timedelta(minutes=30)
# So many examples of the sample come between those with known answers and silent repeats.
BETWEEN_EXTRAS = 5
_FAR_BACK = 5
# A page shows one and loads two ahead; what was answered may be on its way.
_MOST_HELD = 10


@dataclass(frozen=True, slots=True)
class _Done:
    """What one annotator has had: of the sample, in examples with known answers, and again."""

    sample: int
    gold: int
    repeats: int


def next_assignment(session: Session, study: Study, annotator_id: int, held: Sequence[int] = ()) -> Assignment | None:
    """Return what an annotator is to rate next in a locked, open study; None where there is nothing for them.

    What lies open before them stays there until they answer. Asking again gives the same, but for the assignments that
    their page has loaded already: those are ``held``.
    """
    if len(held) > _MOST_HELD:
        return None
    if (mine := session.scalars(_open_of(study.id, annotator_id, held)).first()) is not None:
        mine.given_at = mine.given_at or now()
        return mine
    if not study.sentence and (seen := look(session, study)) is not None and seen.is_over:
        study.sentence = seen.sentence
    if study.sentence:  # its plan says that enough is known
        return None
    item, number = _next_item(session, study, annotator_id)
    return None if item is None else _give(session, study, item, annotator_id, number)


def _next_item(session: Session, study: Study, annotator_id: int) -> tuple[StudyItem | None, int]:
    has_extras = bool(study.gold or study.repeats)
    had = _had(session, study.id, annotator_id) if has_extras else _Done(0, 0, 0)
    is_due = had.sample // BETWEEN_EXTRAS > had.gold + had.repeats
    if is_due and (extra := _extra(session, study, annotator_id, had)) is not None:
        return extra
    item = _free_for(session, study.id, annotator_id)
    if item is None and study.giving_out is GivingOut.SELF_SERVE:
        item = _take_abandoned(session, study.id, annotator_id)
    if item is None and had.gold < study.gold and had.sample:
        item = session.scalars(_gold_for(study.id, annotator_id)).first()
    return item, 1


def _extra(session: Session, study: Study, annotator_id: int, had: _Done) -> tuple[StudyItem, int] | None:
    """Known answers come first, then what the annotator rated earliest of what they have seen once."""
    if had.gold < study.gold and (item := session.scalars(_gold_for(study.id, annotator_id)).first()) is not None:
        return item, 1
    if had.repeats < study.repeats and had.sample >= _FAR_BACK + had.repeats:
        item = session.scalars(_seen_once_by(study.id, annotator_id)).first()
        return None if item is None else (item, 2)
    return None


def _give(session: Session, study: Study, item: StudyItem, annotator_id: int, number: int) -> Assignment:
    assignment = Assignment(
        project_id=study.project_id,
        study_id=study.id,
        study_item_id=item.id,
        annotator_id=annotator_id,
        number=number,
        asked=asked_of_next(session, study, item) if number == 1 else None,
        given_at=now(),
    )
    session.add(assignment)
    count_given(session, item, number, by=1)
    session.flush()
    return assignment


def count_given(session: Session, item: StudyItem, number: int, *, by: int) -> None:
    """Count that one more or one fewer person has an example of the sample; extras aren't counted."""
    if number == 1 and item.gold is None:
        session.execute(update(StudyItem).where(StudyItem.id == item.id).values(given=StudyItem.given + by))


def _open_of(study_id: int, annotator_id: int, held: Sequence[int]) -> Select[Assignment]:
    return (
        select(Assignment)
        .join(StudyItem, StudyItem.id == Assignment.study_item_id)
        .options(joinedload(Assignment.item).joinedload(StudyItem.candidate))
        .where(
            Assignment.study_id == study_id,
            Assignment.annotator_id == annotator_id,
            Assignment.state == AssignmentState.OPEN,
            Assignment.id.not_in(held),
        )
        .order_by(Assignment.given_at.is_(None), Assignment.given_at, StudyItem.position)
        .limit(1)
    )


def _free_for(session: Session, study_id: int, annotator_id: int) -> StudyItem | None:
    """Return the first example that fewer people have than are to, behind the one that they answered last and around.

    So an example has all its ratings before many others are begun, and a study that ends early has some overlap.
    """
    free = (
        select(StudyItem)
        .where(
            StudyItem.study_id == study_id,
            StudyItem.given < StudyItem.wanted,
            ~_has_had(annotator_id),
            _is_asked_more(study_id, annotator_id),
        )
        .order_by(StudyItem.position)
        .limit(1)
    )
    last = func.coalesce(_last_position_of(study_id, annotator_id), -1)
    ahead = session.scalars(free.where(StudyItem.position > last)).first()
    return ahead or session.scalars(free).first()


def _last_position_of(study_id: int, annotator_id: int) -> ScalarSelect[int]:
    item = aliased(StudyItem)
    return (
        select(item.position)
        .join(Assignment, Assignment.study_item_id == item.id)
        .where(
            Assignment.study_id == study_id,
            Assignment.annotator_id == annotator_id,
            Assignment.state == AssignmentState.DONE,
            Assignment.number == 1,
            item.gold.is_(None),
        )
        .order_by(Assignment.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _gold_for(study_id: int, annotator_id: int) -> Select[StudyItem]:
    return (
        select(StudyItem)
        .where(
            StudyItem.study_id == study_id,
            StudyItem.gold.is_not(None),
            ~_has_had(annotator_id),
            _is_asked_more(study_id, annotator_id),
        )
        .order_by(StudyItem.position)
        .limit(1)
    )


def _seen_once_by(study_id: int, annotator_id: int) -> Select[StudyItem]:
    again = aliased(Assignment)
    repeated = select(again.id).where(
        again.study_item_id == StudyItem.id, again.annotator_id == annotator_id, again.number > 1
    )
    return (
        select(StudyItem)
        .join(Assignment, Assignment.study_item_id == StudyItem.id)
        .where(
            Assignment.study_id == study_id,
            Assignment.annotator_id == annotator_id,
            Assignment.state == AssignmentState.DONE,
            Assignment.number == 1,
            StudyItem.gold.is_(None),
            ~repeated.exists(),
            _is_asked_more(study_id, annotator_id),
        )
        .order_by(Assignment.done_at, Assignment.id)
        .limit(1)
    )


def _take_abandoned(session: Session, study_id: int, annotator_id: int) -> StudyItem | None:
    """Return what somebody else left lying open for long, and release it: they may still answer it."""
    left = session.scalars(
        select(Assignment)
        .join(StudyItem, StudyItem.id == Assignment.study_item_id)
        .options(joinedload(Assignment.item))
        .where(
            Assignment.study_id == study_id,
            Assignment.state == AssignmentState.OPEN,
            Assignment.given_at < now() - ABANDONED_AFTER,
            Assignment.number == 1,
            StudyItem.gold.is_(None),
            ~_has_had(annotator_id),
            _is_asked_more(study_id, annotator_id),
        )
        .order_by(Assignment.given_at)
        .limit(1)
    ).first()
    if left is None:
        return None
    left.state = AssignmentState.RELEASED
    count_given(session, left.item, left.number, by=-1)
    return left.item


def _has_had(annotator_id: int) -> ColumnElement[bool]:
    mine = aliased(Assignment)
    return (
        select(mine.id)
        .where(mine.study_item_id == StudyItem.id, mine.annotator_id == annotator_id)
        .correlate(StudyItem)
        .exists()
    )


def _is_asked_more(study_id: int, annotator_id: int) -> ColumnElement[bool]:
    """Whether somebody has had fewer examples than their crowd link asks for; what they skipped isn't counted."""
    asked = asked_in_study(study_id, annotator_id)
    had = select(func.count()).where(
        Assignment.study_id == study_id,
        Assignment.annotator_id == annotator_id,
        Assignment.state != AssignmentState.RELEASED,
    )
    return or_(asked.is_(None), had.correlate(None).scalar_subquery() < asked)


def _had(session: Session, study_id: int, annotator_id: int) -> _Done:
    first = Assignment.number == 1
    row = session.execute(
        select(
            func.count().filter(first, StudyItem.gold.is_(None), Assignment.state == AssignmentState.DONE),
            func.count().filter(first, StudyItem.gold.is_not(None)),
            func.count().filter(Assignment.number > 1),
        )
        .join(StudyItem, StudyItem.id == Assignment.study_item_id)
        .where(Assignment.study_id == study_id, Assignment.annotator_id == annotator_id)
    ).one()
    return _Done(*row)
