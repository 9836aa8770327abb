"""What the link of an invitation does for who opens it: join, go on where a guest was, take part in a crowd."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.models.people import Invitation, Person
from app.models.studies import Study
from app.people import crowd
from app.people.into_study import study_of, why_not_now
from app.people.invitations import guest_of, invitation_of, redeem, working_invitation


@dataclass(frozen=True, slots=True)
class Welcome:
    """``guest`` is whom a used link takes in again, ``external_id`` what a crowd platform sent, ``study`` what the link
    leads into; None where there is none. ``delay`` says why they couldn't rate in it now, empty where they could."""

    invitation: Invitation
    guest: Person | None = None
    external_id: str | None = None
    study: Study | None = None

    @property
    def delay(self) -> str:
        return why_not_now(self.study, self.guest.id if self.guest else None) if self.study else ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """``person`` has come in by ``invitation``. ``study`` is what they are to rate in, None where the invitation names
    none or they can't now, for which ``delay`` gives the reason."""

    invitation: Invitation
    person: Person
    study: Study | None = None
    delay: str = ""


def welcome(session: Session, token: str, sent: Mapping[str, str]) -> Welcome:
    """Return what a link offers, ``sent`` being what its address carried. Raises InvalidInput where it is nothing."""
    invitation = working_invitation(session, token)
    study = study_of(session, invitation)
    if invitation.parameter is not None:
        return Welcome(invitation, external_id=sent.get(invitation.parameter, ""), study=study)
    if (guest := guest_of(session, token)) is not None:
        return Welcome(invitation, guest=guest, study=study)
    return Welcome(invitation_of(session, token), study=study)


def come_in(
    session: Session, token: str, *, here: Person | None, name: str, external_id: str, goes_on: bool
) -> Arrival:
    """Use a link. ``here`` is who this browser is signed in as; ``goes_on``: they said that they are the guest whom the
    link was for."""
    invitation = working_invitation(session, token)
    if invitation.parameter is not None:
        person = crowd.take_part(session, token, external_id, here=here)
    else:
        guest = guest_of(session, token) if goes_on else None
        is_guest = guest is not None and (here is None or here.id == guest.id)
        person = guest if guest and is_guest else redeem(session, token, person=here, name=name)
    study = study_of(session, invitation)
    delay = why_not_now(study, person.id) if study else ""
    return Arrival(invitation, person, None if delay else study, delay)
