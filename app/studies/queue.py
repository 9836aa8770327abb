"""What somebody gets to rate next in a study, under any number of people at once.

Whoever gives something out holds the lock of the study on Postgres, and the write lock on SQLite: one after another.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, bindparam, func, or_, select, update
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from app.models.base import BigId, now
from app.models.studies import Assignment, AssignmentState, GivingOut, Study, StudyItem, StudyState
from app.people.crowd import asked_in_study
from app.people.members import left_out_of
from app.studies.looking import look
from app.studies.stopping import ALL
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
    """Return what an annotator is to rate next in a locked study; None where there is nothing, or it is closed.

    What lies open before them stays there until they answer. Asking again gives the same, but for the assignments that
    their page has loaded already: those are ``held``.
    """
    if len(held) > _MOST_HELD or study.state is not StudyState.OPEN:
        return None
    values = {"study": study.id, "annotator": annotator_id}
    if (mine := session.scalars(_OPEN, values | {"held": list(held)}).first()) is not None:
        mine.given_at = mine.given_at or now()
        return mine
    _end_early(session, study)
    if study.sentence:  # its plan says that enough is known
        return None
    item, number = _next_item(session, study, annotator_id)
    return None if item is None else _give(session, study, item, annotator_id, number)


def _end_early(session: Session, study: Study) -> None:
    """Let the study end where its plan says that enough is known, as its report would count."""
    if study.sentence or study.plan["stop"] == ALL:
        return
    seen = look(session, study, left_out_of(session, study.project_id))
    if seen is not None and seen.is_over:
        study.sentence = seen.sentence


def _next_item(session: Session, study: Study, annotator_id: int) -> tuple[StudyItem | None, int]:
    has_extras = bool(study.gold or study.repeats)
    had = _had_by(session, study.id, annotator_id) if has_extras else _Done(0, 0, 0)
    is_due = is_extra_due(had.sample, had.gold + had.repeats)
    if is_due and (extra := _extra(session, study, annotator_id, had)) is not None:
        return extra
    item = _free_for(session, study.id, annotator_id)
    if item is None and study.giving_out is GivingOut.SELF_SERVE:
        item = _take_abandoned(session, study.id, annotator_id)
    if item is None and had.gold < study.gold and had.sample:
        item = session.scalars(_GOLD, {"study": study.id, "annotator": annotator_id}).first()
    return item, 1


def is_extra_due(sample: int, extras: int) -> bool:
    """Return whether a known answer or a silent repeat comes next, after so many of the sample and of these."""
    return sample // BETWEEN_EXTRAS > extras


def _extra(session: Session, study: Study, annotator_id: int, had: _Done) -> tuple[StudyItem, int] | None:
    """Known answers come first, then what the annotator rated earliest of what they have seen once."""
    whose = {"study": study.id, "annotator": annotator_id}
    if had.gold < study.gold and (item := session.scalars(_GOLD, whose).first()) is not None:
        return item, 1
    if had.repeats < study.repeats and had.sample >= _FAR_BACK + had.repeats:
        item = session.scalars(_SEEN_ONCE, whose).first()
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
    set_committed_value(assignment, "item", item)  # or it would be read once more
    session.add(assignment)
    count_given(session, item, number, by=1)
    session.flush()
    return assignment


def count_given(session: Session, item: StudyItem, number: int, *, by: int) -> None:
    """Count that one more or one fewer person has an example of the sample; extras aren't counted."""
    if by and number == 1 and item.gold is None:
        session.execute(_COUNT_GIVEN, {"item": item.id, "by": by})


def _free_for(session: Session, study_id: int, annotator_id: int) -> StudyItem | None:
    """Return the first example that fewer people have than are to, behind the one that they answered last and around.

    So an example has all its ratings before many others are begun, and a study that ends early has some overlap.
    """
    values = {"study": study_id, "annotator": annotator_id}
    return session.scalars(_FREE_BEHIND, values).first() or session.scalars(_FREE, values).first()


def _take_abandoned(session: Session, study_id: int, annotator_id: int) -> StudyItem | None:
    """Return what somebody else left lying open for long, and release it: they may still answer it.

    Their answer may come at this very moment. It locks the item, too, so it is over before, or comes after.
    """
    before = now() - ABANDONED_AFTER
    values = {"study": study_id, "annotator": annotator_id, "before": before}
    while (left_id := session.scalars(_ABANDONED, values).first()) is not None:
        left = session.scalars(_LEFT_OPEN, {"assignment": left_id, "before": before}).one_or_none()
        if left is not None:
            left.state, left.done_at = AssignmentState.RELEASED, None
            count_given(session, left.item, left.number, by=-1)
            return left.item
    return None


