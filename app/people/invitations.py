"""Invitations: a link that makes whoever opens it a member of a project, with one role, until it runs out or whoever
made it owns the project no more.

A link for one person takes whom it made in again, on another device, for as long as it works: a guest has no password
to show who they are. Whoever may do more than look and rate, or has a password, signs in instead.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session

from app.database import lock
from app.errors import InvalidInput, LinkGone, NotFound
from app.models.base import now
from app.models.events import record
from app.models.people import Identity, Invitation, Membership, Person, Role
from app.models.projects import Project
from app.people.accounts import create_person, parse_email
from app.people.into_study import enter_study, study_to_join
from app.people.tokens import hash_token, new_token
from app.text import parse_whole

_GONE = "This invitation has run out or was withdrawn. Ask the people of the project for a new one."
_ARCHIVED = "This project has been archived and takes nobody in now. Thank you for coming; ask whoever sent the link."
JOINED = "member.joined"
MOST_USES = 1_000
MOST_DAYS = 90
MOST_LETTERS = 100


def invite(
    session: Session, project_id: int, *, role: str, uses: str, days: str, actor_id: int, study: str = "", **more: Any
) -> tuple[Invitation, str]:
    """Make an invitation, ``more`` being what a crowd link or a letter adds to its row; ``study`` is the number of the
    one that it leads into, empty for none.

    Returns it with its token, which can't be had again. Raises InvalidInput.
    """
    token, parsed = new_token(), parse_role(role)
    invitation = Invitation(
        project_id=project_id,
        role=parsed,
        study_id=study_to_join(session, project_id, study, parsed),
        token_hash=hash_token(token),
        uses_allowed=count_of(uses, "Number of people", MOST_USES),
        created_by_id=actor_id,
        expires_at=now() + timedelta(days=count_of(days, "Days", MOST_DAYS)),
        **more,
    )
    session.add(invitation)
    session.flush()
    into = {} if invitation.study_id is None else {"study": invitation.study_id}
    record(
        session,
        "invitation.made",
        project_id=project_id,
        actor_id=actor_id,
        subject_id=invitation.id,
        after={"role": invitation.role.value, "uses": invitation.uses_allowed} | into,
    )
    return invitation, token


def invite_each(
    session: Session, project_id: int, *, role: str, emails: str, days: str, actor_id: int, study: str = ""
) -> list[tuple[Invitation, str]]:
    """Make an invitation for one at each address of ``emails``, with its token; earlier ones there stop working where
    they lead into the same study, or into none as these do.

    Addresses stand on lines of their own, or apart by commas. Raises InvalidInput where one is none, or too many are.
    """
    addresses = list(dict.fromkeys(parse_email(each) for each in _split(emails)))
    if not 1 <= len(addresses) <= MOST_LETTERS:
        raise InvalidInput(f"Write 1 to {MOST_LETTERS} e-mail addresses, each on its line.", field="emails")
    is_same = Invitation.study_id.is_not_distinct_from(study_to_join(session, project_id, study, parse_role(role)))
    earlier = session.scalars(
        select(Invitation).where(*_open(project_id), Invitation.email.in_(addresses), Invitation.uses == 0, is_same)
    )
    for invitation in earlier.all():
        revoke_invitation(session, project_id, invitation.id, actor_id)
    return [
        invite(session, project_id, role=role, uses="1", days=days, actor_id=actor_id, study=study, email=address)
        for address in addresses
    ]


def count_addresses(emails: str) -> int:
    """Return how many addresses were typed, good or not."""
    return len(_split(emails))


def note_sent(session: Session, invitation_ids: Iterable[int]) -> None:
    """Write down that the letters with these invitations went out."""
    session.execute(update(Invitation).where(Invitation.id.in_(list(invitation_ids))).values(sent_at=now()))


def open_invitations(session: Session, project_id: int) -> Sequence[Invitation]:
    """Return the invitations of a project that can still be used, newest first."""
    return session.scalars(
        select(Invitation)
        .where(*_open(project_id), Invitation.uses < Invitation.uses_allowed)
        .order_by(Invitation.id.desc())
    ).all()


def invitation_of(session: Session, token: str) -> Invitation:
    """Return the invitation that a link's token stands for. Raises InvalidInput where it can't be used any more."""
    invitation = working_invitation(session, token)
    if invitation.uses >= invitation.uses_allowed:
        raise LinkGone(_GONE)
    return invitation


def working_invitation(session: Session, token: str) -> Invitation:
    """Return the invitation of a link that works, even one that is used up.

    Raises InvalidInput for any other, and for one into an archived project.
    """
    invitation = session.scalar(select(Invitation).where(Invitation.token_hash == hash_token(token), *_works()))
    if invitation is None:
        raise LinkGone(_GONE)
    project = session.get_one(Project, invitation.project_id)
    if project.deleted_at is not None:
        raise LinkGone(_GONE)
    if project.archived_at is not None:
        raise InvalidInput(_ARCHIVED)
    return invitation


def guest_of(session: Session, token: str) -> Person | None:
    """Return whom a used link for one person may take in again, None where nobody: see ``is_guest``."""
    invitation = working_invitation(session, token)
    if invitation.person_id is None or not is_guest(session, invitation.person_id, invitation.project_id):
        return None
    return session.get_one(Person, invitation.person_id)


def is_guest(session: Session, person_id: int, project_id: int) -> bool:
    """Return whether a link alone may sign somebody in: they have no password and no identity elsewhere, look or rate
    in this project, and are in no other."""
    has_identity = exists().where(Identity.person_id == Person.id)
    has_no_key = select(Person.id).where(
        Person.id == person_id, Person.password_hash.is_(None), ~Person.runs_instance, ~has_identity
    )
    roles = session.execute(
        select(Membership.project_id, Membership.role).where(
            Membership.person_id == person_id, Membership.removed_at.is_(None)
        )
    ).all()
    is_only_here = [place for place, role in roles if role in {Role.VIEWER, Role.ANNOTATOR}] == [project_id]
    return is_only_here and len(roles) == 1 and session.scalar(has_no_key) is not None


def redeem(session: Session, token: str, *, person: Person | None, name: str) -> Person:
    """Use an invitation: make ``person`` a member, or a new person named ``name``. Returns who joined.

    Somebody who is a member already keeps the higher role; where it is theirs anyway, and so is the study of the
    invitation, nothing is used up.
    """
    invitation = invitation_of(session, token)
    lock(session, Project, invitation.project_id)  # somebody who opens the link twice at once joins once
    member = _member(session, invitation.project_id, person) if person else None
    if person is not None and member is not None and member.removed_at is None:
        _let_do_more(session, invitation, member)
        return person
    if member is not None and member.removed_at is not None and member.removed_at > invitation.created_at:
        raise LinkGone(_GONE)  # whoever was removed needs a newer invitation
    use(session, invitation)
    joined = person or create_person(session, name)
    if person is None and invitation.uses_allowed == 1:
        invitation.person_id = joined.id
    enrol(session, invitation, joined, member)
    return joined


def enrol(
    session: Session, invitation: Invitation, person: Person, member: Membership | None, external_id: str | None = None
) -> None:
    """Make somebody a member by an invitation, again where they were one (``member``), and let them into its study."""
    if member is not None:
        member.removed_at, member.role, member.invitation_id = None, invitation.role, invitation.id
    else:
        ids = {"project_id": invitation.project_id, "person_id": person.id, "invitation_id": invitation.id}
        session.add(Membership(**ids, role=invitation.role, external_id=external_id))
    record_joining(session, invitation, person.id)
    enter_study(session, invitation, person.id, invitation.role)


def record_joining(session: Session, invitation: Invitation, person_id: int) -> None:
    """Write down that somebody came into the project by an invitation."""
    record(
        session,
        JOINED,
        project_id=invitation.project_id,
        actor_id=person_id,
        subject_id=person_id,
        after={"role": invitation.role.value, "invitation": invitation.id},
    )


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
        raise InvalidInput("Choose viewer, annotator, curator or owner.", field="role") from error


def use(session: Session, invitation: Invitation) -> None:
    """Count one use. Two people racing for the last one: the database lets one through."""
    used = session.execute(
        update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.uses < Invitation.uses_allowed)
        .values(uses=Invitation.uses + 1)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise LinkGone(_GONE)


def _split(emails: str) -> list[str]:
    return [each for each in re.split(r"[\s,;]+", emails.strip()) if each]


def _open(project_id: int) -> tuple[ColumnElement[bool], ...]:
    return Invitation.project_id == project_id, *_works()


def _works() -> tuple[ColumnElement[bool], ...]:
    """The conditions that an invitation was neither withdrawn nor has run out, and that who made it still may."""
    still_owns = exists().where(
        Membership.project_id == Invitation.project_id,
        Membership.person_id == Invitation.created_by_id,
        Membership.role == Role.OWNER,
        Membership.removed_at.is_(None),
    )
    return Invitation.revoked_at.is_(None), Invitation.expires_at > now(), still_owns


def _let_do_more(session: Session, invitation: Invitation, member: Membership) -> None:
    """Give a member what an invitation offers beyond what they have: a higher role, a place in its study."""
    is_higher = invitation.role is not member.role and invitation.role.includes(member.role)
    if is_higher:
        _raise_role(session, invitation, member)
    if enter_study(session, invitation, member.person_id, member.role) or is_higher:
        use(session, invitation)


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


def count_of(text: str, field: str, most: int) -> int:
    """Return the number typed into a field, from 1 to ``most``. Raises InvalidInput, also where it is empty."""
    number = parse_whole(text, field, 1, most)
    if number is None:
        raise InvalidInput(f"{field} is empty. Write a number there.", field=field)
    return number
