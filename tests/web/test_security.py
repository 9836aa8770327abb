"""What protects people: headers, the check of where a request comes from, cookies, escaping, slowed guesses."""

import logging
import re

import pytest
from sqlalchemy import select

from app.models.base import Base
from app.models.people import Person
from app.people.accounts import set_password
from app.people.links import new_link
from app.text import tidy_name
from tests.web.html import parse
from tests.web.routes import SAFE, UNSAFE, form_of
from tests.web.world import BY_HAND, Browser, end_job, end_run, fill

UNSET = {"present": "", "keep_token": None}
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>{{ 7 * 191 }}{% raw %}\u202eevil\u2066'
EVIL = [
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "https://evil.example",
    "/\t/evil",
    "\\\\evil",
    "evil",
]
NOT_PAGES = {
    "health.show",
    "releases.download",
    "calls.download",
    "comparisons.download",
    "studies.download",
    "people.download",
    "studies.back",
    "sign_in.link",
    "join.show",
    "projects.show",
    "rate.back",
}


def test_every_answer_carries_the_headers(nobody, olga, place):
    for answer in (
        nobody.get("/"),
        nobody.get("/nowhere"),
        olga.get("/"),
        olga.get("/static/app.css"),
        olga.get("/x" * 9),
    ):
        policy = answer.headers["content-security-policy"].split("; ")
        assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= set(policy)
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
    assert place.id


def test_pages_are_not_kept_and_files_have_a_stamp(olga, place):
    page = olga.visit("candidates.list", project_id=place.id)
    assert page.headers["cache-control"] == "no-store"
    files = [each["href"] or each["src"] for each in parse(page.text).all("link", "script")]
    assert len(files) >= 6
    for each in files:
        assert each.startswith("/static/")
        assert "?" in each
        answer = olga.get(each)
        assert answer.status_code == 200
        assert "no-store" not in answer.headers.get("cache-control", "")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "none"}, 303),
        ({"sec-fetch-site": "cross-site", "origin": "http://testserver"}, 403),
        ({"origin": "http://testserver"}, 303),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://testserver.evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        ({}, 303),
    ],
)
def test_changes_come_from_this_site_alone(olga, headers, status):
    assert olga.post("/account/name", data={"name": "Olga"}, headers=headers).status_code == status
    assert olga.get("/account", headers=headers).status_code == 200


def test_no_change_is_let_in_from_another_site(nobody, place):
    for route in UNSAFE:
        path = nobody.path(route.name, **place.of(route))
        answer = nobody.post(path, data=form_of(route.name, place), headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403, route.name
        assert answer.headers["content-security-policy"]


@pytest.mark.parametrize(("base", "is_secure"), [("http://testserver", False), ("https://testserver", True)])
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app, persons, database, base, is_secure):
    with database.writing() as session:
        token = new_link(session, session.get_one(Person, persons["Ana"]))
    browser = Browser(app)
    answer = browser.get(f"{base}/sign-in/{token}", headers=BY_HAND)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/;" in cookie
    assert ("secure" in cookie) is is_secure
    with database.reading() as session:
        assert token not in str(session.execute(select(Base.metadata.tables["sign_in_links"])).all())


@pytest.mark.parametrize("target", EVIL)
def test_no_link_sends_people_away(app, persons, database, olga, target):
    with database.writing() as session:
        token = new_link(session, session.get_one(Person, persons["Ana"]))
    ways = [
        olga.get("/sign-in", params={"next": target}),
        Browser(app).get(f"/sign-in/{token}", params={"next": target}, headers=BY_HAND),
    ]
    with database.writing() as session:
        token = new_link(session, session.get_one(Person, persons["Ana"]))
    ways.append(Browser(app).post(f"/sign-in/here/{token}", data={"next": target}))
    assert [(each.status_code, each.headers["location"]) for each in ways] == [(303, "/")] * 3
    assert olga.get("/sign-in", params={"next": target}, headers={"HX-Request": "true"}).headers["hx-redirect"] == "/"


