"""Sign-ins: a table of signed-in browsers, so that each can be ended from here, and links that sign in once."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from app.errors import InvalidInput
from app.models.base import now
from app.models.events import record
from app.models.people import Person, SignIn, SignInLink
from app.people.tokens import hash_token, new_token

_LINK_LIVES = timedelta(hours=24)


def sign_in(session: Session, person: Person, *, browser: str, days: int) -> str:
    """Sign a browser in for ``days`` days. Returns the token for its cookie."""
    token = new_token()
    session.add(
        SignIn(
            person_id=person.id,
            token_hash=hash_token(token),
            expires_at=now() + timedelta(days=days),
            browser=browser[:200],
        )
    )
    record(session, "person.signed_in", project_id=None, actor_id=person.id, subject_id=person.id)
    return token


def person_of(session: Session, token: str) -> Person | None:
    """Return who a cookie's token belongs to, None where it is unknown, ended or too old."""
    person: Person | None = session.scalar(signed_in(token, Person))
    return person


def signed_in(token: str, *wanted: Any) -> Select[Any]:
    """Return a query of ``wanted`` over the person whom a cookie's token belongs to; more may be joined to it."""
    return (
        select(*wanted)
        .select_from(SignIn)
        .join(Person, Person.id == SignIn.person_id)
        .where(SignIn.token_hash == hash_token(token), SignIn.revoked_at.is_(None), SignIn.expires_at > now())
    )


def sign_out(session: Session, token: str, person_id: int) -> None:
    """End the sign-in of one browser."""
    session.execute(update(SignIn).where(SignIn.token_hash == hash_token(token)).values(revoked_at=now()))
    record(session, "person.signed_out", project_id=None, actor_id=person_id, subject_id=person_id)


def sign_out_everywhere(session: Session, person_id: int) -> None:
    """End the sign-ins of all of somebody's browsers."""
    revoke_sign_ins(session, person_id)
    record(session, "person.signed_out_everywhere", project_id=None, actor_id=person_id, subject_id=person_id)


def revoke_sign_ins(session: Session, person_id: int, *, except_token: str | None = None) -> None:
    """End every sign-in of somebody, but for the browser with ``except_token``."""
    ended = update(SignIn).where(SignIn.person_id == person_id, SignIn.revoked_at.is_(None))
    if except_token is not None:
        ended = ended.where(SignIn.token_hash != hash_token(except_token))
    session.execute(ended.values(revoked_at=now()))


def new_sign_in_link(session: Session, person: Person) -> str:
    """Return the token of a link that signs ``person`` in once, within a day. Older unused links stop working."""
    session.execute(
        update(SignInLink)
        .where(SignInLink.person_id == person.id, SignInLink.used_at.is_(None))
        .values(expires_at=now())
    )
    token = new_token()
    session.add(SignInLink(person_id=person.id, token_hash=hash_token(token), expires_at=now() + _LINK_LIVES))
    return token


def redeem_sign_in_link(session: Session, token: str) -> Person:
    """Use a sign-in link up and return whose it is. Raises InvalidInput where it is unknown, used or too old."""
    used = session.execute(
        update(SignInLink)
        .where(SignInLink.token_hash == hash_token(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now())
        .values(used_at=now())
        .returning(SignInLink.person_id)
    ).scalar()
    if used is None:
        raise InvalidInput(
            "This sign-in link was used already or is too old. Run `tamis sign-in` where Tamis runs for a new one."
        )
    return session.get_one(Person, used)
