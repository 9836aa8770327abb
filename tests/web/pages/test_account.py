"""One's own account: a name, and a password for other devices."""

import pytest

from tests.web.html import parse
from tests.web.routes import PASSWORD
from tests.web.world import BOTH, Browser


def test_a_name_is_changed_everywhere(ana):
    assert "Your name is changed." in ana.follow(ana.submit("account.rename", {"name": "  Ana María "})).text
    assert "Ana María" in ana.visit("home.show").text


def test_a_password_signs_other_devices_out_and_this_one_stays(app, persons, ana):
    other = Browser(app, persons["Ana"])
    assert "Your password is set." in ana.follow(ana.submit("account.password", PASSWORD)).text
    assert ana.visit("account.show").status_code == 200
    assert other.visit("account.show").status_code == 303
    form = {"email": PASSWORD["email"], "password": PASSWORD["password"]}
    assert Browser(app).submit("sign_in.password", form).status_code == 303


def test_a_password_is_changed_by_who_knows_it(ana):
    ana.submit("account.password", PASSWORD)
    new = PASSWORD | {"password": "another long password"}
    assert "That is not your current password." in ana.submit("account.password", new).text
    assert ana.submit("account.password", new | {"present": PASSWORD["password"]}).status_code == 303


@BOTH
def test_an_e_mail_belongs_to_one_account(ana, ben):
    assert ana.submit("account.password", PASSWORD).status_code == 303
    answer = ben.submit("account.password", PASSWORD | {"email": "SOMEONE@example.org"})
    assert answer.status_code == 409
    assert "Another account has this e-mail already." in answer.text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"email": "nowhere"}, "E-mail must look like name@example.org."),
        ({"password": "too short"}, "The password needs at least 10 characters."),
        ({"password": "x" * 1_001}, "Password is 1,001 characters long; at most 1,000 are taken."),
    ],
)
def test_what_does_not_fit_is_said(ana, change, sentence):
    answer = ana.submit("account.password", PASSWORD | change)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_link_for_another_device_is_used_by_a_press_once(app, ana):
    page = parse(ana.submit("account.link").text)
    (link,) = [each["value"] for each in page.all("input") if each["id"] == "link"]
    path, phone = link.removeprefix("http://testserver"), Browser(app)
    for _ in range(2):  # looking, as programs that preview links do, uses nothing up
        assert "You are Ana" in parse(phone.get(path).text).text
    assert phone.get("/account").status_code == 303
    assert phone.post(path).status_code == 303
    assert "Ana" in phone.get("/account").text
    assert Browser(app).post(path).status_code == 422
    assert link not in ana.visit("account.show").text