def test_an_address_in_any_script_fits_into_a_header(olga):
    answer = olga.get("/sign-in", params={"next": "/流/ü?q=é"}, headers={"HX-Request": "true"})
    assert answer.headers["hx-redirect"] == "/%E6%B5%81/%C3%BC?q=%C3%A9"
    assert olga.get("/sign-in", params={"next": "/a\r\nset-cookie: x=1"}).headers["location"] == "/"


def test_hostile_text_is_shown_as_text_on_every_page(app, persons, database, olga):
    with database.writing() as session:
        # Every text is a name, too, and no name takes what turns directions.
        place = fill(session, app.state.vault, persons["Olga"], persons["Olga"], tidy_name(HOSTILE, limit=110))
        session.get_one(Person, persons["Olga"]).name = HOSTILE[:110]
        end_run(session, place["run_id"])
        end_job(session, place["job_id"], problems=[HOSTILE])
    shown = 0
    paths = {route.name: olga.path(route.name, **place.of(route)) for route in SAFE if route.name not in NOT_PAGES}
    paths["a dry run"] = olga.path("jobs.show", project_id=place.id, job_id=place["dry_run_id"])
    paths["an import"] = olga.path("jobs.show", project_id=place.id, job_id=place["import_id"])
    paths["what it brought"] = olga.path("candidates.show", project_id=place.id, candidate_id=place["imported_id"])
    for name, path in paths.items():
        html = olga.get(path).text
        assert "<script>alert" not in html, name
        assert "<img" not in html, name
        assert not re.search(r"\b1337\b", html), name  # nor as a part of a moment
        shown += html.count("&lt;script&gt;alert(1)&lt;/script&gt;")
    assert shown > 50
    export = olga.visit("releases.download", project_id=place.id, release_id=place["release_id"], format_name="alpaca")
    assert (
        export.headers["content-disposition"]
        == f'attachment; filename="tamis-release-{place["release_id"]}-alpaca.json"'
    )


def test_a_notice_is_one_safe_cookie(olga, place):
    form = {"name": "<b>;\u00e9 流 \u2028", "instruction": "Do it.", "input": "", "output": "x"}
    answer = olga.submit("seeds.add", form, project_id=place.id)
    cookie = answer.headers["set-cookie"]
    assert cookie.isascii()
    assert cookie.startswith("tamis_notice=")
    assert "&lt;b&gt;;é 流" in olga.follow(answer).text


@pytest.mark.parametrize("path", ["/sign-in", "/join/guess", "/sign-in/guess"])
def test_guesses_are_slowed_down(nobody, path):
    form = {"email": "olga@example.org", "password": "not this one"}
    answers = [nobody.post(path, data=form) if path == "/sign-in" else nobody.get(path) for _ in range(12)]
    assert [each.status_code for each in answers] == [422] * 10 + [429] * 2
    assert "Wait a quarter of an hour" in answers[-1].text


def test_a_link_that_works_is_never_refused_whoever_guesses_there(app, nobody, persons, database):
    for _ in range(20):
        nobody.get("/sign-in/guess")
    with database.writing() as session:
        token = new_link(session, session.get_one(Person, persons["Ana"]))
    assert nobody.get("/sign-in/another").status_code == 429
    assert Browser(app).get(f"/sign-in/{token}", headers=BY_HAND).status_code == 303


def test_whoever_shares_a_busy_address_signs_in_and_nobody_tries_all_accounts_there(app, persons, database):
    right = "a long password"
    with database.writing() as session:
        for name in ("Ana", "Ben"):
            email = f"{name.lower()}@example.org"
            set_password(session, session.get_one(Person, persons[name]), email=email, password=right, **UNSET)
    known = Browser(app)
    assert known.post("/sign-in", data={"email": "ana@example.org", "password": right}).status_code == 303
    guesser = Browser(app)
    ways = [guesser.post("/sign-in", data={"email": "ana@example.org", "password": "a guess"}) for _ in range(12)]
    assert [each.status_code for each in ways] == [422] * 10 + [429] * 2
    assert Browser(app).post("/sign-in", data={"email": "ben@example.org", "password": right}).status_code == 303
    ways = [guesser.post("/sign-in", data={"email": f"{n}@example.org", "password": "a guess"}) for n in range(40)]
    assert [each.status_code for each in ways] == [422] * 20 + [429] * 20
    known.cookies.delete("tamis_sign_in")
    assert known.post("/sign-in", data={"email": "ana@example.org", "password": right}).status_code == 303


