"""What a project's studies hold for one person: what they have done, and whether anything is left for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.models.base import now
from app.models.people import Invitation
from app.models.studies import Assignment, AssignmentState, GivingOut, Study, StudyItem, StudyState
from app.studies.queue import ABANDONED_AFTER
from app.studies.studying import may_rate

_MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class OwnStudy:
    """A study that somebody may rate in or has rated in. ``asked`` is how many examples their crowd link asks for, None
    where none did; ``has_more`` says whether there is something for them now."""

    study: Study
    done: int
    has_more: bool
    asked: int | None = None

    @property
    def is_done(self) -> bool:
        """Whether they have rated what there was for them."""
        return self.done > 0 and not self.has_more

    @property
    def share(self) -> float:
        """The share of what they are asked for that is done, 0 to 1; without a number it is done or not."""
        return min(1.0, self.done / self.asked) if self.asked else float(self.is_done)


def own_studies(session: Session, project_id: int, person_id: int, link: Invitation | None = None) -> list[OwnStudy]:
    """Return the open studies that somebody may rate in and all they have rated in, newest first, in three queries.

    ``link`` is the crowd link that they came by, if any.
    """
    counts = _counts(session, project_id, person_id)
    rows = session.scalars(
        select(Study)
        .where(Study.project_id == project_id, or_(Study.state == StudyState.OPEN, Study.id.in_(counts)))
        .order_by(Study.id.desc())
        .limit(_MOST_LISTED)
    )
    studies = [study for study in rows if study.id in counts or may_rate(study, person_id)]
    waiting = _with_work(session, studies, person_id)
    found = []
    for study in studies:
        done, open_ = counts.get(study.id, (0, 0))
        asked = link.asked if link and link.study_id == study.id else None
        is_asked_more = asked is None or done + open_ < asked
        has_more = _is_going_on(study, person_id) and (asked is None or done < asked)
        has_more = has_more and bool(open_ or (study.id in waiting and is_asked_more))
        found.append(OwnStudy(study, done, has_more, asked))
    return found


def own_study(session: Session, link: Invitation, listed: Sequence[OwnStudy]) -> OwnStudy | None:
    """Return the one of ``listed`` that a crowd link leads into, None where it is for the project as a whole."""
    if link.study_id is None:
        return None
    found = next((each for each in listed if each.study.id == link.study_id), None)
    return found or OwnStudy(session.get_one(Study, link.study_id), 0, has_more=False, asked=link.asked)


def _is_going_on(study: Study, person_id: int) -> bool:
    return study.state is StudyState.OPEN and may_rate(study, person_id)


def _counts(session: Session, project_id: int, person_id: int) -> dict[int, tuple[int, int]]:
    """Return how much somebody has done and has before them, by study."""
    rows = session.execute(
        select(
            Assignment.study_id,
            func.count().filter(Assignment.state == AssignmentState.DONE),
            func.count().filter(Assignment.state == AssignmentState.OPEN),
        )
        .where(Assignment.project_id == project_id, Assignment.annotator_id == person_id)
        .group_by(Assignment.study_id)
    )
    return {study_id: (done, open_) for study_id, done, open_ in rows}


def _with_work(session: Session, studies: Sequence[Study], person_id: int) -> set[int]:
    """Return the ids of the studies that would give somebody another example now, see ``queue.next_assignment``."""
    mine, theirs = aliased(Assignment), aliased(Assignment)
    item = aliased(StudyItem)
    of_study = item.study_id == Study.id
    is_new = ~exists().where(mine.study_item_id == item.id, mine.annotator_id == person_id)
    free = exists().where(of_study, item.given < item.wanted, is_new).correlate(Study)
    left_lying = exists().where(
        of_study,
        item.gold.is_(None),
        theirs.study_item_id == item.id,
        theirs.state == AssignmentState.OPEN,
        theirs.number == 1,
        theirs.given_at < now() - ABANDONED_AFTER,
        is_new,
    )
    abandoned: ColumnElement[bool] = and_(Study.giving_out == GivingOut.SELF_SERVE, left_lying.correlate(Study))
    ids = [study.id for study in studies if study.state is StudyState.OPEN and not study.sentence]
    return set(session.scalars(select(Study.id).where(Study.id.in_(ids), or_(free, abandoned))))
