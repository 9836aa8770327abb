"""Links that let one person in, once: to sign in, or to choose a new password.

Whoever has such a link is let in by it, so it is made for one purpose and one person, works once and for a day, ends as
soon as a newer one is made for the same, and is asked again, when it is used, whether its maker may still do that.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app.errors import LinkGone
from app.models.base import now
from app.models.events import record
from app.models.people import LinkPurpose, Membership, Person, Role, SignIn, SignInLink
from app.people.tokens import hash_token, new_token

_LIVES = timedelta(hours=24)
_GONE = {
    LinkPurpose.SIGN_IN: "This sign-in link was used already or is too old. Make a new one where you are signed in, or "
    "run `tamis sign-in` where Tamis runs.",
    LinkPurpose.RESET: "This link was used already or is too old. Ask for a new one where you sign in.",
}


def new_link(
    session: Session,
    person: Person,
    purpose: LinkPurpose = LinkPurpose.SIGN_IN,
    *,
    email: str | None = None,
    actor_id: int | None = None,
) -> str:
    """Return the token of a link that signs ``person`` in once, within a day, or lets them choose a password.

    ``email`` is where it is sent, ``actor_id`` who makes it. Older unused links for the same stop working.
    """
    end_links(session, person.id, purpose)
    token = new_token()
    made_by_id = actor_id if actor_id != person.id else None
    row = SignInLink(
        person_id=person.id, token_hash=hash_token(token), purpose=purpose, email=email, made_by_id=made_by_id
    )
    row.expires_at = now() + _LIVES
    session.add(row)
    kind = f"person.{purpose.value}_link_made"
    record(session, kind, project_id=None, actor_id=actor_id, subject_id=person.id)
    return token


def end_links(session: Session, person_id: int, *purposes: LinkPurpose) -> None:
    """Let the unused links of somebody stop working: those for ``purposes``, or all where none is named."""
    unused = SignInLink.person_id == person_id, SignInLink.used_at.is_(None), SignInLink.expires_at > now()
    meant = SignInLink.purpose.in_(purposes or LinkPurpose)
    session.execute(update(SignInLink).where(*unused, meant).values(expires_at=now()))


def had_link(session: Session, person: Person) -> bool:
    """Return whether a link for somebody was ever made, or they came in without one."""
    links, sign_ins = (select(each.id).where(each.person_id == person.id).limit(1) for each in (SignInLink, SignIn))
    return session.scalar(links) is not None or session.scalar(sign_ins) is not None


def link_of(session: Session, token: str, purpose: LinkPurpose) -> SignInLink:
    """Return a link that can still be used. Raises LinkGone for any other."""
    link = session.scalar(select(SignInLink).where(*_works(token, purpose)))
    if link is None or not _may_still(session, link):
        raise LinkGone(_GONE[purpose])
    return link


def use_link(session: Session, token: str, purpose: LinkPurpose) -> SignInLink:
    """Use a link up and return it. Raises LinkGone where it can't be used any more: two who use it race for it."""
    link = link_of(session, token, purpose)
    used = update(SignInLink).where(*_works(token, purpose)).values(used_at=now()).returning(SignInLink.id)
    if session.execute(used).scalar() is None:
        raise LinkGone(_GONE[purpose])
    return link


def redeem_sign_in_link(session: Session, token: str) -> Person:
    """Use a sign-in link up and return whose it is. Raises LinkGone."""
    return session.get_one(Person, use_link(session, token, LinkPurpose.SIGN_IN).person_id)


def may_let_in(session: Session, actor_id: int, person: Person) -> bool:
    """Return whether somebody may make a link for ``person``: it must open nothing that isn't theirs to open.

    They run the instance, or own every project that the person is in, who doesn't run it.
    """
    actor = session.get_one(Person, actor_id)
    if actor.runs_instance or actor.id == person.id:
        return True
    owned = select(Membership.project_id).where(
        Membership.person_id == actor_id, Membership.role == Role.OWNER, Membership.is_in
    )
    here = select(Membership.project_id).where(Membership.person_id == person.id, Membership.is_in)
    projects = set(session.scalars(here))
    return not person.runs_instance and bool(projects) and projects <= set(session.scalars(owned))


def _may_still(session: Session, link: SignInLink) -> bool:
    if link.made_by_id is None:
        return True
    return may_let_in(session, link.made_by_id, session.get_one(Person, link.person_id))


def _works(token: str, purpose: LinkPurpose) -> tuple[ColumnElement[bool], ...]:
    return (
        SignInLink.token_hash == hash_token(token),
        SignInLink.purpose == purpose,
        SignInLink.used_at.is_(None),
        SignInLink.expires_at > now(),
    )
