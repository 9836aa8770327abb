"""Crowd links: for people of a platform such as Prolific, who come with an id of theirs and leave with a code."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from sqlalchemy import BindParameter, ScalarSelect, select
from sqlalchemy.orm import Session

from app.database import lock
from app.errors import InvalidInput
from app.models.events import Event
from app.models.people import Invitation, Membership, Person
from app.models.projects import Project
from app.people.accounts import create_person
from app.people.into_study import enter_study
from app.people.invitations import (
    JOINED,
    count_of,
    enrol,
    invite,
    is_guest,
    record_joining,
    use,
    working_invitation,
)
from app.text import clean_name

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_ID = re.compile(r"[A-Za-z0-9_.@:-]{1,100}")
_MOST_ASKED = 100_000
_BLANK = "{code}"
# Neither a name before the site, which could look like another site, nor anything that browsers read in their own way.
_URL = re.compile(r"https://[a-z0-9.-]*[a-z0-9](:[0-9]{1,5})?([/?#][!-\[\]-~]*)?", re.IGNORECASE)
_BAD_ADDRESS = "The address to return to must begin with https:// and name a site, such as https://app.prolific.com/…"
_CLOSED = "Your part in this is closed. Please return to where you found the link, and tell the people there."


@dataclass(frozen=True, slots=True)
class Completion:
    """What somebody takes back to the platform: a code, the address that takes it, empty where there is none."""

    code: str
    url: str


def invite_crowd(
    session: Session,
    project_id: int,
    *,
    parameter: str,
    completion_code: str,
    asked: str,
    uses: str,
    days: str,
    actor_id: int,
    study: str = "",
    completion_url: str = "",
) -> tuple[Invitation, str]:
    """Make a crowd link. Returns it with its token, which can't be had again. Raises InvalidInput.

    ``parameter`` is the name under which the platform adds its id to the link, ``asked`` how many examples each person
    is to rate, empty for all there are, in the ``study`` where one is named. ``{code}`` in the address to return to
    stands for the code; where the code is left empty, it is what the address has for ``cc``, as Prolific's do.
    """
    name = clean_name(parameter, "Name of the parameter", limit=60, required=True)
    if not _NAME.fullmatch(name):
        sentence = "The parameter is a name of letters, digits, dots, dashes and underscores, such as PROLIFIC_PID."
        raise InvalidInput(sentence, field="parameter")
    url = _parse_url(completion_url)
    code = clean_name(completion_code or _code_in(url), "Completion code", limit=60)
    _check_code(code, url)
    number = count_of(asked, "Examples for each", _MOST_ASKED) if asked.strip() else None
    more: dict[str, Any] = {"parameter": name, "completion_code": code or None, "asked": number}
    more["completion_url"] = url or None
    return invite(session, project_id, role="annotator", uses=uses, days=days, actor_id=actor_id, study=study, **more)


def take_part(session: Session, token: str, external_id: str, *, here: Person | None) -> Person:
    """Return who comes by a crowd link with an id: the same person for the same id, a new one for a new id.

    Whoever came by another link of the project before takes part by this one from now on.
    ``here`` is who this browser is signed in as. Raises InvalidInput where the link doesn't work, or for no good id.
    """
    invitation = working_invitation(session, token)
    if invitation.parameter is None or not _ID.fullmatch(external_id):
        raise InvalidInput("The link lacks your participant number. Open it from the page where you found it.")
    lock(session, Project, invitation.project_id)  # somebody who opens the link twice at once joins once
    if here is not None and not _is_participant(session, invitation.project_id, here.id):
        raise InvalidInput(f"You are signed in as {here.name} here. Open the link in a private window to take part.")
    member = _participant(session, invitation.project_id, external_id)
    if member is None:
        use(session, invitation)
        return _join(session, invitation, external_id)
    if not member.is_in or not is_guest(session, member.person_id, invitation.project_id):
        raise InvalidInput(_CLOSED)
    if member.invitation_id != invitation.id:
        _go_on_by(session, invitation, member)
    return session.get_one(Person, member.person_id)


def completion_of(invitation: Invitation) -> Completion:
    """Return what whoever came by a crowd link takes back to the platform once their work is done.

    Whether it is done is for the caller to say: the queue that hands the work out knows.
    """
    code, url = invitation.completion_code or "", invitation.completion_url or ""
    return Completion(code, url.replace(_BLANK, quote(code, safe="")))


def crowd_link_of(session: Session, project_id: int, person_id: int) -> Invitation | None:
    """Return the crowd link that somebody joined by, None where they didn't join by one."""
    return session.scalar(
        select(Invitation)
        .join(Membership, Membership.invitation_id == Invitation.id)
        .where(
            Membership.project_id == project_id,
            Membership.person_id == person_id,
            Membership.is_in,
            Invitation.parameter.is_not(None),
        )
    )


def asked_in_study(study_id: BindParameter[int], person_id: BindParameter[int]) -> ScalarSelect[int | None]:
    """Return the query of how many examples of a study somebody's crowd link asks them for; NULL: of no number."""
    return (
        select(Invitation.asked)
        .join(Membership, Membership.invitation_id == Invitation.id)
        .where(Membership.person_id == person_id, Invitation.study_id == study_id)
        .scalar_subquery()
    )


def _parse_url(typed: str) -> str:
    """Return the address to return to. Raises InvalidInput for any that a browser shouldn't be led to."""
    url = clean_name(typed, "Address to return to", limit=500)
    if not url:
        return ""
    if not _URL.fullmatch(url):
        raise InvalidInput(_BAD_ADDRESS, field="completion_url")
    return url


def _code_in(url: str) -> str:
    """Return the code that an address carries as Prolific's do: ``https://app.prolific.com/…?cc=CODE``."""
    found = parse_qs(urlsplit(url).query).get("cc", [""])[0]
    return "" if found == _BLANK else found


def _check_code(code: str, url: str) -> None:
    if _BLANK in url and not code:
        raise InvalidInput("Write the completion code that {code} in the address stands for.", field="completion_code")
    carried = _code_in(url)
    if carried and carried != code:
        raise InvalidInput(
            f"The address to return to carries another code, {carried}. Use one for both.", field="completion_code"
        )


def _join(session: Session, invitation: Invitation, external_id: str) -> Person:
    person = create_person(session, f"Participant {external_id}")
    enrol(session, invitation, person, None, external_id)
    session.flush()
    return person


def _go_on_by(session: Session, invitation: Invitation, member: Membership) -> None:
    """Let a participant take part by another link than before. Each link counts them once, whenever they change."""
    if invitation.id not in _came_by(session, member):
        use(session, invitation)
        record_joining(session, invitation, member.person_id)
    member.invitation_id = invitation.id
    enter_study(session, invitation, member.person_id, member.role)


def _came_by(session: Session, member: Membership) -> set[int]:
    """Return the ids of the invitations that a member has come by."""
    joined = select(Event.after).where(
        Event.project_id == member.project_id, Event.kind == JOINED, Event.subject_id == member.person_id
    )
    return {after["invitation"] for after in session.scalars(joined)}


def _participant(session: Session, project_id: int, external_id: str) -> Membership | None:
    return session.scalar(
        select(Membership).where(Membership.project_id == project_id, Membership.external_id == external_id)
    )


def _is_participant(session: Session, project_id: int, person_id: int) -> bool:
    found = select(Membership.id).where(
        Membership.project_id == project_id, Membership.person_id == person_id, Membership.external_id.is_not(None)
    )
    return session.scalar(found) is not None
