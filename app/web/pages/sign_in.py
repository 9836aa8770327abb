"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Form
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.models.people import Person
from app.people import accounts, sessions, throttle
from app.web.visit import COOKIE, Visit, Visitor

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/sign-in", name="sign_in.show")
def show(visit: Visit, next: str = "/") -> Response:  # noqa: A002 - the parameter's name in the URL
    if visit.person_or_none is not None:
        return visit.redirect_to(local_path(next))
    return visit.render("sign_in/show.html", next=local_path(next))


@router.post("/sign-in", name="sign_in.password")
def password(visit: Visit, email: Text, password: Text, next: Text = "/") -> Response:  # noqa: A002
    with visit.writing() as session:
        throttle.count_attempt(session, "password", visit.address, email.strip().lower())
    with visit.writing() as session:
        person = accounts.check_password(session, email, password)
        throttle.forgive(session, "password", visit.address, email.strip().lower())
        token = sign_in_here(visit, session, person)
    return with_cookie(visit, visit.redirect_to(local_path(next)), token)


@router.get("/sign-in/{token}", name="sign_in.link")
def link(visit: Visit, token: str) -> Response:
    """Redeemed by GET: the link is printed in a terminal and opened by its owner, once."""
    with visit.writing() as session:
        throttle.count_attempt(session, "link", visit.address)
    with visit.writing() as session:
        person = sessions.redeem_sign_in_link(session, token)
        throttle.forgive(session, "link", visit.address)
        cookie = sign_in_here(visit, session, person)
    return with_cookie(visit, visit.redirect("home.show"), cookie)


@router.post("/sign-out", name="sign_out.here")
def sign_out(visit: Visit) -> Response:
    with visit.writing() as session:
        sessions.sign_out(session, visit.token or "", visit.person.id)
    return without_cookie(visit.redirect("sign_in.show", notice="You are signed out."))


@router.post("/sign-out/everywhere", name="sign_out.all")
def sign_out_everywhere(visit: Visit) -> Response:
    with visit.writing() as session:
        sessions.revoke_sign_ins(session, visit.person.id)
    return without_cookie(visit.redirect("sign_in.show", notice="You are signed out on every device."))


def local_path(path: str) -> str:
    """Return ``path`` where it leads to this site, else the home page: a link must not send people elsewhere."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path and "\r" not in path
    return path if is_local else "/"


def with_cookie(visit: Visitor, response: Response, token: str) -> Response:
    """Return ``response`` with the sign-in's cookie."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=visit.settings.sign_in_days * 86_400,
        path="/",
        httponly=True,
        samesite="lax",
        secure=visit.request.url.scheme == "https",
    )
    return response


def without_cookie(response: Response) -> Response:
    """Return ``response`` with the sign-in's cookie removed."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return response


def sign_in_here(visit: Visitor, session: Session, person: Person) -> str:
    """Sign this browser in; returns the token for its cookie."""
    browser = visit.request.headers.get("user-agent", "")
    return sessions.sign_in(session, person, browser=browser, days=visit.settings.sign_in_days)
