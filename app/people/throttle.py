"""Guessing is slowed down: so many attempts per key and quarter of an hour, counted in the database."""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.database import lock_table
from app.errors import TooManyAttempts
from app.models.base import now
from app.models.people import Attempt
from app.people.tokens import hash_token

_WINDOW = timedelta(minutes=15)
MOST_ATTEMPTS = 10


def count_attempt(session: Session, kind: str, *keys: str) -> None:
    """Count one attempt against each of ``keys`` (an address, an e-mail), or raise TooManyAttempts.

    Call it in a transaction of its own that commits: a refused attempt must count too.
    """
    lock_table(session, Attempt.__tablename__)  # else guesses sent at the same moment don't see each other
    since = now() - _WINDOW
    session.execute(delete(Attempt).where(Attempt.at < since))
    for key in keys:
        hashed = hash_token(f"{kind}:{key}")
        made = session.scalar(select(func.count()).where(Attempt.key_hash == hashed, Attempt.at >= since)) or 0
        if made >= MOST_ATTEMPTS:
            raise TooManyAttempts("Too many attempts. Wait a quarter of an hour and try again.")
        session.add(Attempt(key_hash=hashed))


def forgive(session: Session, kind: str, *keys: str) -> None:
    """Forget the attempts of ``keys``, after one that succeeded."""
    session.execute(delete(Attempt).where(Attempt.key_hash.in_([hash_token(f"{kind}:{key}") for key in keys])))
