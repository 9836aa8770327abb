"""People: members of a project, how far they are, and the links that invite more."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.insights import progress
from app.models.people import Invitation
from app.people import accounts, crowd, invitations, letters, mail, members
from app.people.questionnaire import QUESTIONS
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/people")
Text = Annotated[str, Form()]
Yes = Annotated[bool, Form()]


@router.get("", name="people.list")
def list_(visit: Visit) -> Response:
    return _page(visit)


@router.get("/members.csv", name="people.download")
def download(visit: Visit) -> Response:
    with visit.reading() as session:
        text = progress.write_members(progress.parts_of(session, visit.project.id))
    headers = {"content-disposition": 'attachment; filename="people.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/invite", name="people.invite")
def invite(visit: Visit, role: Text, uses: Text = "1", days: Text = "7") -> Response:
    with visit.writing() as session:
        _, token = invitations.invite(
            session, visit.project.id, role=role, uses=uses, days=days, actor_id=visit.person.id
        )
    # Shown once, in this answer: only the hash is stored.
    return _page(visit, shown=[(visit.link("join.show", token=token), "")])


@router.post("/invite-by-mail", name="people.mail")
def invite_by_mail(visit: Visit, role: Text, emails: Text, days: Text = "7") -> Response:
    """Send a link to each address. Whoever doesn't get theirs is named with it, to be sent by other means."""
    with visit.writing() as session:
        made = invitations.invite_each(
            session, visit.project.id, role=role, emails=emails, days=days, actor_id=visit.person.id
        )
    links = {each.email or "": visit.link("join.show", token=token) for each, token in made}
    unsent = _send(visit, [each for each, _ in made], links)
    with visit.writing() as session:
        invitations.note_sent(session, [each.id for each, _ in made if each.email not in unsent])
    sent = len(made) - len(unsent)
    told = f"{sent} invitation{'s' if sent != 1 else ''} sent." if sent else ""
    return _page(visit, told=told, shown=[(links[to], f"For {to}. {reason}") for to, reason in unsent.items()])


@router.post("/invite-crowd", name="people.crowd")
def invite_crowd(
    visit: Visit,
    parameter: Text = "PROLIFIC_PID",
    completion_code: Text = "",
    asked: Text = "",
    uses: Text = "100",
    days: Text = "30",
) -> Response:
    with visit.writing() as session:
        invitation, token = crowd.invite_crowd(
            session,
            visit.project.id,
            parameter=parameter,
            completion_code=completion_code,
            asked=asked,
            uses=uses,
            days=days,
            actor_id=visit.person.id,
        )
    return _page(visit, shown=[(f"{visit.link('join.show', token=token)}?{_placeholder(invitation)}", "")])


@router.post("/invitations/{invitation_id}/revoke", name="people.revoke")
def revoke(visit: Visit, invitation_id: int) -> Response:
    with visit.writing() as session:
        invitations.revoke_invitation(session, visit.project.id, invitation_id, visit.person.id)
    return visit.redirect("people.list", project_id=visit.project.id, notice="The invitation is withdrawn.")


@router.post("/members/{member_id}", name="people.change")
def change(visit: Visit, member_id: int, role: Text) -> Response:
    with visit.writing() as session:
        new_role = None if role == "removed" else invitations.parse_role(role)
        accounts.change_member(session, visit.project.id, member_id, new_role, visit.person.id)
    return visit.redirect("people.list", project_id=visit.project.id, notice="Saved.")


@router.post("/members/{member_id}/pause", name="people.pause")
def pause(visit: Visit, member_id: int, paused: Yes) -> Response:
    with visit.writing() as session:
        member = members.pause_member(session, visit.project.id, member_id, paused=paused, actor_id=visit.person.id)
        name = member.person.name
    told = f"{name} is paused and is told so." if paused else f"{name} can go on rating."
    return visit.redirect("people.list", project_id=visit.project.id, notice=told)


@router.post("/members/{member_id}/leave-out", name="people.leave_out")
def leave_out(visit: Visit, member_id: int, left_out: Yes) -> Response:
    with visit.writing() as session:
        member = members.leave_out(session, visit.project.id, member_id, left_out=left_out, actor_id=visit.person.id)
        name = member.person.name
    told = f"Reports leave {name}’s ratings out. They stay stored." if left_out else f"{name}’s ratings count again."
    return visit.redirect("people.list", project_id=visit.project.id, notice=told)


@router.post("/members/{member_id}/link", name="people.link")
def link(visit: Visit, member_id: int) -> Response:
    with visit.writing() as session:
        purpose, token = members.link_for_member(session, visit.project.id, member_id, visit.person.id)
        name = members.member_in(session, visit.project.id, member_id).person.name
    return _page(visit, shown=[(visit.sign_in_link(purpose, token), f"For {name} alone: works once, within a day.")])


def _send(visit: Visitor, made: list[Invitation], links: dict[str, str]) -> dict[str, str]:
    """Send the letters of these invitations. Returns why some were not, by address."""
    if not mail.sends_mail(visit.settings):
        return dict.fromkeys(links, "This Tamis has no mail server: send the link yourself.")
    written = [
        letters.invitation_letter(
            each, project=visit.project.name, inviter=visit.person.name, link=links[each.email or ""]
        )
        for each in made
    ]
    return mail.send_letters(visit.settings, written)


def _placeholder(invitation: Invitation) -> str:
    """What the platform fills in: Prolific's own placeholder for its own parameter."""
    name = invitation.parameter or ""
    return f"{name}={{{{%{name}%}}}}" if name == "PROLIFIC_PID" else f"{name}="


def _page(visit: Visitor, *, told: str = "", shown: list[tuple[str, str]] | None = None) -> Response:
    """Show the page, with links that are shown once, each with a remark."""
    with visit.reading() as session:
        values: dict[str, Any] = {
            "parts": progress.parts_of(session, visit.project.id),
            "invitations": invitations.open_invitations(session, visit.project.id),
        }
        sends = mail.sends_mail(visit.settings)
        return visit.render(
            "people/list.html", **values, shown=shown or [], told=told, sends=sends, questions=QUESTIONS
        )
