"""Sign-ins: a table of signed-in browsers, so that each can be ended from here."""

from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnExpressionArgument, Select, and_, bindparam, select, update
from sqlalchemy.orm import Session, joinedload

from app.models.base import now
from app.models.events import record
from app.models.people import Membership, Person, SignIn
from app.models.projects import Project
from app.people.links import end_links
from app.people.tokens import hash_token, new_token


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
    signed_in = _holds(hash_token(token), now())
    return session.scalar(select(Person).join(SignIn, SignIn.person_id == Person.id).where(*signed_in))


def member_of(session: Session, token: str, project_id: int) -> tuple[Person, Project | None, Membership | None] | None:
    """Return who a cookie's token belongs to, with a project and their membership where they are in it.

    None where the token is unknown, ended or too old. It is asked on every request of a project, so it is one query.
    """
    found = session.execute(_member(), {"token": hash_token(token), "project": project_id, "now": now()}).first()
    return (found[0], found[1], found[2]) if found else None


def has_signed_in(session: Session, email: str, token: str) -> bool:
    """Return whether a browser once signed in to the account of this e-mail: by its cookie of then, ended or not."""
    signed_in = select(SignIn.id).join(Person, Person.id == SignIn.person_id)
    mine = SignIn.token_hash == hash_token(token), Person.email == email.strip().lower()
    return bool(token) and session.scalar(signed_in.where(*mine)) is not None


def sign_out(session: Session, token: str, person_id: int) -> None:
    """End the sign-in of one browser."""
    session.execute(update(SignIn).where(SignIn.token_hash == hash_token(token)).values(revoked_at=now()))
    record(session, "person.signed_out", project_id=None, actor_id=person_id, subject_id=person_id)


def sign_out_everywhere(session: Session, person_id: int) -> None:
    """End the sign-ins of all of somebody's browsers."""
    revoke_sign_ins(session, person_id)
    record(session, "person.signed_out_everywhere", project_id=None, actor_id=person_id, subject_id=person_id)


def revoke_sign_ins(session: Session, person_id: int, *, except_token: str | None = None) -> None:
    """End every sign-in of somebody, but for the browser with ``except_token``, and the links that would make more."""
    ended = update(SignIn).where(SignIn.person_id == person_id, SignIn.is_kept)
    if except_token is not None:
        ended = ended.where(SignIn.token_hash != hash_token(except_token))
    session.execute(ended.values(revoked_at=now()))
    end_links(session, person_id)


def _holds(token_hash: Any, moment: Any) -> tuple[ColumnExpressionArgument[bool], ...]:
    return SignIn.token_hash == token_hash, SignIn.works_at(moment)


@cache
def _member() -> Select[Person, Project, Membership]:
    """The query of ``member_of``, made once."""
    here = Membership.person_id == Person.id, Membership.project_id == bindparam("project"), Membership.is_in
    return (
        select(Person, Project, Membership)
        .options(joinedload(Membership.invitation))
        .join(SignIn, SignIn.person_id == Person.id)
        .outerjoin(Membership, and_(*here))
        .outerjoin(Project, Project.id == Membership.project_id)
        .where(*_holds(bindparam("token"), bindparam("now")))
    )
