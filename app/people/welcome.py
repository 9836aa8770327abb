"""What the link of an invitation does for who opens it: join, go on where a guest was, take part in a crowd."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.models.people import Invitation, Person
from app.people import crowd
from app.people.invitations import guest_of, invitation_of, redeem, working_invitation


@dataclass(frozen=True, slots=True)
class Welcome:
    """``guest`` is whom a used link takes in again, ``external_id`` what a crowd platform sent; None where neither."""

    invitation: Invitation
    guest: Person | None = None
    external_id: str | None = None


def welcome(session: Session, token: str, sent: Mapping[str, str]) -> Welcome:
    """Return what a link offers, ``sent`` being what its address carried. Raises InvalidInput where it is nothing."""
    invitation = working_invitation(session, token)
    if invitation.parameter is not None:
        return Welcome(invitation, external_id=sent.get(invitation.parameter, ""))
    if (guest := guest_of(session, token)) is not None:
        return Welcome(invitation, guest=guest)
    return Welcome(invitation_of(session, token))


def come_in(
    session: Session, token: str, *, here: Person | None, name: str, external_id: str, goes_on: bool
) -> tuple[Invitation, Person]:
    """Use a link. Returns its invitation and who comes in; ``here`` is who this browser is signed in as.

    ``goes_on``: they said that they are the guest whom the link was for.
    """
    invitation = working_invitation(session, token)
    if invitation.parameter is not None:
        return invitation, crowd.take_part(session, token, external_id, here=here)
    guest = guest_of(session, token) if goes_on and here is None else None
    return invitation, guest or redeem(session, token, person=here, name=name)
