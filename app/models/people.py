"""Who may do what: people, their sign-ins, their roles in projects, and the links that invite them."""

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.models.base import Base, BigId, CreatedAt, Id, NameText, PersonId, ProjectId, choice, in_project, same_project


class Role(StrEnum):
    """What a person may do in a project. A viewer sees, an annotator rates, and neither may what the other may; a
    curator may do both and more, an owner all."""

    VIEWER = "viewer"
    ANNOTATOR = "annotator"
    CURATOR = "curator"
    OWNER = "owner"

    def includes(self, other: "Role") -> bool:
        """Return whether this role may do all that ``other`` may."""
        return (
            other
            in {
                Role.VIEWER: {Role.VIEWER},
                Role.ANNOTATOR: {Role.ANNOTATOR},
                Role.CURATOR: {Role.VIEWER, Role.ANNOTATOR, Role.CURATOR},
                Role.OWNER: set(Role),
            }[self]
        )


class LinkPurpose(StrEnum):
    """What a sign-in link is for. ``RESET``: whoever opens it chooses a new password without knowing the old one."""

    SIGN_IN = "sign_in"
    RESET = "reset"


class Person(Base):
    """Somebody who signs in. ``email`` and ``password_hash`` are set once they choose a password.

    ``email_verified_at`` is when they showed that the e-mail is theirs: by a link sent there, or by an identity.
    ``makes_projects`` is a right that whoever runs the instance gives, and has.
    """

    __tablename__ = "persons"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(NameText(120))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    email_verified_at: Mapped[dt.datetime | None]
    password_hash: Mapped[str | None] = mapped_column(String(200))
    runs_instance: Mapped[bool] = mapped_column(default=False)
    makes_projects: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[CreatedAt]


class Identity(Base):
    """Who a person is to an OpenID Connect provider: its ``issuer`` and the ``subject`` that it knows them by."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[Id]
    person_id: Mapped[PersonId] = mapped_column(index=True)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[CreatedAt]


class Lapsing:
    """What holds until it is taken back or runs out. Each rule is asked of a row and of a query alike, so that it is
    written once: ``==`` and ``&`` mean the same in both.
    """

    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]

    @hybrid_property
    def is_kept(self) -> bool:
        """Whether nobody took it back."""
        return self.revoked_at == None  # noqa: E711

    @hybrid_method
    def lasts_at(self, moment: Any) -> bool:
        """Whether it hasn't run out at ``moment``."""
        lasts: bool = self.expires_at > moment
        return lasts

    @hybrid_method
    def works_at(self, moment: Any) -> bool:
        """Whether it can be used at ``moment``."""
        return self.is_kept & self.lasts_at(moment)


class SignIn(Lapsing, Base):
    """A signed-in browser. Only the hash of its cookie is kept."""

    __tablename__ = "sign_ins"

    id: Mapped[Id]
    person_id: Mapped[PersonId] = mapped_column(index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[CreatedAt]
    browser: Mapped[str] = mapped_column(NameText(200), default="")
    person: Mapped[Person] = relationship()


class SignInLink(Base):
    """A link that signs one person in, once. ``email`` is where it was sent, None where it was shown.

    ``made_by_id`` is who made it for them, None where they did themselves or asked for it.
    """

    __tablename__ = "sign_in_links"

    id: Mapped[Id]
    person_id: Mapped[PersonId] = mapped_column(index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    purpose: Mapped[LinkPurpose] = mapped_column(choice(LinkPurpose), default=LinkPurpose.SIGN_IN)
    email: Mapped[str | None] = mapped_column(String(254))
    made_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("persons.id"))


class Membership(Base):
    """A person's role in a project. A removed member keeps the row, so that their ratings keep a name.

    ``invitation_id`` is what they joined by, ``external_id`` what a crowd platform calls them. Whoever is paused can't
    rate; the ratings of whoever is left out count in no report, and stay. ``about`` is what they said of themselves.
    """

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("project_id", "person_id"),
        UniqueConstraint("project_id", "external_id"),
        same_project("invitation_id", "invitations"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    person_id: Mapped[PersonId] = mapped_column(index=True)
    role: Mapped[Role] = mapped_column(choice(Role))
    created_at: Mapped[CreatedAt]
    removed_at: Mapped[dt.datetime | None]
    invitation_id: Mapped[int | None] = mapped_column(BigId)
    external_id: Mapped[str | None] = mapped_column(NameText(100))
    paused_at: Mapped[dt.datetime | None]
    left_out_at: Mapped[dt.datetime | None]
    about: Mapped[dict[str, Any]] = mapped_column(default=dict)
    person: Mapped[Person] = relationship()
    invitation: Mapped["Invitation | None"] = relationship(
        primaryjoin=lambda: foreign(Membership.invitation_id) == Invitation.id, viewonly=True
    )

    @hybrid_property
    def is_in(self) -> bool:
        """Whether they are in the project, of a row and of a query alike: nobody removed them."""
        return self.removed_at == None  # noqa: E711

    def was_removed_since(self, moment: dt.datetime) -> bool:
        """Return whether somebody removed them later than ``moment``."""
        return self.removed_at is not None and self.removed_at > moment

    @property
    def is_paused(self) -> bool:
        """Whether they can't rate for now."""
        return self.paused_at is not None

    def rates_in(self, study_id: int | None) -> bool:
        """Return whether they may rate in a study, or outside of all of them (None): one of a crowd keeps to theirs."""
        return self.only_study_id in {None, study_id}

    @property
    def asked(self) -> int | None:
        """How many examples somebody of a crowd is asked for outside of studies, None: all there are."""
        link = self.invitation if self.role is Role.ANNOTATOR else None
        return link.asked if link is not None and link.study_id is None else None

    @property
    def only_study_id(self) -> int | None:
        """The one study that somebody of a crowd came for and keeps to, None for whoever may rate in others, too."""
        link = self.invitation if self.role is Role.ANNOTATOR else None
        return link.study_id if link is not None and link.parameter is not None else None


class Invitation(Lapsing, Base):
    """A link that makes whoever opens it a member. Only the token's hash is kept.

    ``email`` is where it was sent, ``person_id`` the new person whom a link for one has made. A crowd link has the name
    of the parameter that carries an external id, the code that is shown at the end, the address that takes it
    (``{code}`` in it stands for the code), and how many examples each is asked for (None: all there are). ``study_id``
    is the study that whoever joins is to rate in, None where it is for the project as a whole.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        in_project(),
        same_project("study_id", "studies"),
        CheckConstraint("uses >= 0 AND uses <= uses_allowed", name="uses"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    role: Mapped[Role] = mapped_column(choice(Role))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    uses_allowed: Mapped[int]
    uses: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[PersonId]
    created_at: Mapped[CreatedAt]
    email: Mapped[str | None] = mapped_column(String(254))
    sent_at: Mapped[dt.datetime | None]
    person_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("persons.id"))
    parameter: Mapped[str | None] = mapped_column(NameText(60))
    completion_code: Mapped[str | None] = mapped_column(NameText(60))
    completion_url: Mapped[str | None] = mapped_column(String(500))
    asked: Mapped[int | None]
    study_id: Mapped[int | None] = mapped_column(BigId)


class Attempt(Base):
    """One guess at a password or a link, by kind and by whom (a hash), so that guessing can be slowed down."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_key_hash_at", "key_hash", "at"), Index("ix_attempts_at", "at"))

    id: Mapped[Id]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[CreatedAt]
