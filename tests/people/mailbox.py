"""A mail server of a test's own: it speaks SMTP over a socket, keeps what it gets, and can be told to refuse."""

import base64
import datetime as dt
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.settings import Settings

HOST, SITE = "127.0.0.1", "https://tamis.example.org"


@dataclass
class Mailbox:
    """``refused``: recipients that it doesn't take. ``hangs_up_after``: letters after which it drops the line."""

    port: int = 0
    login: tuple[str, str] | None = None
    context: ssl.SSLContext | None = None
    from_the_start: bool = False
    refused: frozenset[str] = frozenset()
    hangs_up_after: int = 10**6
    letters: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    def to(self, address: str) -> EmailMessage:
        """The one letter to an address."""
        (found,) = [each for each in self.letters if each["To"] == address]
        return found


class _Line(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        self.box: Mailbox = self.server.box
        if self.box.from_the_start:
            self._encrypt()
        self._say("220 here")
        self.is_signed_in = self.box.login is None
        while line := self.rfile.readline().decode().strip():
            word = line.split(" ")[0].upper()
            if word == "QUIT":
                self._say("221 bye")
                return
            if not getattr(self, f"_{word.lower()}", self._unknown)(line):
                return

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _unknown(self, _line: str) -> bool:
        return self._say("502 what?")

    def _ehlo(self, _line: str) -> bool:
        offers = ["250-here"]
        if self.box.context and not self._is_encrypted:
            offers.append("250-STARTTLS")
        if self.box.login:
            offers.append("250-AUTH PLAIN")
        return self._say("\r\n".join([*offers, "250 SMTPUTF8"]))

    def _starttls(self, _line: str) -> bool:
        self._say("220 go on")
        self._encrypt()
        return True

    def _auth(self, line: str) -> bool:
        _, name, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
        self.is_signed_in = (name, password) == self.box.login
        return self._say("235 yes" if self.is_signed_in else "535 no")

    def _mail(self, _line: str) -> bool:
        return self._say("250 yes" if self.is_signed_in else "530 sign in")

    def _rcpt(self, line: str) -> bool:
        address = line[line.index("<") + 1 : line.index(">")]
        return self._say("550 nobody" if address in self.box.refused else "250 yes")

    def _rset(self, _line: str) -> bool:
        return self._say("250 yes")

    def _data(self, _line: str) -> bool:
        if len(self.box.letters) >= self.box.hangs_up_after:
            return False
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        self.box.letters.append(message_from_bytes(b"".join(lines), policy=policy.default))
        self.box.encrypted.append(self._is_encrypted)
        return self._say("250 kept")

    @property
    def _is_encrypted(self) -> bool:
        return isinstance(self.connection, ssl.SSLSocket)

    def _encrypt(self) -> None:
        self.connection = self.box.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)

    def _say(self, line: str) -> bool:
        self.wfile.write(f"{line}\r\n".encode())
        return True


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_: Any) -> None:
        """A client that hung up is what some tests are about."""


def with_mail(settings: Settings, box: Mailbox) -> Settings:
    """Return the settings of an instance at ``SITE`` that sends its letters to a mailbox."""
    mail = {"smtp_host": HOST, "smtp_port": box.port, "smtp_security": "none", "smtp_from": "t@example.org"}
    return settings.model_copy(update=mail | {"base_url": SITE})


@contextmanager
def open_mailbox(**options: Any) -> Iterator[Mailbox]:
    """Serve a mailbox."""
    box = Mailbox(**options)
    with _Server((HOST, 0), _Line) as server:
        server.box, box.port = box, server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield box
        server.shutdown()
        thread.join()


def certify(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return a server's context for 127.0.0.1, and the file with the certificate that a client has to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    moment = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ip_address(HOST))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - dt.timedelta(days=1))
        .not_valid_after(moment + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "mail.crt", folder / "mail.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, secret)
    return context, certificate
