"""Who may do what: people, their sign-ins, their roles in projects, and the links that invite them."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, CreatedAt, Id, PersonId, ProjectId, choice, in_project


class Role(StrEnum):
    """What a person may do in a project; each role may do all that the ones before it may."""

    ANNOTATOR = "annotator"
    CURATOR = "curator"
    OWNER = "owner"

    def includes(self, other: "Role") -> bool:
        """Return whether this role may do what ``other`` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Person(Base):
    """Somebody who signs in. ``email`` and ``password_hash`` are set once they choose a password."""

    __tablename__ = "persons"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    runs_instance: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[CreatedAt]


class SignIn(Base):
    """A signed-in browser. Only the hash of its cookie is kept."""

    __tablename__ = "sign_ins"

    id: Mapped[Id]
    person_id: Mapped[PersonId] = mapped_column(index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    browser: Mapped[str] = mapped_column(String(200), default="")
    person: Mapped[Person] = relationship()


class SignInLink(Base):
    """A link that signs one person in, once."""

    __tablename__ = "sign_in_links"

    id: Mapped[Id]
    person_id: Mapped[PersonId]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class Membership(Base):
    """A person's role in a project. A removed member keeps the row, so that their ratings keep a name."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("project_id", "person_id"),)

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    person_id: Mapped[PersonId] = mapped_column(index=True)
    role: Mapped[Role] = mapped_column(choice(Role))
    created_at: Mapped[CreatedAt]
    removed_at: Mapped[dt.datetime | None]
    person: Mapped[Person] = relationship()


class Invitation(Base):
    """A link that makes whoever opens it a member. Only the token's hash is kept."""

    __tablename__ = "invitations"
    __table_args__ = (in_project(), CheckConstraint("uses >= 0 AND uses <= uses_allowed", name="uses"))

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    role: Mapped[Role] = mapped_column(choice(Role))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    uses_allowed: Mapped[int]
    uses: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[PersonId]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]


class Attempt(Base):
    """One guess at a password or a link, by kind and by whom (a hash), so that guessing can be slowed down."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_key_hash_at", "key_hash", "at"),)

    id: Mapped[Id]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[CreatedAt]
