"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.people import accounts, sessions, throttle
from app.web.visit import Visit

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/sign-in", name="sign_in.show")
def show(visit: Visit, next: str = "/") -> Response:  # noqa: A002 - the parameter's name in the URL
    if visit.person_or_none is not None:
        return visit.redirect_to(next)
    return visit.render("sign_in/show.html", next=next)


@router.post("/sign-in", name="sign_in.password")
def password(visit: Visit, email: Text, password: Text, next: Text = "/") -> Response:  # noqa: A002
    with visit.writing() as session:
        throttle.count_attempt(session, "password", visit.address, email.strip().lower())
    with visit.writing() as session:
        person = accounts.check_password(session, email, password)
        throttle.forgive(session, "password", visit.address, email.strip().lower())
        token = visit.sign_in(session, person)
    return visit.remember(visit.redirect_to(next), token)


@router.get("/sign-in/{token}", name="sign_in.link")
def link(visit: Visit, token: str, next: str = "/") -> Response:  # noqa: A002
    """Redeemed by GET: the link is printed in a terminal and opened by its owner, once."""
    with visit.writing() as session:
        throttle.count_attempt(session, "link", visit.address)
    with visit.writing() as session:
        person = sessions.redeem_sign_in_link(session, token)
        throttle.forgive(session, "link", visit.address)
        cookie = visit.sign_in(session, person)
    return visit.remember(visit.redirect_to(next), cookie)


@router.post("/sign-out", name="sign_out.here")
def sign_out(visit: Visit) -> Response:
    with visit.writing() as session:
        sessions.sign_out(session, visit.token or "", visit.person.id)
    return visit.forget(visit.redirect("sign_in.show", notice="You are signed out."))


@router.post("/sign-out/everywhere", name="sign_out.all")
def sign_out_everywhere(visit: Visit) -> Response:
    with visit.writing() as session:
        sessions.sign_out_everywhere(session, visit.person.id)
    return visit.forget(visit.redirect("sign_in.show", notice="You are signed out on every device."))
