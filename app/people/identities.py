"""Whom an identity at a provider belongs to. It is joined to an account only by an e-mail that both have verified."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import lock_table
from app.errors import Conflict, Forbidden
from app.models.base import now
from app.models.events import record
from app.models.people import Identity, Person
from app.people.accounts import create_person
from app.people.oidc import Claims
from app.text import tidy_name

_STRANGER = "Nobody here has the e-mail of that account. Open the invitation you were sent first, then connect it."
_UNSURE = (
    "There is an account with this e-mail, but it was never shown to be yours. Sign in with its password, "
    "then connect this sign-in under your name."
)
_ANOTHER = "That sign-in has another e-mail than your account here. Sign out first to use it, or change your e-mail."


def person_for(session: Session, claims: Claims, *, here: Person | None, makes_accounts: bool) -> Person:
    """Return who signs in with an identity; ``here`` is who this browser is signed in as.

    A new identity joins the account with the same verified e-mail, or that of ``here`` where it has this e-mail or
    none. Raises Forbidden for a stranger unless the instance makes accounts, Conflict where the e-mail tells apart.
    """
    lock_table(session, Identity.__tablename__)  # the same identity twice at once is one
    known = session.scalar(
        select(Person)
        .join(Identity, Identity.person_id == Person.id)
        .where(Identity.issuer == claims.issuer, Identity.subject == claims.subject)
    )
    if known is not None:
        return known
    person = _owner_of(session, claims, here) or _newcomer(session, claims, makes_accounts=makes_accounts)
    if person.email is None:
        person.email = claims.email
    person.email_verified_at = person.email_verified_at or now()
    session.add(Identity(person_id=person.id, issuer=claims.issuer, subject=claims.subject))
    record(session, "person.connected", project_id=None, actor_id=person.id, subject_id=person.id)
    return person


def _owner_of(session: Session, claims: Claims, here: Person | None) -> Person | None:
    found = session.scalar(select(Person).where(Person.email == claims.email)) if claims.email else None
    if here is not None:
        if claims.email is None or (found or here).id != here.id or here.email not in {None, claims.email}:
            raise Conflict(_ANOTHER)
        return session.get_one(Person, here.id)
    if found is not None and found.email_verified_at is None:
        raise Conflict(_UNSURE)
    return found


def _newcomer(session: Session, claims: Claims, *, makes_accounts: bool) -> Person:
    if claims.email is None or not makes_accounts:
        raise Forbidden(_STRANGER)
    name = tidy_name(claims.name)
    return create_person(session, name or tidy_name(claims.email) or "Somebody")
