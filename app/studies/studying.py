"""Studies looked up, opened and listed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.database import lock
from app.errors import Conflict, Forbidden, NotFound
from app.models.base import now
from app.models.events import record
from app.models.people import Membership, Person, Role
from app.models.studies import Assignment, AssignmentState, GivingOut, Study, StudyItem, StudyState
from app.rating.own_rubrics import rubric_at
from app.rating.rubric import Rubric

_ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a study is: first ratings of the sample that are done and wanted."""

    done: int
    wanted: int

    @property
    def share(self) -> float:
        """The share that is done, 0 to 1."""
        return min(1.0, self.done / self.wanted) if self.wanted else 0.0


@dataclass(frozen=True, slots=True)
class Worker:
    """One annotator of a study: ``done`` counts all that they answered, ``open`` what is before them or theirs."""

    person: Person
    done: int
    open: int


def study_in(session: Session, project_id: int, study_id: int, *, locked: bool = False) -> Study:
    """Return one study of a project, or raise NotFound. ``locked``: others that lock it wait for this transaction."""
    if locked:
        lock(session, Study, study_id)
    study = session.get(Study, study_id, populate_existing=locked)
    if study is None or study.project_id != project_id:
        raise NotFound("There is no such study in this project.")
    return study


def study_to_answer(session: Session, project_id: int, study_id: int) -> Study:
    """Return a study that nobody closes until this transaction ends; others may answer and get examples meanwhile."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(Study.id).where(Study.id == study_id).with_for_update(read=True, key_share=True))
    return study_in(session, project_id, study_id)


def study_to_close(session: Session, project_id: int, study_id: int) -> Study:
    """Return a study in which nobody answers until this transaction ends; what was answered before is there."""
    session.execute(select(Study.id).where(Study.id == study_id).with_for_update())
    return study_in(session, project_id, study_id)


def rubric_of(session: Session, study: Study) -> Rubric:
    """Return the questions of a study, in the version that it was planned with."""
    return rubric_at(session, study.project_id, study.rubric, study.rubric_version)


def studies_of(session: Session, project_id: int) -> list[tuple[Study, Standing]]:
    """Return a project's studies, newest first, with how far each is, in two queries."""
    studies = session.scalars(select(Study).where(Study.project_id == project_id).order_by(Study.id.desc())).all()
    standing = _standing(session, [study.id for study in studies])
    return [(study, standing.get(study.id, Standing(0, 0))) for study in studies]


def open_studies_for(session: Session, project_id: int, person_id: int) -> list[Study]:
    """Return the studies that somebody may rate in now, oldest first."""
    found = session.scalars(
        select(Study).where(Study.project_id == project_id, Study.state == StudyState.OPEN).order_by(Study.id)
    )
    return [study for study in found if may_rate(study, person_id)]


def standing_of(session: Session, study_id: int) -> Standing:
    """Return how far a study is."""
    return _standing(session, [study_id]).get(study_id, Standing(0, 0))


def workers_of(session: Session, study: Study) -> list[Worker]:
    """Return whoever has or had examples of a study, by name."""
    done = func.count().filter(Assignment.state == AssignmentState.DONE)
    open_ = func.count().filter(Assignment.state == AssignmentState.OPEN)
    rows = session.execute(
        select(Person, done, open_)
        .join(Assignment, Assignment.annotator_id == Person.id)
        .where(Assignment.study_id == study.id)
        .group_by(Person.id)
        .order_by(Person.name, Person.id)
    )
    return [Worker(*row) for row in rows]


def annotators_of(session: Session, project_id: int) -> Sequence[Person]:
    """Return the people of a project who rate in it, by name."""
    return session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.project_id == project_id, Membership.is_in, Membership.role != Role.VIEWER)
        .order_by(Person.name, Person.id)
    ).all()


def may_rate(study: Study, person_id: int) -> bool:
    """Return whether a member of the project is among those who rate in a study."""
    return not study.people or person_id in study.people


def check_may_rate(study: Study, person_id: int) -> None:
    """Raise Forbidden or Conflict where somebody can't rate in a study."""
    if not may_rate(study, person_id):
        raise Forbidden("This study is rated by other people.")
    if study.state is StudyState.PLANNED:
        raise Conflict("This study hasn’t begun yet. Come back when it is open.")
    if study.state is StudyState.CLOSED:
        raise Conflict("This study is closed. Thank you for your work!")


def open_study(session: Session, study: Study, actor_id: int) -> None:
    """Let people rate. With fixed examples everyone gets theirs now. Opening it twice changes nothing."""
    if study.state is StudyState.CLOSED:
        raise Conflict("This study is closed: its report is frozen. Plan another one.")
    if study.state is StudyState.OPEN:
        return
    study.state, study.opened_at = StudyState.OPEN, now()
    if study.giving_out is GivingOut.FIXED:
        _leave_out_who_left(session, study)
        _give_everyone_theirs(session, study)
    record(
        session,
        "study.opened",
        project_id=study.project_id,
        actor_id=actor_id,
        subject_id=study.id,
        after={"name": study.name},
    )


def _leave_out_who_left(session: Session, study: Study) -> None:
    """Whoever left since the study was planned gets nothing. Raises Conflict where too few are left."""
    here = {person.id for person in annotators_of(session, study.project_id)}
    study.people = [each for each in study.people if each in here]
    if len(study.people) < study.overlap:
        raise Conflict(
            f"{study.overlap} people are to rate each example, but {len(study.people)} of those chosen still rate in "
            "this project. Invite them again, or plan another study."
        )


def _give_everyone_theirs(session: Session, study: Study) -> None:
    """Deal the sample out like cards: nobody has more than one more than another."""
    items = session.scalars(
        select(StudyItem).where(StudyItem.study_id == study.id, StudyItem.wanted > 0).order_by(StudyItem.position)
    ).all()
    rows = []
    for place, item in enumerate(items):
        item.given = study.overlap
        for turn in range(study.overlap):
            person_id = study.people[(place * study.overlap + turn) % len(study.people)]
            row = {"study_item_id": item.id, "annotator_id": person_id, "state": AssignmentState.OPEN}
            rows.append({"project_id": study.project_id, "study_id": study.id, "number": 1, **row})
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        session.execute(insert(Assignment), rows[start : start + _ROWS_AT_ONCE])


def _standing(session: Session, study_ids: Sequence[int]) -> dict[int, Standing]:
    wanted = (
        select(StudyItem.study_id, func.sum(StudyItem.wanted).label("wanted"))
        .where(StudyItem.study_id.in_(study_ids))
        .group_by(StudyItem.study_id)
        .subquery()
    )
    done = (
        select(Assignment.study_id, func.count().label("done"))
        .join(StudyItem, StudyItem.id == Assignment.study_item_id)
        .where(
            Assignment.study_id.in_(study_ids),
            Assignment.state == AssignmentState.DONE,
            Assignment.number == 1,
            StudyItem.gold.is_(None),
        )
        .group_by(Assignment.study_id)
        .subquery()
    )
    rows = session.execute(
        select(wanted.c.study_id, func.coalesce(done.c.done, 0), wanted.c.wanted).outerjoin(
            done, done.c.study_id == wanted.c.study_id
        )
    )
    return {study_id: Standing(done, int(wanted)) for study_id, done, wanted in rows}