def _had_by(session: Session, study_id: int, annotator_id: int) -> _Done:
    return _Done(*session.execute(_HAD, {"study": study_id, "annotator": annotator_id}).one())


# The queries are made once: some are asked after every answer, and making one takes longer than asking it.
_STUDY: BindParameter[int] = bindparam("study", type_=BigId)
_ANNOTATOR: BindParameter[int] = bindparam("annotator", type_=BigId)
_mine, _again, _last = aliased(Assignment), aliased(Assignment), aliased(StudyItem)
_is_theirs = (Assignment.study_id == _STUDY, Assignment.annotator_id == _ANNOTATOR)
_has_had = (
    select(_mine.id)
    .where(_mine.study_item_id == StudyItem.id, _mine.annotator_id == _ANNOTATOR)
    .correlate(StudyItem)
    .exists()
)

# Whether somebody has had fewer examples than their crowd link asks for; what they skipped isn't counted.
_asked = asked_in_study(_STUDY, _ANNOTATOR)
_had = select(func.count()).where(*_is_theirs, Assignment.state != AssignmentState.RELEASED).correlate(None)
_is_asked_more = or_(_asked.is_(None), _had.scalar_subquery() < _asked)

_OPEN = (
    select(Assignment)
    .join(StudyItem, StudyItem.id == Assignment.study_item_id)
    .options(joinedload(Assignment.item).joinedload(StudyItem.candidate))
    .where(
        *_is_theirs,
        Assignment.state == AssignmentState.OPEN,
        Assignment.id.not_in(bindparam("held", expanding=True)),
    )
    .order_by(Assignment.given_at.is_(None), Assignment.given_at, StudyItem.position)
    .limit(1)
)
_items = (
    select(StudyItem)
    .options(joinedload(StudyItem.candidate))
    .where(StudyItem.study_id == _STUDY, _is_asked_more)
    .order_by(StudyItem.position)
    .limit(1)
)
_FREE = _items.where(StudyItem.given < StudyItem.wanted, ~_has_had)
_last_position = (
    select(_last.position)
    .join(Assignment, Assignment.study_item_id == _last.id)
    .where(*_is_theirs, Assignment.state == AssignmentState.DONE, Assignment.number == 1, _last.gold.is_(None))
    .order_by(Assignment.id.desc())
    .limit(1)
    .scalar_subquery()
)
_FREE_BEHIND = _FREE.where(StudyItem.position > func.coalesce(_last_position, -1))
_GOLD = _items.where(StudyItem.gold.is_not(None), ~_has_had)
_SEEN_ONCE = (
    select(StudyItem)
    .join(Assignment, Assignment.study_item_id == StudyItem.id)
    .options(joinedload(StudyItem.candidate))
    .where(
        *_is_theirs,
        Assignment.state == AssignmentState.DONE,
        Assignment.number == 1,
        StudyItem.gold.is_(None),
        ~select(_again.id)
        .where(_again.study_item_id == StudyItem.id, _again.annotator_id == _ANNOTATOR, _again.number > 1)
        .exists(),
        _is_asked_more,
    )
    .order_by(Assignment.done_at, Assignment.id)
    .limit(1)
)
_is_left_open = (Assignment.state == AssignmentState.OPEN, Assignment.given_at < bindparam("before"))
# It locks the item and finds the assignment as it was before; what is there now is read under the lock.
_ABANDONED = (
    select(Assignment.id)
    .join(StudyItem, StudyItem.id == Assignment.study_item_id)
    .where(
        Assignment.study_id == _STUDY,
        *_is_left_open,
        Assignment.number == 1,
        StudyItem.gold.is_(None),
        ~_has_had,
        _is_asked_more,
    )
    .order_by(Assignment.given_at)
    .limit(1)
    .with_for_update(of=StudyItem, key_share=True, skip_locked=True)
)
_LEFT_OPEN = (
    select(Assignment)
    .options(joinedload(Assignment.item).joinedload(StudyItem.candidate))
    .where(Assignment.id == bindparam("assignment"), *_is_left_open)
    .execution_options(populate_existing=True)
)
_HAD = (
    select(
        func.count().filter(Assignment.number == 1, StudyItem.gold.is_(None), Assignment.state == AssignmentState.DONE),
        func.count().filter(Assignment.number == 1, StudyItem.gold.is_not(None)),
        func.count().filter(Assignment.number > 1),
    )
    .join(StudyItem, StudyItem.id == Assignment.study_item_id)
    .where(*_is_theirs)
)
_COUNT_GIVEN = (
    update(StudyItem)
    .where(StudyItem.id == bindparam("item"))
    .values(given=StudyItem.given + bindparam("by"))
    .execution_options(synchronize_session=False)
)
