"""What a project's studies hold for one person: what they have done, and whether anything is left for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from app.models.base import now
from app.models.people import Invitation
from app.models.studies import Assignment, AssignmentState, GivingOut, Study, StudyItem, StudyState
from app.studies.queue import ABANDONED_AFTER, is_extra_due
from app.studies.studying import may_rate

_MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class OwnStudy:
    """A study that somebody may rate in or has rated in. ``asked`` is how many examples their crowd link asks for, None
    where none did; ``has_more`` says whether there is something for them now, ``may_come`` whether others have examples
    that may come to them. Of what they ``skipped`` there is the number, and the assignment to go back to."""

    study: Study
    done: int
    has_more: bool
    asked: int | None = None
    may_come: bool = False
    skipped: int = 0
    skipped_id: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more is wanted of anybody: the study is closed, or enough is known."""
        return self.study.state is StudyState.CLOSED or bool(self.study.sentence)

    @property
    def is_done(self) -> bool:
        """Whether they have rated what they were asked for, or all that there was for them: what they skipped was."""
        if not self.done or self.has_more:
            return False
        if self.is_over or (self.asked is not None and self.done >= self.asked):
            return True
        return not self.skipped and (self.asked is None or not self.may_come)

    @property
    def share(self) -> float:
        """The share of what they are asked for that is done, 0 to 1; without a number it is done or not."""
        return min(1.0, self.done / self.asked) if self.asked else float(self.is_done)


@dataclass(frozen=True, slots=True)
class _Had:
    """What somebody has had in a study: ``sample`` counts their answers to the sample proper, ``gold`` and ``repeats``
    the extras that they were given."""

    done: int = 0
    open: int = 0
    skipped: int = 0
    skipped_id: int | None = None
    sample: int = 0
    gold: int = 0
    repeats: int = 0

    def has_extra(self, study: Study) -> bool:
        """Return whether the queue has an example with a known answer or a silent repeat for them: the former come at
        the end at the latest, the latter only where one is due."""
        is_due = is_extra_due(self.sample, self.gold + self.repeats)
        return (self.gold < study.gold and self.sample > 0) or (self.repeats < study.repeats and is_due)


def own_studies(session: Session, project_id: int, person_id: int, link: Invitation | None = None) -> list[OwnStudy]:
    """Return the open studies that somebody may rate in and all they have rated in, newest first, in three queries.

    ``link`` is the crowd link that they came by, if any: where it is for one study, they rate in no other.
    """
    had = _had(session, project_id, person_id)
    rows = session.scalars(
        select(Study)
        .where(Study.project_id == project_id, or_(Study.state == StudyState.OPEN, Study.id.in_(had)))
        .order_by(Study.id.desc())
        .limit(_MOST_LISTED)
    )
    studies = [study for study in rows if study.id in had or _is_for(study, person_id, link)]
    waiting = _waiting(session, studies, person_id)
    return [
        _own(study, person_id, had.get(study.id, _Had()), waiting.get(study.id, (False, False)), link)
        for study in studies
    ]


def _is_for(study: Study, person_id: int, link: Invitation | None) -> bool:
    only = link.study_id if link else None
    return may_rate(study, person_id) and only in {None, study.id}


def _own(study: Study, person_id: int, had: _Had, waiting: tuple[bool, bool], link: Invitation | None) -> OwnStudy:
    """``waiting``: whether an example of the sample is there for them now, and whether one may come."""
    asked = link.asked if link and link.study_id == study.id else None
    is_going_on = study.state is StudyState.OPEN and _is_for(study, person_id, link)
    is_asked = asked is None or had.done < asked
    is_given_more = not study.sentence and (asked is None or had.done + had.open < asked)
    has_more = bool(had.open) or (is_given_more and (waiting[0] or had.has_extra(study)))
    return OwnStudy(
        study,
        had.done,
        is_going_on and is_asked and has_more,
        asked,
        is_going_on and is_given_more and waiting[1],
        had.skipped,
        had.skipped_id,
    )


def own_study(session: Session, link: Invitation, listed: Sequence[OwnStudy]) -> OwnStudy | None:
    """Return the one of ``listed`` that a crowd link leads into, None where it is for the project as a whole."""
    if link.study_id is None:
        return None
    found = next((each for each in listed if each.study.id == link.study_id), None)
    return found or OwnStudy(session.get_one(Study, link.study_id), 0, has_more=False, asked=link.asked)


def _had(session: Session, project_id: int, person_id: int) -> dict[int, _Had]:
    """Return what somebody has had, by study."""
    is_done, is_first = Assignment.state == AssignmentState.DONE, Assignment.number == 1
    is_skipped = and_(Assignment.state == AssignmentState.RELEASED, Assignment.done_at.is_not(None))
    rows = session.execute(
        select(
            Assignment.study_id,
            func.count().filter(is_done),
            func.count().filter(Assignment.state == AssignmentState.OPEN),
            func.count().filter(is_skipped),
            func.min(Assignment.id).filter(is_skipped),
            func.count().filter(is_done, is_first, StudyItem.gold.is_(None)),
            func.count().filter(is_first, StudyItem.gold.is_not(None)),
            func.count().filter(~is_first),
        )
        .join(StudyItem, StudyItem.id == Assignment.study_item_id)
        .where(Assignment.project_id == project_id, Assignment.annotator_id == person_id)
        .group_by(Assignment.study_id)
    )
    return {study_id: _Had(*counts) for study_id, *counts in rows}


def _waiting(session: Session, studies: Sequence[Study], person_id: int) -> dict[int, tuple[bool, bool]]:
    """Return of each study that goes on whether there is another example of its sample for somebody now, and whether
    one that lies before somebody else may come to them, see ``queue.next_assignment``."""
    mine, theirs = aliased(Assignment), aliased(Assignment)
    item = aliased(StudyItem)
    of_study = item.study_id == Study.id
    is_new = ~exists().where(mine.study_item_id == item.id, mine.annotator_id == person_id)
    free = _is_any(of_study, item.given < item.wanted, is_new)
    lies_with_others = (
        of_study,
        item.gold.is_(None),
        theirs.study_id == Study.id,
        theirs.study_item_id == item.id,
        theirs.state == AssignmentState.OPEN,
        theirs.number == 1,
        is_new,
    )
    is_left = theirs.given_at < now() - ABANDONED_AFTER
    may_change_hands = Study.giving_out == GivingOut.SELF_SERVE
    left_lying = and_(may_change_hands, _is_any(*lies_with_others, is_left))
    may_come = and_(may_change_hands, _is_any(*lies_with_others))
    ids = [study.id for study in studies if study.state is StudyState.OPEN and not study.sentence]
    rows = session.execute(select(Study.id, or_(free, left_lying), may_come).where(Study.id.in_(ids)))
    return {study_id: (bool(is_there), bool(comes)) for study_id, is_there, comes in rows}


def _is_any(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a study has any. An ``exists`` in its place has Postgres list those of all studies there are."""
    return select(literal(1)).where(*where).limit(1).correlate(Study).scalar_subquery().is_not(None)
