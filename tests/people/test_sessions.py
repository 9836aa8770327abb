"""Signed-in browsers, and links that sign in once."""

import pytest
from sqlalchemy import select

from app.errors import InvalidInput
from app.models.people import SignIn, SignInLink
from app.people.sessions import (
    new_sign_in_link,
    person_of,
    redeem_sign_in_link,
    revoke_sign_ins,
    sign_in,
    sign_out,
)
from app.people.tokens import hash_token
from tests.factories import events, person
from tests.racing import race


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
    cookie, link = sign_in(session, ada, browser="x" * 500, days=1), new_sign_in_link(session, ada)
    stored = session.scalars(select(SignIn)).one()
    assert stored.token_hash == hash_token(cookie) != cookie.encode()
    assert stored.browser == "x" * 200
    assert session.scalars(select(SignInLink)).one().token_hash == hash_token(link)


def test_a_sign_in_link_works_once(session):
    ada = person(session)
    link = new_sign_in_link(session, ada)
    assert redeem_sign_in_link(session, link) is ada
    with pytest.raises(InvalidInput, match="used already or is too old"):
        redeem_sign_in_link(session, link)


def test_a_sign_in_link_works_for_a_day(session, clock):
    link = new_sign_in_link(session, person(session))
    clock.forward(hours=23, minutes=59)
    assert redeem_sign_in_link(session, link)
    late = new_sign_in_link(session, person(session))
    clock.forward(hours=24, minutes=1)
    with pytest.raises(InvalidInput, match="too old"):
        redeem_sign_in_link(session, late)


def test_a_new_sign_in_link_ends_the_unused_ones_before_it(session):
    ada, ben = person(session, "Ada"), person(session, "Ben")
    old, other = new_sign_in_link(session, ada), new_sign_in_link(session, ben)
    new = new_sign_in_link(session, ada)
    with pytest.raises(InvalidInput):
        redeem_sign_in_link(session, old)
    assert redeem_sign_in_link(session, new) is ada
    assert redeem_sign_in_link(session, other) is ben


def test_an_unknown_sign_in_link_is_refused(session):
    with pytest.raises(InvalidInput, match="tamis sign-in"):
        redeem_sign_in_link(session, "\x00unknown\ud800")


def test_a_sign_in_link_opened_twice_at_the_same_moment_works_once(database):
    with database.writing() as session:
        link = new_sign_in_link(session, person(session))

    def redeem():
        with database.writing() as session:
            return redeem_sign_in_link(session, link).name

    outcomes = race(*[redeem] * 4)
    assert outcomes.count("Ada") == 1
    assert sum(isinstance(outcome, InvalidInput) for outcome in outcomes) == 3
