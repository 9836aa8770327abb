"""Signing in with a link or a password, and out again."""

import re

import pytest
from sqlalchemy import update

from app.models.base import now
from app.models.people import Person, SignIn
from app.people.accounts import create_person, set_password
from app.people.links import new_link
from tests.people.mailbox import SITE, open_mailbox, with_mail
from tests.web.html import parse
from tests.web.world import BY_HAND, Browser


@pytest.fixture
def link(persons, database):
    with database.writing() as session:
        return new_link(session, session.get_one(Person, persons["Ana"]))


def test_a_link_signs_in_once(app, link):
    first, second = Browser(app), Browser(app)
    answer = first.get(f"/sign-in/{link}?next=/account", headers=BY_HAND)
    assert answer.headers["location"] == "/account"
    assert "Ana" in first.follow(answer).text
    assert second.get(f"/sign-in/{link}", headers=BY_HAND).status_code == 422
    assert second.get("/account").status_code == 303


def test_an_e_mail_in_any_case_and_its_password_sign_in(app, persons, database):
    with database.writing() as session:
        ben = session.get_one(Person, persons["Ben"])
        set_password(session, ben, email="Ben@Example.org", password="a long password", present="", keep_token=None)
    browser = Browser(app)
    answer = browser.submit(
        "sign_in.password", {"email": " BEN@example.org ", "password": "a long password", "next": "/account"}
    )
    assert "Ben" in browser.follow(answer).text
    wrong = {"email": "ben@example.org", "password": "a long passworD"}
    unknown = {"email": "nobody@example.org", "password": "a long password"}
    assert Browser(app).submit("sign_in.password", wrong).text == Browser(app).submit("sign_in.password", unknown).text


def test_signing_out_ends_this_browser_and_everywhere_ends_all(app, persons, nobody):
    here, there = Browser(app, persons["Ana"]), Browser(app, persons["Ana"])
    kept = dict(here.cookies)
    assert "You are signed out." in here.follow(here.submit("sign_out.here")).text
    assert Browser(app).get("/account", headers={"cookie": f"tamis_sign_in={kept['tamis_sign_in']}"}).status_code == 303
    assert there.get("/account").status_code == 200
    third = Browser(app, persons["Ana"])
    third.submit("sign_out.all")
    assert there.get("/account").status_code == 303
    assert nobody.submit("sign_out.here").headers["location"] == "/sign-in?next=/"


def test_a_sign_in_that_is_too_old_is_none(ana, database):
    with database.writing() as session:
        session.execute(update(SignIn).values(expires_at=now()))
    assert ana.get("/account").status_code == 303


def test_who_is_signed_in_already_goes_on(ana):
    assert ana.get("/sign-in?next=/account").headers["location"] == "/account"


def test_a_forgotten_password_is_chosen_anew_by_a_letter(app, persons, database):
    with database.writing() as session:
        ben = session.get_one(Person, persons["Ben"])
        set_password(session, ben, email="ben@example.org", password="a long password", present="", keep_token=None)
    browser = Browser(app)
    with open_mailbox() as box:
        app.state.settings = with_mail(app.state.settings, box)
        known = browser.submit("sign_in.send", {"email": "Ben@example.org"})
        unknown = browser.submit("sign_in.send", {"email": "nobody@example.org"})
    assert known.text == unknown.text
    assert [each["To"] for each in box.letters] == ["ben@example.org"]
    path = re.search(rf"{SITE}(/sign-in/reset/\S+)", box.letters[0].get_content()).group(1)
    app.state.settings = app.state.settings.model_copy(update={"base_url": ""})  # the cookie would be for HTTPS
    assert 'value="ben@example.org"' in browser.get(path).text
    answer = browser.post(path, data={"email": "ben@example.org", "password": "a better password"})
    assert "Your new password is set." in browser.follow(answer).text
    wrong = Browser(app).submit("sign_in.password", {"email": "ben@example.org", "password": "a long password"})
    assert wrong.status_code == 422
    assert Browser(app).get(path).status_code == 422


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin", None])
def test_a_link_that_another_page_leads_to_asks_first(app, link, site):
    browser = Browser(app)
    page = browser.get(f"/sign-in/{link}?next=/account", headers={"sec-fetch-site": site} if site else {})
    assert page.status_code == 200
    assert "You are Ana" in parse(page.text).text
    assert browser.get("/account").status_code == 303
    answer = browser.post(f"/sign-in/here/{link}", data={"next": "/account"})
    assert answer.headers["location"] == "/account"
    assert browser.get("/account").status_code == 200


def test_a_link_never_takes_the_place_of_who_is_signed_in_without_asking(ben, link):
    page = ben.get(f"/sign-in/{link}", headers=BY_HAND)
    assert page.status_code == 200
    assert "You are signed in as Ben here. This link is for Ana" in parse(page.text).text
    assert "Ben" in ben.get("/account").text
    ben.post(f"/sign-in/here/{link}")
    assert "Ana" in ben.get("/account").text


def test_a_letter_never_leads_where_the_request_says(app, persons, database):
    with database.writing() as session:
        ben = session.get_one(Person, persons["Ben"])
        set_password(session, ben, email="ben@example.org", password="a long password", present="", keep_token=None)
    asked = {
        "data": {"email": "ben@example.org"},
        "headers": {"host": "evil.example", "x-forwarded-host": "evil.example"},
    }
    with open_mailbox() as box:
        app.state.settings = with_mail(app.state.settings, box)
        Browser(app).post("/sign-in/forgotten", **asked)
        app.state.settings = app.state.settings.model_copy(update={"base_url": ""})
        Browser(app).post("/sign-in/forgotten", **asked)
    (letter,) = box.letters
    assert f"{SITE}/sign-in/reset/" in letter.get_content()
    assert "evil" not in letter.as_string()


@pytest.mark.parametrize(
    ("base_url", "is_secure"), [("", False), ("http://tamis.example.org", False), ("https://tamis.example.org", True)]
)
def test_the_cookie_is_for_https_where_the_instance_is_reached_by_it(app, base_url, is_secure):
    app.state.settings = app.state.settings.model_copy(update={"base_url": base_url})
    with app.state.database.writing() as session:
        token = new_link(session, create_person(session, "Dora"))
    answer = Browser(app).get(f"/sign-in/{token}", headers=BY_HAND)
    assert ("Secure" in answer.headers["set-cookie"]) is is_secure


def test_without_a_mail_server_a_forgotten_password_is_told_whom_to_ask(nobody):
    assert "Ask an owner" in nobody.visit("sign_in.forgotten").text
