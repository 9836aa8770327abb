"""Members as owners manage them: paused, left out of reports, and helped back in."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.database import lock
from app.errors import Forbidden, NotFound
from app.models.base import now
from app.models.events import record
from app.models.people import LinkPurpose, Membership, Person
from app.models.projects import Project
from app.people.links import may_let_in, new_link

_NOT_YOURS = (
    "{name} is in projects that you don’t own, or runs this Tamis, so a link from you would open more than yours. "
    "Ask whoever runs this Tamis for one."
)


def member_in(session: Session, project_id: int, member_id: int) -> Membership:
    """Return a member of a project with their person, or raise NotFound."""
    member = session.get(Membership, member_id, options=[joinedload(Membership.person)], populate_existing=True)
    if member is None or member.project_id != project_id or not member.is_in:
        raise NotFound("There is no such member in this project.")
    return member


def membership_of(session: Session, project_id: int, person_id: int) -> Membership:
    """Return somebody's own membership, or raise NotFound."""
    found = session.scalar(
        select(Membership).where(
            Membership.project_id == project_id, Membership.person_id == person_id, Membership.is_in
        )
    )
    if found is None:
        raise NotFound("There is no such member in this project.")
    return found


def pause_member(session: Session, project_id: int, member_id: int, *, paused: bool, actor_id: int) -> Membership:
    """Stop a member from rating, or let them go on. What they rated stays. Doing it twice changes nothing."""
    lock(session, Project, project_id)
    member = member_in(session, project_id, member_id)
    if member.is_paused is not paused:
        member.paused_at = now() if paused else None
        _record(session, "member.paused" if paused else "member.resumed", member, actor_id)
    return member


def leave_out(session: Session, project_id: int, member_id: int, *, left_out: bool, actor_id: int) -> Membership:
    """Leave a member's ratings out of reports, or let them count again. Nothing is deleted."""
    lock(session, Project, project_id)
    member = member_in(session, project_id, member_id)
    if left_out is (member.left_out_at is None):
        member.left_out_at = now() if left_out else None
        _record(session, "member.left_out" if left_out else "member.counted", member, actor_id)
    return member


def left_out_of(session: Session, project_id: int) -> set[int]:
    """Return the ids of the people whose ratings no report of a project counts."""
    left_out = select(Membership.person_id).where(
        Membership.project_id == project_id, Membership.left_out_at.is_not(None)
    )
    return set(session.scalars(left_out))


def link_for_member(session: Session, project_id: int, member_id: int, actor_id: int) -> tuple[LinkPurpose, str]:
    """Return the token of a link that lets a member in again, once: with a new password where they had one.

    Raises Forbidden where the link would open what the actor has no say in.
    """
    person = member_in(session, project_id, member_id).person
    if not may_let_in(session, actor_id, person):
        raise Forbidden(_NOT_YOURS.format(name=person.name))
    return link_for(session, person, actor_id)


def link_for(session: Session, person: Person, actor_id: int) -> tuple[LinkPurpose, str]:
    """Return the token of a link that lets somebody in again, once, and what it is for."""
    purpose = LinkPurpose.RESET if person.password_hash else LinkPurpose.SIGN_IN
    return purpose, new_link(session, person, purpose, actor_id=actor_id)


def _record(session: Session, kind: str, member: Membership, actor_id: int) -> None:
    record(session, kind, project_id=member.project_id, actor_id=actor_id, subject_id=member.person_id)
