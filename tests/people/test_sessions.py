"""Signed-in browsers, and links that sign in once."""

import pytest
from sqlalchemy import select

from app.models.people import SignIn, SignInLink
from app.people.links import new_link
from app.people.sessions import person_of, revoke_sign_ins, sign_in, sign_out
from app.people.tokens import hash_token
from tests.factories import events, person


def test_a_cookie_stands_for_who_signed_in(session):
    ada, ben = person(session, "Ada"), person(session, "Ben")
    token = sign_in(session, ada, browser="Firefox", days=30)
    sign_in(session, ben, browser="Firefox", days=30)
    assert person_of(session, token) is ada
    assert [event.actor_id for event in events(session, "person.signed_in")] == [ada.id, ben.id]


@pytest.mark.parametrize("token", ["", "unknown", "\x00\ud800"])
def test_an_unknown_cookie_stands_for_nobody(session, token):
    sign_in(session, person(session), browser="", days=30)
    assert person_of(session, token) is None


def test_a_sign_in_ends_after_its_days(session, clock):
    token = sign_in(session, person(session), browser="", days=2)
    clock.forward(days=1, hours=23)
    assert person_of(session, token) is not None
    clock.forward(hours=2)
    assert person_of(session, token) is None


def test_signing_out_ends_this_browser_alone(session):
    ada = person(session)
    here, there = (sign_in(session, ada, browser="", days=30) for _ in range(2))
    sign_out(session, here, ada.id)
    assert person_of(session, here) is None
    assert person_of(session, there) is ada
    assert len(events(session, "person.signed_out")) == 1


def test_signing_out_everywhere_ends_all_of_one_person(session):
    ada, ben = person(session, "Ada"), person(session, "Ben")
    tokens = [sign_in(session, ada, browser="", days=30) for _ in range(3)]
    other = sign_in(session, ben, browser="", days=30)
    revoke_sign_ins(session, ada.id)
    assert [person_of(session, token) for token in tokens] == [None] * 3
    assert person_of(session, other) is ben


def test_the_database_holds_no_token(session):
    ada = person(session)
    cookie, link = sign_in(session, ada, browser="x" * 500, days=1), new_link(session, ada)
    stored = session.scalars(select(SignIn)).one()
    assert stored.token_hash == hash_token(cookie) != cookie.encode()
    assert stored.browser == "x" * 200
    assert session.scalars(select(SignInLink)).one().token_hash == hash_token(link)
