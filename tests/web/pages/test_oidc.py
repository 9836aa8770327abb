"""Signing in by OpenID Connect: a provider over real HTTP, and everything that must not be believed."""

import time

import pytest
from joserfc import jwk
from sqlalchemy import func, select

from app.models.base import now
from app.models.people import Identity, Person
from app.people.accounts import set_password
from tests.people.provider import CLIENT, SECRET, open_provider
from tests.web.world import Browser


@pytest.fixture
def provider(app):
    with open_provider() as served:
        changes = {"oidc_issuer": served.url, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
        app.state.settings = type(app.state.settings)(**app.state.settings.model_dump() | changes)
        yield served


@pytest.fixture
def open_to_all(app, provider):
    app.state.settings = app.state.settings.model_copy(update={"oidc_new_accounts": True})
    return provider


def go(browser, provider, path="/sign-in/with?next=/account"):
    """Sign in as a browser does. Returns the answer to coming back."""
    away = browser.get(path)
    assert away.status_code == 303, away.text
    back = provider.authorize(away.headers["location"])
    return browser.get(back.removeprefix("http://testserver"))


def give_email(database, person_id, email, *, verified):
    with database.writing() as session:
        person = session.get_one(Person, person_id)
        set_password(session, person, email=email, password="a long password", present="", keep_token=None)
        person.email_verified_at = now() if verified else None


def count(database, entity):
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(entity))


def test_it_is_off_unless_set(nobody):
    assert nobody.get("/sign-in/with").status_code == 404
    assert nobody.get("/sign-in/back?code=1&state=1").status_code == 404
    assert "/sign-in/with" not in nobody.get("/sign-in").text


def test_an_identity_joins_the_account_with_the_same_verified_e_mail_and_stays(provider, app, persons, database):
    give_email(database, persons["Ana"], "jo@example.org", verified=True)
    browser = Browser(app)
    assert "Sign in with your organisation" in browser.get("/sign-in").text
    answer = go(browser, provider)
    assert answer.headers["location"] == "/account"
    assert "Ana" in browser.follow(answer).text
    provider.person |= {"email": "new@example.org"}  # the subject is who they are, whatever their e-mail becomes
    again = Browser(app)
    assert "Ana" in again.follow(go(again, provider)).text
    assert count(database, Identity) == 1


def test_an_e_mail_that_nobody_verified_here_joins_nothing(provider, app, persons, database):
    """Else somebody could set another's e-mail and wait for them to sign in."""
    give_email(database, persons["Ana"], "jo@example.org", verified=False)
    answer = go(Browser(app), provider)
    assert answer.status_code == 409
    assert "never shown to be yours" in answer.text
    assert count(database, Identity) == 0


@pytest.mark.parametrize("verified", [False, None, "false", 1])
def test_an_e_mail_that_the_provider_does_not_vouch_for_joins_nothing(open_to_all, app, persons, database, verified):
    give_email(database, persons["Ana"], "jo@example.org", verified=True)
    open_to_all.person |= {"email_verified": verified}
    assert go(Browser(app), open_to_all).status_code == 403
    assert count(database, Identity) == 0


def test_a_stranger_gets_an_account_only_where_the_settings_say_so(provider, app, database):
    before = count(database, Person)
    assert go(Browser(app), provider).status_code == 403
    app.state.settings = app.state.settings.model_copy(update={"oidc_new_accounts": True})
    browser = Browser(app)
    assert ">Jo<" in browser.follow(go(browser, provider)).text
    assert count(database, Person) == before + 1


def test_whoever_is_signed_in_connects_their_account(provider, app, ana, ben, persons, database):
    assert go(ana, provider).status_code == 303
    with database.reading() as session:
        person = session.get_one(Person, persons["Ana"])
        assert (person.email, person.email_verified_at is not None) == ("jo@example.org", True)
    provider.person |= {"sub": "jo-2"}
    assert go(ben, provider).status_code == 409
    browser = Browser(app)
    provider.person |= {"sub": "jo-1"}
    assert "Ana" in browser.follow(go(browser, provider)).text


