"""Invitations straight into one study: which studies take people in, and what becomes of whoever joins by one."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import lock
from app.errors import InvalidInput
from app.models.events import record
from app.models.people import Invitation, Role
from app.models.studies import GivingOut, Study, StudyState
from app.text import whole_number

_CLOSED = "“{name}” is closed. Choose another study, or none."
_DEALT = (
    "“{name}” gave all its examples out when it opened, so there is none for anybody new. Choose another study, or "
    "plan one where whoever comes takes the next example."
)
_LOOKS = "Viewers don’t rate, so they can’t be invited into a study. Choose another role, or no study."


def studies_to_join(session: Session, project_id: int) -> Sequence[Study]:
    """Return the studies that people can be invited into, newest first."""
    found = session.scalars(
        select(Study).where(Study.project_id == project_id, Study.state != StudyState.CLOSED).order_by(Study.id.desc())
    )
    return [study for study in found if takes_people_in(study)]


def takes_people_in(study: Study) -> bool:
    """Return whether somebody new can still come into a study: it isn't closed, and its examples aren't given out."""
    return study.state is not StudyState.CLOSED and not _is_dealt(study)


def study_of(session: Session, invitation: Invitation) -> Study | None:
    """Return the study that an invitation leads into, None where it leads into none."""
    return None if invitation.study_id is None else session.get_one(Study, invitation.study_id)


def study_names(session: Session, study_ids: Iterable[int | None]) -> dict[int, str]:
    """Return what studies are called, by id."""
    ids = {each for each in study_ids if each is not None}
    if not ids:
        return {}
    return {study.id: study.name for study in session.scalars(select(Study).where(Study.id.in_(ids)))}


def study_to_join(session: Session, project_id: int, typed: str, role: Role) -> int | None:
    """Return the id of the study that a form names, None where it names none. Raises InvalidInput where it takes nobody
    with this role in."""
    if not typed:
        return None
    number = whole_number(typed)
    study = None if number is None else session.get(Study, number)
    if study is None or study.project_id != project_id:
        raise InvalidInput("There is no such study in this project.", field="study")
    if not role.includes(Role.ANNOTATOR):
        raise InvalidInput(_LOOKS, field="role")
    if not takes_people_in(study):
        refusal = _CLOSED if study.state is StudyState.CLOSED else _DEALT
        raise InvalidInput(refusal.format(name=study.name), field="study")
    return study.id


def enter_study(session: Session, invitation: Invitation, person_id: int, role: Role) -> bool:
    """Let a member with ``role`` rate in the study of an invitation. Returns whether they couldn't before.

    A study that everybody in the project rates, is closed, or has given its examples out stays as it is.
    """
    if invitation.study_id is None or not role.includes(Role.ANNOTATOR):
        return False
    lock(session, Study, invitation.study_id)  # two who join at once are both added, and opening deals to both
    study = session.get_one(Study, invitation.study_id, populate_existing=True)
    is_new = bool(study.people) and person_id not in study.people
    if not is_new or not takes_people_in(study):
        return False
    study.people = sorted([*study.people, person_id])
    record(
        session,
        "study.joined",
        project_id=study.project_id,
        actor_id=person_id,
        subject_id=study.id,
        after={"name": study.name, "invitation": invitation.id},
    )
    return True


def why_not_now(study: Study, person_id: int | None = None) -> str:
    """Return why somebody invited into a study can't rate in it now, empty where they can. ``person_id``: None for
    somebody who has not joined yet."""
    is_outside = person_id is None or (bool(study.people) and person_id not in study.people)
    if study.state is StudyState.CLOSED:
        return f"The study “{study.name}” is closed already, so there is nothing left to rate in it."
    if is_outside and _is_dealt(study):
        return f"The study “{study.name}” gave all its examples out before you came."
    if is_outside and person_id is not None:
        return f"The study “{study.name}” is rated by other people. Ask whoever invited you to let you in."
    if study.state is StudyState.PLANNED:
        return f"The study “{study.name}” hasn’t begun yet. Come back later: “Your part” leads to it once it is open."
    return ""


def _is_dealt(study: Study) -> bool:
    """Whether everyone has their own examples already."""
    return study.giving_out is GivingOut.FIXED and study.state is not StudyState.PLANNED
