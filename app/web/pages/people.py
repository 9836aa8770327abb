"""People: members of a project and the links that invite more."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.people import accounts, invitations
from app.web.visit import Visit

router = APIRouter(prefix="/projects/{project_id}/people")
Text = Annotated[str, Form()]


@router.get("", name="people.list")
def list_(visit: Visit) -> Response:
    with visit.reading() as session:
        return visit.render(
            "people/list.html",
            members=accounts.members_of(session, visit.project.id),
            invitations=invitations.open_invitations(session, visit.project.id),
            link="",
        )


@router.post("/invite", name="people.invite")
def invite(visit: Visit, role: Text, uses: Text = "1", days: Text = "7") -> Response:
    with visit.writing() as session:
        _, token = invitations.invite(
            session, visit.project.id, role=role, uses=uses, days=days, actor_id=visit.person.id
        )
    with visit.reading() as session:
        # Shown once, in this answer: only the hash is stored.
        return visit.render(
            "people/list.html",
            members=accounts.members_of(session, visit.project.id),
            invitations=invitations.open_invitations(session, visit.project.id),
            link=visit.link("join.show", token=token),
        )


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