def test_the_present_password_can_not_be_guessed_either(ana, persons, database):
    with database.writing() as session:
        person = session.get_one(Person, persons["Ana"])
        set_password(
            session,
            person,
            email="ana@example.org",
            password="a long password",
            present="",
            keep_token=ana.cookies["tamis_sign_in"],
        )
    form = {"email": "ana@example.org", "password": "another long one", "present": "a guess"}
    assert [ana.submit("account.password", form).status_code for _ in range(11)] == [422] * 10 + [429]


def test_an_api_key_is_never_seen_again(olga, place, database, caplog):
    caplog.set_level(logging.DEBUG)
    key = "sk-extremely-secret-7391"
    form = form_of("models.add", place) | {"name": "Keyed", "api_key": key}
    texts = [olga.submit("models.add", form, project_id=place.id).text]
    texts += [olga.submit("models.add", form, project_id=place.id).text]
    texts += [olga.submit("models.add", form | {"name": ""}, project_id=place.id).text]
    texts += [olga.submit("models.add", form | {"name": "x", "api_key": key + "\x00"}, project_id=place.id).text]
    with database.reading() as session:
        tables = [table for table in Base.metadata.sorted_tables if table.name != "endpoints"]
        texts += [str(session.execute(select(table)).all()) for table in tables]
        endpoints = session.execute(select(Base.metadata.tables["endpoints"])).all()
    texts.append(str(endpoints))
    added = next(each for each in endpoints if each.name == "Keyed")
    for route in ("models.try", "models.show", "models.list"):
        path = olga.path(route, project_id=place.id, **({} if route == "models.list" else {"endpoint_id": added.id}))
        texts.append(olga.post(path).text if route == "models.try" else olga.get(path).text)
    assert [text for text in [*texts, caplog.text] if key in text] == []
    assert "key stored" in texts[-1]


def test_a_file_over_the_limit_is_refused_in_words(olga, place):
    path = olga.path("seeds.import", project_id=place.id)
    answer = olga.post(path, files={"file": ("seeds.jsonl", b"x" * (1024 * 1024 + 1))})
    assert answer.status_code == 422
    assert "The file is larger than 1 MB" in answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("path", ["/", "/projects/", "/static/app.css", "/nowhere"])
def test_an_address_that_is_too_long_is_refused(nobody, olga, method, path):
    for browser in (nobody, olga):
        answer = browser.request(method, f"{path}?q={'a=b&' * 7_500}")
        assert answer.status_code == 414
        assert ("<p>This address is too long. Search for fewer words, or go back.</p>" in answer.text) is (
            method != "HEAD"
        )
        assert "<h1>" in answer.text or method == "HEAD"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert browser.request(method, f"{path}?q={'%' * 7_900}").status_code != 414


@pytest.mark.parametrize("way_on", ["/" + "x" * 20_000, "/" + "é" * 2_000, "/?q=" + "%" * 20_000])
def test_nobody_is_led_to_an_address_that_is_too_long(app, persons, nobody, way_on):
    with app.state.database.writing() as session:
        olga = session.get_one(Person, persons["Olga"])
        set_password(session, olga, email="olga@example.org", password="a long password", **UNSET)
    form = {"email": "olga@example.org", "password": "a long password", "next": way_on}
    answer = nobody.submit("sign_in.password", form)
    assert answer.headers["location"] == "/"
    assert nobody.submit("sign_in.password", form, htmx=True).headers["hx-redirect"] == "/"
    asked = Browser(app).get(f"/account?q={'%' * 7_900}")
    assert asked.status_code == 303
    assert asked.headers["location"] == "/"
