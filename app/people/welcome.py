"""What the link of an invitation does for who opens it: join, go on where a guest was, take part in a crowd."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.models.people import Invitation, Person, Role
from app.models.studies import Study
from app.people import crowd
from app.people.accounts import role_in
from app.people.into_study import study_of, why_not_now
from app.people.invitations import guest_of, invitation_of, redeem, working_invitation

LOOKS = (
    "You are a viewer in this project, and viewers don’t rate. Ask an owner of the project to make you an annotator, "
    "then open this link again."
)


@dataclass(frozen=True, slots=True)
class Welcome:
    """``guest`` is whom a used link takes in again, ``external_id`` what a crowd platform sent, ``study`` what the link
    leads into; None where there is none. ``delay`` says why they couldn't rate in it now, empty where they could."""

    invitation: Invitation
    guest: Person | None = None
    external_id: str | None = None
    study: Study | None = None
    delay: str = ""

    @property
    def only_looks(self) -> bool:
        """Whether somebody would rate by it but is a viewer, and stays one."""
        return self.delay == LOOKS


@dataclass(frozen=True, slots=True)
class Arrival:
    """``person`` has come in by ``invitation``. ``study`` is what they are to rate in, None where the invitation names
    none or they can't now, for which ``delay`` gives the reason."""

    invitation: Invitation
    person: Person
    study: Study | None = None
    delay: str = ""

    @property
    def only_looks(self) -> bool:
        """Whether they came in as a viewer, or stay one."""
        return self.invitation.role is Role.VIEWER or self.delay == LOOKS


def welcome(session: Session, token: str, sent: Mapping[str, str], *, here: Person | None = None) -> Welcome:
    """Return what a link offers, ``sent`` being what its address carried and ``here`` who this browser is signed in as.

    Raises InvalidInput where it is nothing.
    """
    invitation = working_invitation(session, token)
    study = study_of(session, invitation)
    if invitation.parameter is not None:
        delay = _delay(session, invitation, study, None, has_come=False)
        return Welcome(invitation, external_id=sent.get(invitation.parameter, ""), study=study, delay=delay)
    if (guest := guest_of(session, token)) is not None:
        delay = _delay(session, invitation, study, guest, has_come=True)
        return Welcome(invitation, guest=guest, study=study, delay=delay)
    delay = _delay(session, invitation, study, here, has_come=False)
    return Welcome(invitation_of(session, token), study=study, delay=delay)


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
    delay = _delay(session, invitation, study, person, has_come=True)
    return Arrival(invitation, person, None if delay else study, delay)


def _delay(
    session: Session, invitation: Invitation, study: Study | None, person: Person | None, *, has_come: bool
) -> str:
    """Return why somebody can't do now what an invitation is for, empty where they can. ``has_come``: they are in."""
    role = role_in(session, invitation.project_id, person.id) if person else None
    if role is Role.VIEWER and not invitation.role.includes(Role.VIEWER):
        return LOOKS
    return why_not_now(study, person.id if person and has_come else None) if study else ""
