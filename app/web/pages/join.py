"""Joining a project by an invitation's link: seen by GET, used by POST."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.people import welcome
from app.people.welcome import Arrival
from app.projects import project_by_id
from app.web.route import Route
from app.web.visit import Visit, Visitor

router = APIRouter(route_class=Route)
Text = Annotated[str, Form()]


@router.get("/join/{token}", name="join.show")
def show(visit: Visit, token: str) -> Response:
    with visit.slowing_guesses(), visit.reading() as session:
        offer = welcome.welcome(session, token, visit.request.query_params, here=visit.person_or_none)
        project = project_by_id(session, offer.invitation.project_id)
        return visit.render("join/show.html", token=token, invited_to=project, offer=offer)


@router.post("/join/{token}", name="join.redeem")
def redeem(
    visit: Visit, token: str, name: Text = "", external_id: Text = "", goes_on: Annotated[bool, Form()] = False
) -> Response:
    here = visit.person_or_none
    with visit.slowing_guesses(), visit.writing() as session:
        arrival = welcome.come_in(session, token, here=here, name=name, external_id=external_id, goes_on=goes_on)
        cookie = None if here and here.id == arrival.person.id else visit.sign_in(session, arrival.person)
    response = _first_page(visit, arrival)
    return visit.remember(response, cookie) if cookie else response


def _first_page(visit: Visitor, arrival: Arrival) -> Response:
    """Lead whoever came in to what the invitation was for."""
    project_id = arrival.invitation.project_id
    if arrival.study is not None:
        return visit.redirect("studies.rate", project_id=project_id, study_id=arrival.study.id)
    if arrival.only_looks:
        return visit.redirect("projects.show", project_id=project_id, notice=arrival.delay)
    return visit.redirect("own.show" if arrival.delay else "rate.next", project_id=project_id, notice=arrival.delay)
