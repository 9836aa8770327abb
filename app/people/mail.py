"""Letters by e-mail, where the instance has a mail server.

They are sent once what they tell of is committed, so a server that is away loses nothing: who didn't get theirs is told
to whoever wrote it, with the reason.
"""

import logging
import smtplib
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from app.settings import Settings

_SECONDS_PER_STEP = 10.0
_SECONDS_IN_ALL = 45.0
_LATE = "The mail server was too slow."
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPAuthenticationError, "The mail server didn’t take the name and password of this instance."),
    (smtplib.SMTPRecipientsRefused, "The mail server refused this address."),
    (smtplib.SMTPNotSupportedError, "The mail server can’t do what it is asked for: STARTTLS, or this address."),
    (ssl.SSLError, "The mail server’s certificate or encryption was not accepted."),
    (TimeoutError, _LATE),
    (UnicodeError, "The mail server’s name and password may only hold plain letters, digits and signs."),
)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent ``to`` one address; ``text`` is plain."""

    to: str
    subject: str
    text: str


def why_no_mail(settings: Settings) -> str:
    """Return why the instance sends no letters, empty where it does.

    It has to know its own address: a request may come by any name, and whoever chose it would get the links in letters.
    """
    if not (settings.smtp_host and settings.smtp_from):
        return "This Tamis has no mail server (TAMIS_SMTP_HOST and TAMIS_SMTP_FROM)."
    if not settings.base_url:
        return "This Tamis doesn’t know the address that people reach it at (TAMIS_BASE_URL), so it writes no letters."
    return ""


def send_letters(settings: Settings, letters: Sequence[Letter]) -> dict[str, str]:
    """Send letters over one connection. Returns why some weren't, by address; empty where all went out.

    It takes 45 seconds at most: what is not sent by then is not sent. It raises nothing.
    """
    began = time.monotonic()
    unsent = {letter.to: _LATE for letter in letters}
    try:
        with _connect(settings) as server:
            for letter in letters:
                if time.monotonic() - began > _SECONDS_IN_ALL:
                    break
                if reason := _send(server, settings.smtp_from, letter):
                    unsent[letter.to] = reason
                else:
                    del unsent[letter.to]
    except (OSError, smtplib.SMTPException, ValueError) as error:
        log.warning("no mail to %d addresses: %s", len(unsent), error)
        return {to: reason if reason != _LATE else _reason(error) for to, reason in unsent.items()}
    return unsent


def _connect(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host, settings.smtp_port
    if settings.smtp_security == "tls":
        context = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_SECONDS_PER_STEP, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=_SECONDS_PER_STEP)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
            server.login(settings.smtp_user, password)
    except BaseException:
        server.close()
        raise
    return server


def _send(server: smtplib.SMTP, sender: str, letter: Letter) -> str:
    """Send one letter. Returns why the server refused it, empty where it took it; a lost connection is raised."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, letter.to, letter.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    try:
        server.send_message(message)
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        if isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused):
            return _reason(error)
        raise
    except (smtplib.SMTPException, ValueError) as error:
        return _reason(error)
    return ""


def _reason(error: Exception) -> str:
    """Return what went wrong in words that may be shown: never what was sent."""
    for kind, reason in _REASONS:
        if isinstance(error, kind) or isinstance(error.__context__, kind):
            return reason
    if isinstance(error, smtplib.SMTPResponseException):
        return f"The mail server refused it ({error.smtp_code})."
    return "The mail server can’t be reached."
