"""Invitations: a link that makes whoever opens it a member of a project, with one role, until it runs out."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.database import lock
from app.errors import InvalidInput, NotFound
from app.models.base import now
from app.models.events import record
from app.models.people import Invitation, Membership, Person, Role
from app.models.projects import Project
from app.people.accounts import create_person
from app.people.tokens import hash_token, new_token
from app.text import parse_whole

_GONE = "This invitation has run out or was withdrawn. Ask whoever sent it for a new one."
MOST_USES = 1_000
MOST_DAYS = 90


def invite(
    session: Session, project_id: int, *, role: str, uses: str, days: str, actor_id: int
) -> tuple[Invitation, str]:
    """Make an invitation. Returns it with its token, which can't be had again. Raises InvalidInput."""
    token = new_token()
    invitation = Invitation(
        project_id=project_id,
        role=parse_role(role),
        token_hash=hash_token(token),
        uses_allowed=_count(uses, "Number of people", MOST_USES),
        created_by_id=actor_id,
        expires_at=now() + timedelta(days=_count(days, "Days", MOST_DAYS)),
    )
    session.add(invitation)
    session.flush()
    record(
        session,
        "invitation.made",
        project_id=project_id,
        actor_id=actor_id,
        subject_id=invitation.id,
        after={"role": invitation.role.value, "uses": invitation.uses_allowed},
    )
    return invitation, token


def open_invitations(session: Session, project_id: int) -> Sequence[Invitation]:
    """Return the invitations of a project that can still be used, newest first."""
    return session.scalars(
        select(Invitation)
        .where(
            Invitation.project_id == project_id,
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now(),
            Invitation.uses < Invitation.uses_allowed,
        )
        .order_by(Invitation.id.desc())
    ).all()


def invitation_of(session: Session, token: str) -> Invitation:
    """Return the invitation that a link's token stands for. Raises InvalidInput where it can't be used any more."""
    invitation = session.scalar(select(Invitation).where(Invitation.token_hash == hash_token(token)))
    if (
        invitation is None
        or invitation.revoked_at is not None
        or invitation.expires_at <= now()
        or invitation.uses >= invitation.uses_allowed
    ):
        raise InvalidInput(_GONE)
    return invitation


def redeem(session: Session, token: str, *, person: Person | None, name: str) -> Person:
    """Use an invitation: make ``person`` a member, or a new person named ``name``. Returns who joined.

    Somebody who is a member already keeps the higher role; where it is theirs anyway, nothing is used up.
    """
    invitation = invitation_of(session, token)
    lock(session, Project, invitation.project_id)  # somebody who opens the link twice at once joins once
    member = _member(session, invitation.project_id, person) if person else None
    if person is not None and member is not None and member.removed_at is None:
        if invitation.role is not member.role and invitation.role.includes(member.role):
            _use(session, invitation)
            _raise_role(session, invitation, member)
        return person
    if member is not None and member.removed_at is not None and member.removed_at > invitation.created_at:
        raise InvalidInput(_GONE)  # whoever was removed needs a newer invitation
    _use(session, invitation)
    joined = person or create_person(session, name)
    if member is not None:
        member.removed_at, member.role = None, invitation.role
    else:
        session.add(Membership(project_id=invitation.project_id, person_id=joined.id, role=invitation.role))
    record(
        session,
        "member.joined",
        project_id=invitation.project_id,
        actor_id=joined.id,
        subject_id=joined.id,
        after={"role": invitation.role.value, "invitation": invitation.id},
    )
    return joined


def revoke_invitation(session: Session, project_id: int, invitation_id: int, actor_id: int) -> None:
    """Withdraw an invitation. Doing it twice changes nothing."""
    invitation = session.get(Invitation, invitation_id)
    if invitation is None or invitation.project_id != project_id:
        raise NotFound("There is no such invitation in this project.")
    if invitation.revoked_at is None:
        invitation.revoked_at = now()
        record(session, "invitation.revoked", project_id=project_id, actor_id=actor_id, subject_id=invitation.id)


def parse_role(text: str) -> Role:
    """Return the role named ``text``, or raise InvalidInput."""
    try:
        return Role(text)
    except ValueError as error:
        raise InvalidInput("Choose annotator, curator or owner.", field="role") from error


def _use(session: Session, invitation: Invitation) -> None:
    """Count one use. Two people racing for the last one: the database lets one through."""
    used = session.execute(
        update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.uses < Invitation.uses_allowed)
        .values(uses=Invitation.uses + 1)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise InvalidInput(_GONE)


def _raise_role(session: Session, invitation: Invitation, member: Membership) -> None:
    before, member.role = member.role, invitation.role
    record(
        session,
        "member.changed",
        project_id=invitation.project_id,
        actor_id=member.person_id,
        subject_id=member.person_id,
        before={"role": before.value},
        after={"role": member.role.value, "invitation": invitation.id},
    )


def _member(session: Session, project_id: int, person: Person) -> Membership | None:
    return session.scalar(
        select(Membership).where(Membership.project_id == project_id, Membership.person_id == person.id)
    )


def _count(text: str, field: str, most: int) -> int:
    number = parse_whole(text, field, 1, most)
    if number is None:
        raise InvalidInput(f"{field} is empty. Write a number there.", field=field)
    return number
