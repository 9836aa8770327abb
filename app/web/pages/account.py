"""One's own account."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.models.people import LinkPurpose, Person
from app.people import accounts, links, throttle
from app.web.route import Route
from app.web.visit import Visit

router = APIRouter(route_class=Route)
Text = Annotated[str, Form()]


@router.get("/account", name="account.show")
def show(visit: Visit) -> Response:
    return visit.render("account/show.html", link="")


@router.post("/account/link", name="account.link")
def link(visit: Visit) -> Response:
    """Make a link that signs this person in on another device. It is shown once, in this answer."""
    with visit.writing() as session:
        person = session.get_one(Person, visit.person.id)
        token = links.new_link(session, person, actor_id=person.id)
    return visit.render("account/show.html", link=visit.sign_in_link(LinkPurpose.SIGN_IN, token))


@router.post("/account/name", name="account.rename")
def rename(visit: Visit, name: Text) -> Response:
    with visit.writing() as session:
        accounts.rename_person(session, session.get_one(Person, visit.person.id), name)
    return visit.redirect("account.show", notice="Your name is changed.")


@router.post("/account/password", name="account.password")
def password(visit: Visit, email: Text, password: Text, present: Text = "") -> Response:
    with visit.writing() as session:
        throttle.count(session, visit.settings, throttle.PRESENT_PASSWORD, str(visit.person.id))
    with visit.writing() as session:
        person = session.get_one(Person, visit.person.id)
        accounts.set_password(session, person, email=email, password=password, present=present, keep_token=visit.token)
    return visit.redirect("account.show", notice="Your password is set. Other devices are signed out.")