LIES = {
    "for somebody else": {"aud": "another"},
    "by somebody else": {"iss": "https://evil.test"},
    "too old": {"exp": int(time.time()) - 3_600},
    "of another trip": {"nonce": "another"},
    "of no trip": {"nonce": None},
    "about nobody": {"sub": None},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_is_not_for_this_trip_is_refused(open_to_all, app, database, lie):
    open_to_all.claims = LIES[lie]
    assert go(Browser(app), open_to_all).status_code == 422
    assert count(database, Identity) == 0


@pytest.mark.parametrize(
    ("algorithm", "key"), [("ES256", jwk.ECKey.generate_key("P-256")), ("HS256", jwk.OctKey.import_key(SECRET))]
)
def test_a_token_that_the_provider_did_not_sign_is_refused(open_to_all, app, database, algorithm, key):
    open_to_all.algorithm, open_to_all.signs_with = algorithm, key
    assert go(Browser(app), open_to_all).status_code == 422
    assert count(database, Identity) == 0


def test_only_the_browser_that_set_out_comes_back(open_to_all, app):
    setter, other = Browser(app), Browser(app)
    back = open_to_all.authorize(setter.get("/sign-in/with").headers["location"]).removeprefix("http://testserver")
    assert other.get(back).status_code == 422
    other.get("/sign-in/with")
    assert other.get(back).status_code == 422
    assert setter.get(back).status_code == 303
    assert setter.get(back).status_code == 422  # once


def test_a_code_that_was_swapped_in_is_refused(open_to_all, app):
    """Its challenge is another browser's."""
    victim, attacker = Browser(app), Browser(app)
    theirs = open_to_all.authorize(attacker.get("/sign-in/with").headers["location"])
    ours = open_to_all.authorize(victim.get("/sign-in/with").headers["location"])
    code, state = theirs.split("code=")[1].split("&")[0], ours.split("state=")[1]
    assert victim.get(f"/sign-in/back?code={code}&state={state}").status_code == 422
    assert open_to_all.refused == ["token"]


@pytest.mark.parametrize("query", ["", "?error=access_denied&state=x", "?code=1", "?state=&code=1"])
@pytest.mark.usefixtures("provider")
def test_coming_back_without_an_answer_is_told(nobody, query):
    nobody.get("/sign-in/with")
    answer = nobody.get(f"/sign-in/back{query}")
    assert answer.status_code == 422
    assert "not finished" in answer.text


@pytest.mark.parametrize(
    "document", [{"issuer": "https://evil.test"}, {"token_endpoint": "http://evil.test/token"}, {"jwks_uri": None}]
)
def test_a_provider_that_says_it_is_another_is_refused(provider, nobody, document):
    provider.document = document
    assert nobody.get("/sign-in/with").status_code == 422


def test_a_provider_that_is_away_is_told(app, nobody):
    with open_provider() as gone:
        url = gone.url
    changes = {"oidc_issuer": url, "oidc_client_id": CLIENT}
    app.state.settings = app.state.settings.model_copy(update=changes)
    answer = nobody.get("/sign-in/with")
    assert answer.status_code == 422
    assert "can’t be reached" in answer.text


def test_it_leads_to_no_other_site(open_to_all, app):
    answer = go(Browser(app), open_to_all, "/sign-in/with?next=https://evil.test/")
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("J\u202eo\u200b \u3164", "Jo"),
        ("Jo\x00\ue000", "Jo\ufffd"),
        ("\u2800\u200b", "jo@example.org"),
        ("x" * 5_000, "x" * 120),
        ({"a": 1}, "{&#39;a&#39;: 1}"),
    ],
)
def test_a_name_that_the_provider_sends_is_tidied(open_to_all, app, database, name, shown):
    open_to_all.person |= {"name": name}
    browser = Browser(app)
    assert shown in browser.follow(go(browser, open_to_all)).text
    with database.reading() as session:
        assert session.scalars(select(Person.name).order_by(Person.id.desc())).first() in shown.replace("&#39;", "'")


@pytest.mark.parametrize(
    "email", ["j\u200bo@example.org", "jo@example.org\u202e", "jo@example.org\x00", "jo@exa\u00a0mple.org"]
)
def test_an_e_mail_that_only_looks_like_somebodys_joins_nothing(open_to_all, app, persons, database, email):
    give_email(database, persons["Ana"], "jo@example.org", verified=True)
    open_to_all.person |= {"email": email}
    assert go(Browser(app), open_to_all).status_code == 403
    assert count(database, Identity) == 0


def test_a_subject_that_no_database_takes_is_somebody_all_the_same(open_to_all, app, database):
    open_to_all.person |= {"sub": "jo\x00"}
    for _ in range(2):
        assert go(Browser(app), open_to_all).status_code == 303
    assert count(database, Identity) == 1
