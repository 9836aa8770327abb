"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from app.errors import NotFound
from app.models.people import LinkPurpose
from app.people import accounts, identities, letters, links, mail, oidc, sessions, throttle
from app.web.route import Route
from app.web.visit import Visit, Visitor

router = APIRouter(route_class=Route)
Text = Annotated[str, Form()]


@router.get("/sign-in", name="sign_in.show")
def show(visit: Visit, next: str = "/") -> Response:  # noqa: A002 - the parameter's name in the URL
    if visit.person_or_none is not None:
        return visit.redirect_to(next)
    return visit.render("sign_in/show.html", next=next)


@router.post("/sign-in", name="sign_in.password")
def password(visit: Visit, email: Text, password: Text, next: Text = "/") -> Response:  # noqa: A002
    with visit.writing() as session:
        known = visit.known_by if sessions.has_signed_in(session, email, visit.known_by) else ""
        guess = throttle.count_guess(session, visit.settings, email, visit.address, known=known)
    with visit.writing() as session:
        person = accounts.check_password(session, email, password)
        throttle.forget_guess(session, guess)
        token = visit.sign_in(session, person)
    return visit.remember(visit.redirect_to(next), token)


@router.get("/sign-in/forgotten", name="sign_in.forgotten")
def forgotten(visit: Visit) -> Response:
    return visit.render("sign_in/forgotten.html", sends=not mail.why_no_mail(visit.settings), told=False)


@router.post("/sign-in/forgotten", name="sign_in.send")
def send(visit: Visit, email: Text) -> Response:
    """Send a link to choose a new password, if there is an account: the answer is the same, as is the time it takes."""
    with visit.writing() as session:
        throttle.count(session, visit.settings, throttle.RESETS, visit.address, email.strip().lower())
    letter = None
    with visit.writing() as session:
        sends = not mail.why_no_mail(visit.settings)
        person = accounts.person_with_email(session, email)
        if sends and person is not None and person.email is not None:
            token = links.new_link(session, person, purpose=LinkPurpose.RESET, email=person.email)
            letter = letters.reset_letter(person.email, visit.link("sign_in.reset", reset_token=token))
    response = visit.render("sign_in/forgotten.html", sends=sends, told=True)
    response.background = BackgroundTask(mail.send_letters, visit.settings, [letter]) if letter else None
    return response


@router.get("/sign-in/reset/{reset_token}", name="sign_in.reset")
def reset(visit: Visit, reset_token: str) -> Response:
    with visit.slowing_guesses(), visit.reading() as session:
        link = links.link_of(session, reset_token, LinkPurpose.RESET)
        return visit.render("sign_in/reset.html", token=reset_token, email=accounts.email_of(session, link.person_id))


@router.post("/sign-in/reset/{reset_token}", name="sign_in.choose")
def choose(visit: Visit, reset_token: str, email: Text, password: Text) -> Response:
    with visit.slowing_guesses(), visit.writing() as session:
        person = accounts.reset_password(session, reset_token, email=email, password=password)
        cookie = visit.sign_in(session, person)
    notice = "Your new password is set. Other devices are signed out."
    return visit.remember(visit.redirect("home.show", notice=notice), cookie)


@router.get("/sign-in/here/{link_token}", name="sign_in.arrive")
def arrive(visit: Visit, link_token: str) -> Response:
    """Ask before a link is used up: programs that show what a link leads to open it, too."""
    return _ask(visit, link_token, "/")


@router.post("/sign-in/here/{link_token}", name="sign_in.enter")
def enter(visit: Visit, link_token: str, next: Text = "/") -> Response:  # noqa: A002
    return _enter(visit, link_token, next)


@router.get("/sign-in/with", name="sign_in.provider")
def provider(visit: Visit, next: str = "/") -> Response:  # noqa: A002
    """Set out for the provider. By GET: a form that leads to another site would break our own policy."""
    _needs_provider(visit)
    with visit.writing() as session:
        throttle.count(session, visit.settings, throttle.PROVIDER, visit.address)
    address, trip = oidc.set_out(visit.settings, visit.link("sign_in.back"), next_=next or "/")
    return visit.remember_trip(RedirectResponse(address, status_code=303), trip.packed())


@router.get("/sign-in/back", name="sign_in.back")
def back(visit: Visit) -> Response:
    """Come back from the provider. What the browser kept shows that it had set out itself."""
    _needs_provider(visit)
    trip = oidc.Trip.unpacked(visit.trip)
    claims = oidc.come_back(visit.settings, visit.link("sign_in.back"), visit.request.query_params, trip)
    with visit.writing() as session:
        person = identities.person_for(
            session, claims, here=visit.person_or_none, makes_accounts=visit.settings.oidc_new_accounts
        )
        cookie = visit.sign_in(session, person)
    return visit.remember(visit.remember_trip(visit.redirect_to(trip.next), ""), cookie)


def _needs_provider(visit: Visitor) -> None:
    if not visit.settings.has_oidc:
        raise NotFound("There is no page at this address.")


@router.get("/sign-in/{token}", name="sign_in.link")
def link(visit: Visit, token: str, next: str = "/") -> Response:  # noqa: A002
    """Used up by GET where its owner opens it from a terminal: then no site leads there, as the browser says itself.

    Anybody else is asked first: whoever another site leads here, whoever is signed in, and programs that look ahead.
    """
    is_opened_by_hand = visit.request.headers.get("sec-fetch-site") == "none"
    if is_opened_by_hand and visit.person_or_none is None:
        return _enter(visit, token, next)
    return _ask(visit, token, next)


def _ask(visit: Visitor, token: str, then: str) -> Response:
    with visit.slowing_guesses(), visit.reading() as session:
        link = links.link_of(session, token, LinkPurpose.SIGN_IN)
        who = accounts.person_by_id(session, link.person_id)
        return visit.render("sign_in/arrive.html", token=token, then=then, who=who, here=visit.person_or_none)


def _enter(visit: Visitor, token: str, then: str) -> Response:
    with visit.slowing_guesses(), visit.writing() as session:
        person = links.redeem_sign_in_link(session, token)
        cookie = visit.sign_in(session, person)
    return visit.remember(visit.redirect_to(then), cookie)


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
