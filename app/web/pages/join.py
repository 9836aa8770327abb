"""Joining a project by an invitation's link: seen by GET, used by POST."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.people import invitations, throttle
from app.projects import project_by_id
from app.web.visit import Visit

router = APIRouter()


@router.get("/join/{token}", name="join.show")
def show(visit: Visit, token: str) -> Response:
    with visit.writing() as session:
        throttle.count_attempt(session, "invitation", visit.address)
    with visit.writing() as session:
        invitation = invitations.invitation_of(session, token)
        throttle.forgive(session, "invitation", visit.address)
        project = project_by_id(session, invitation.project_id)
        return visit.render("join/show.html", token=token, invited_to=project, role=invitation.role)


@router.post("/join/{token}", name="join.redeem")
def redeem(visit: Visit, token: str, name: Annotated[str, Form()] = "") -> Response:
    with visit.writing() as session:
        throttle.count_attempt(session, "invitation", visit.address)
    with visit.writing() as session:
        project_id = invitations.invitation_of(session, token).project_id
        person = invitations.redeem(session, token, person=visit.person_or_none, name=name)
        throttle.forgive(session, "invitation", visit.address)
        cookie = None if visit.person_or_none else visit.sign_in(session, person)
    response = visit.redirect("rate.next", project_id=project_id)
    return visit.remember(response, cookie) if cookie else response
