"""What the letters of an instance say."""

from app.models.people import Invitation, Role
from app.people.mail import Letter

_WHAT_FOR = {
    Role.VIEWER: "to look at it",
    Role.ANNOTATOR: "to rate examples",
    Role.CURATOR: "to curate it",
    Role.OWNER: "to own it together",
}


def invitation_letter(invitation: Invitation, *, project: str, inviter: str, link: str, study: str = "") -> Letter:
    """Return the letter that brings an invitation, into a ``study`` where it names one. The names in it were typed by
    people, so they stand in quotes."""
    what_for = f"to rate examples in the study “{study}”" if study else _WHAT_FOR[invitation.role]
    until = invitation.expires_at.strftime("%-d %B %Y")
    text = (
        f"{inviter} invites you to the project “{project}” {what_for}.\n\n"
        f"Open this link to start; there is nothing to install:\n{link}\n\n"
        f"It is for you alone and works until {until}. Open it again on another device to go on there.\n"
        "If you don’t know what this is about, do nothing.\n"
    )
    return Letter(invitation.email or "", f"Invitation to “{project}”", text)


def reset_letter(to: str, link: str) -> Letter:
    """Return the letter that lets somebody choose a new password."""
    text = (
        "Somebody, probably you, asked for a new password for Tamis.\n\n"
        f"Choose it here, within a day:\n{link}\n\n"
        "If it wasn’t you, do nothing: the old password goes on working.\n"
    )
    return Letter(to, "A new password for Tamis", text)
