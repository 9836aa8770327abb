"""Accounts: made at the first start or by an invitation; a password is optional and set later."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pwdlib import PasswordHash
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from app.database import lock
from app.errors import Conflict, InvalidInput, NotFound
from app.models.base import now
from app.models.events import record
from app.models.people import LinkPurpose, Membership, Person, Role, SignIn
from app.models.projects import Project
from app.people.links import use_link
from app.people.members import member_in
from app.people.sessions import revoke_sign_ins
from app.text import clean, clean_name

_SHORTEST_PASSWORD = 10
_LONGEST_PASSWORD = 1_000
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class Account:
    """A person with the number of projects that they are in and when they last signed in, None: never or long ago."""

    person: Person
    projects: int
    signed_in_at: dt.datetime | None


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _hash_of_nothing() -> str:
    """A hash to check against where there is no account, so that the time it takes tells nothing."""
    return _hasher().hash("nobody has this password")


def first_owner(session: Session) -> Person:
    """Return the person who runs the instance, made at the first start."""
    person = session.scalar(select(Person).where(Person.runs_instance).order_by(Person.id).limit(1))
    if person is None:
        person = create_person(session, "Owner")
        person.runs_instance = person.makes_projects = True
    return person


def accounts(session: Session, *, limit: int = 500) -> Sequence[Account]:
    """Return who has an account on the instance, in the order in which they came."""
    projects = (
        select(func.count())
        .where(Membership.person_id == Person.id, Membership.is_in)
        .correlate(Person)
        .scalar_subquery()
    )
    signed_in_at = select(func.max(SignIn.created_at)).where(SignIn.person_id == Person.id).scalar_subquery()
    rows = session.execute(select(Person, projects, signed_in_at).order_by(Person.id).limit(limit))
    return [Account(*row) for row in rows]


def person_by_id(session: Session, person_id: int) -> Person:
    """Return a person, or raise NotFound."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("There is no such person.")
    return person


def create_person(session: Session, name: str) -> Person:
    """Make an account. Raises InvalidInput where the name is empty or too long."""
    person = Person(name=clean_name(name, "Your name", required=True))
    session.add(person)
    session.flush()
    record(session, "person.created", project_id=None, actor_id=person.id, subject_id=person.id)
    return person


def let_make_projects(session: Session, person: Person, *, lets: bool, actor_id: int) -> None:
    """Let somebody make projects on this instance, or no more; those that they made stay theirs."""
    if person.makes_projects is not lets and not person.runs_instance:
        person.makes_projects = lets
        kind = "person.let_make_projects" if lets else "person.makes_no_projects"
        record(session, kind, project_id=None, actor_id=actor_id, subject_id=person.id)


def rename_person(session: Session, person: Person, name: str) -> None:
    """Change somebody's name."""
    before = person.name
    person.name = clean_name(name, "Your name", required=True)
    record(
        session,
        "person.renamed",
        project_id=None,
        actor_id=person.id,
        subject_id=person.id,
        before={"name": before},
        after={"name": person.name},
    )


def set_password(
    session: Session, person: Person, *, email: str, password: str, present: str, keep_token: str | None
) -> None:
    """Set or change somebody's e-mail and password; other browsers are signed out.

    ``present`` is the password they have now, empty where they have none. Raises InvalidInput with the field named.
    """
    address = parse_email(email)
    _check_password(password)
    _check_secret(present, "Current password")
    if person.password_hash and not _hasher().verify(present, person.password_hash):
        raise InvalidInput("That is not your current password.", field="present")
    _store_password(session, person, address, password)
    revoke_sign_ins(session, person.id, except_token=keep_token)


def reset_password(session: Session, token: str, *, email: str, password: str) -> Person:
    """Use a reset link up and set the password it is for; every browser is signed out. Returns whose it is.

    Raises InvalidInput with the field named; the link then still works.
    """
    address = parse_email(email)
    _check_password(password)
    link = use_link(session, token, LinkPurpose.RESET)
    person = session.get_one(Person, link.person_id)
    _store_password(session, person, address, password)
    if link.email == address:
        person.email_verified_at = now()
    revoke_sign_ins(session, person.id)
    return person


def person_with_email(session: Session, email: str) -> Person | None:
    """Return who has a password under this e-mail, None where nobody does."""
    return session.scalar(select(Person).where(Person.email == parse_email(email), Person.password_hash.is_not(None)))


def email_of(session: Session, person_id: int) -> str:
    """Return somebody's e-mail, empty where they have none."""
    return session.get_one(Person, person_id).email or ""


def parse_email(text: str) -> str:
    """Return an e-mail address in small letters. Raises InvalidInput where it doesn't look like one."""
    address = clean_name(text.lower(), "E-mail", limit=254, required=True)
    if not _EMAIL.fullmatch(address):
        raise InvalidInput("E-mail must look like name@example.org.", field="email")
    return address


def _store_password(session: Session, person: Person, address: str, password: str) -> None:
    if person.email != address:
        person.email_verified_at = None
    person.email, person.password_hash = address, _hasher().hash(password)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict("Another account has this e-mail already.", field="email") from error
    record(session, "person.password_set", project_id=None, actor_id=person.id, subject_id=person.id)


def _check_password(password: str) -> None:
    _check_secret(password, "Password")
    if len(password) < _SHORTEST_PASSWORD:
        raise InvalidInput(f"The password needs at least {_SHORTEST_PASSWORD} characters.", field="password")


def check_password(session: Session, email: str, password: str) -> Person:
    """Return who signs in with this e-mail and password. Raises InvalidInput with the same words for every mistake."""
    address = clean_name(email.lower(), "E-mail", limit=254)
    _check_secret(password, "Password")
    person = session.scalar(select(Person).where(Person.email == address))
    stored = person.password_hash if person and person.password_hash else _hash_of_nothing()
    right = _hasher().verify(password, stored)
    if person is None or person.password_hash is None or not right:
        raise InvalidInput("E-mail or password is wrong.", field="password")
    return person


def _check_secret(password: str, field: str) -> None:
    """Refuse what no keyboard types. A password is used as it is, so what ``clean`` makes of it is left aside."""
    clean(password, field, limit=_LONGEST_PASSWORD)


def members_of(session: Session, project_id: int) -> Sequence[Membership]:
    """Return a project's members in the order in which they joined."""
    return session.scalars(
        select(Membership)
        .options(joinedload(Membership.person))
        .where(Membership.project_id == project_id, Membership.is_in)
        .order_by(Membership.id)
    ).all()


def role_in(session: Session, project_id: int, person_id: int) -> Role | None:
    """Return somebody's role in a project, None where they have none."""
    return session.scalar(
        select(Membership.role).where(
            Membership.project_id == project_id, Membership.person_id == person_id, Membership.is_in
        )
    )


def change_member(session: Session, project_id: int, member_id: int, role: Role | None, actor_id: int) -> None:
    """Give a member another role, or remove them (``role`` None). What they rated stays. The last owner stays too."""
    lock(session, Project, project_id)  # two owners must not step down past each other
    member = member_in(session, project_id, member_id)
    owners = [each for each in members_of(session, project_id) if each.role is Role.OWNER]
    if member.role is Role.OWNER and role is not Role.OWNER and len(owners) == 1:
        raise Conflict("A project needs an owner. Make somebody else an owner first.")
    before = member.role
    if role is None:
        member.removed_at = now()
    else:
        member.role = role
    record(
        session,
        "member.removed" if role is None else "member.changed",
        project_id=project_id,
        actor_id=actor_id,
        subject_id=member.person_id,
        before={"role": before.value},
        after={"role": role.value if role else None},
    )
