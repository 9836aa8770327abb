"""What can be done without end is slowed down: so many within a while, counted in the database.

A guess at a password counts for its account at the address that it comes from, so that nobody can lock somebody else
out; and for the address and for the account as a whole. A browser that has signed in to the account before counts by
itself alone, so that its owner gets in whoever else guesses. A right password takes back what was counted for the
account at that address, and of the address's only its own: else whoever has an account could guess at all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from app.database import lock_table
from app.errors import TooManyAttempts
from app.models.base import now
from app.models.people import Attempt
from app.people.tokens import hash_token
from app.settings import Settings

_QUARTER, _HOUR = timedelta(minutes=15), timedelta(hours=1)
_LATER = "Too many attempts. Wait a quarter of an hour and try again."


@dataclass(frozen=True, slots=True)
class Limit:
    """How many of a ``kind`` there may be for one key ``within`` a while: ``times`` what a setting says. Then
    ``refusal`` is said, in which ``most`` is that number."""

    kind: str
    times: int = 1
    setting: str = "guesses_per_quarter"
    within: timedelta = _QUARTER
    refusal: str = _LATER

    def most(self, settings: Settings) -> int:
        """Return how many that is with these settings."""
        number: int = getattr(settings, self.setting)
        return self.times * number


@dataclass(frozen=True, slots=True)
class Guess:
    """One guess at a password as it was counted: its rows, and the key that a right one clears."""

    rows: Sequence[int]
    cleared: bytes


PRESENT_PASSWORD = Limit("present")
LINKS = Limit("link")
RESETS = Limit("reset")
PROVIDER = Limit("provider", 10)
_NO_MORE_LETTERS = "You may send {most:,} invitations within an hour. Wait until it is over, or make a link."
LETTERS = Limit("letters", 1, "letters_per_hour", _HOUR, _NO_MORE_LETTERS)
_AT_ADDRESS = Limit("password of an account at an address")
_OF_ADDRESS = Limit("password, by address", 3)
_OF_ACCOUNT = Limit("password, by account", 10)
_OF_BROWSER = Limit("password, by a known browser")


def count(session: Session, settings: Settings, limit: Limit, *keys: str, number: int = 1) -> None:
    """Count ``number`` attempts against each of ``keys`` (an address, a person), or raise TooManyAttempts.

    Call it in a transaction of its own that commits: a refused attempt must count too.
    """
    _count(session, settings, [(limit, key) for key in keys], number)


def count_guess(session: Session, settings: Settings, email: str, address: str, *, known: str = "") -> Guess:
    """Count a guess at the password of an account, or raise TooManyAttempts. As ``count``, in its own transaction.

    ``known`` is what stands for a browser that has signed in to this account before, empty for any other.
    """
    account = email.strip().lower()
    if known:
        limits = [(_OF_BROWSER, known)]
    else:
        limits = [(_AT_ADDRESS, f"{account} {address}"), (_OF_ADDRESS, address), (_OF_ACCOUNT, account)]
    return Guess(_count(session, settings, limits, 1), _hash(*limits[0]))


def forget_guess(session: Session, guess: Guess) -> None:
    """Take back what was counted for a guess that was right, and for the wrong ones of this account from there."""
    session.execute(delete(Attempt).where(or_(Attempt.id.in_(guess.rows), Attempt.key_hash == guess.cleared)))


def _count(session: Session, settings: Settings, limits: Sequence[tuple[Limit, str]], number: int) -> list[int]:
    lock_table(session, Attempt.__tablename__)  # else guesses sent at the same moment don't see each other
    session.execute(delete(Attempt).where(Attempt.at < now() - _HOUR))
    rows: list[Attempt] = []
    for limit, key in limits:
        hashed = _hash(limit, key)
        recent = Attempt.key_hash == hashed, Attempt.at >= now() - limit.within
        made = session.scalar(select(func.count()).where(*recent)) or 0
        if made + number > (most := limit.most(settings)):
            raise TooManyAttempts(limit.refusal.format(most=most))
        rows += [Attempt(key_hash=hashed) for _ in range(number)]
    session.add_all(rows)
    session.flush()
    return [each.id for each in rows]


def _hash(limit: Limit, key: str) -> bytes:
    return hash_token(f"{limit.kind}:{key}")
