"""Letters reach a real mail server, or the reason why not comes back for each."""

import socket
import time

import pytest

from app.people import mail
from app.people.mail import Letter, send_letters, why_no_mail
from app.settings import Settings
from tests.people.mailbox import HOST, certify, open_mailbox

LETTERS = [Letter(f"{name}@example.org", "Hello “you”", f"Dear {name},\n.\nsee https://x.test/ü\n") for name in "abc"]


def settings(port, **changes):
    return Settings(
        **{"smtp_host": HOST, "smtp_port": port, "smtp_security": "none", "smtp_from": "t@example.org"} | changes
    )


def test_letters_arrive_as_they_were_written():
    with open_mailbox() as box:
        assert send_letters(settings(box.port), LETTERS) == {}
    assert [each["To"] for each in box.letters] == [each.to for each in LETTERS]
    assert {(each["From"], each["Subject"]) for each in box.letters} == {("t@example.org", "Hello “you”")}
    assert [each.get_content().replace("\r\n", "\n") for each in box.letters] == [each.text for each in LETTERS]


@pytest.mark.parametrize(("security", "from_the_start"), [("starttls", False), ("tls", True)])
def test_a_line_is_encrypted_and_the_certificate_checked(tmp_path, monkeypatch, security, from_the_start):
    context, certificate = certify(tmp_path)
    with open_mailbox(context=context, from_the_start=from_the_start, login=("me", "secret")) as box:
        chosen = settings(box.port, smtp_security=security, smtp_user="me", smtp_password="secret")
        refused = send_letters(chosen, LETTERS[:1])
        assert refused == {"a@example.org": "The mail server’s certificate or encryption was not accepted."}
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert send_letters(chosen, LETTERS[:1]) == {}
    assert box.encrypted == [True]


def test_no_password_travels_where_encryption_was_asked_for_and_is_not_there():
    with open_mailbox(login=("me", "secret")) as box:
        chosen = settings(box.port, smtp_security="starttls", smtp_user="me", smtp_password="secret")
        assert "STARTTLS" in send_letters(chosen, LETTERS[:1])["a@example.org"]
    assert box.letters == []


def test_a_wrong_password_is_said_and_not_shown():
    with open_mailbox(login=("me", "secret")) as box:
        said = send_letters(settings(box.port, smtp_user="me", smtp_password="wr0ng"), LETTERS)
    assert set(said.values()) == {"The mail server didn’t take the name and password of this instance."}


def test_a_password_that_smtplib_cannot_send_is_said():
    with open_mailbox(login=("me", "secret")) as box:
        said = send_letters(settings(box.port, smtp_user="me", smtp_password="sécret"), LETTERS[:1])
    assert "plain letters" in said["a@example.org"]


def test_one_refused_address_leaves_the_others_alone():
    with open_mailbox(refused=frozenset({"b@example.org"})) as box:
        assert send_letters(settings(box.port), LETTERS) == {"b@example.org": "The mail server refused this address."}
    assert [each["To"] for each in box.letters] == ["a@example.org", "c@example.org"]


def test_a_line_that_breaks_off_names_those_who_got_nothing():
    with open_mailbox(hangs_up_after=1) as box:
        assert set(send_letters(settings(box.port), LETTERS)) == {"b@example.org", "c@example.org"}


def test_a_server_that_is_away_is_said():
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        said = send_letters(settings(taken.getsockname()[1]), LETTERS)
    assert set(said) == {each.to for each in LETTERS}
    assert set(said.values()) == {"The mail server can’t be reached."}


def test_a_server_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(mail, "_SECONDS_PER_STEP", 0.2)
    with socket.socket() as silent:
        silent.bind((HOST, 0))
        silent.listen()
        began = time.monotonic()
        said = send_letters(settings(silent.getsockname()[1]), LETTERS[:1])
    assert time.monotonic() - began < 3
    assert said == {"a@example.org": "The mail server was too slow."}


def test_a_line_break_in_a_subject_is_refused_and_not_sent():
    with open_mailbox() as box:
        assert send_letters(settings(box.port), [Letter("a@example.org", "x\nBcc: z@example.org", "")])
    assert box.letters == []


def test_an_instance_says_why_it_sends_nothing():
    assert "TAMIS_SMTP_HOST" in why_no_mail(Settings(base_url="https://tamis.example.org"))
    assert "TAMIS_SMTP_FROM" in why_no_mail(settings(25, smtp_from="", base_url="https://tamis.example.org"))
    assert "TAMIS_BASE_URL" in why_no_mail(settings(25))
    assert why_no_mail(settings(25, base_url="https://tamis.example.org")) == ""
