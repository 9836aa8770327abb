"""How a request travels: names are looked up once, every address is checked, connections go to checked addresses."""

import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from app.llm.client import Target, send
from app.llm.prompt import Prompt, Sampling
from app.llm.reach import Reach
from app.llm.reading import Asked, read
from app.llm.transport import OutOfReachError, Transport, look_up
from app.models.generation import EndpointStyle
from tests.llm.scripted import saying, saying_json, scripted


class Names:
    """A name server of the test's own, which counts."""

    def __init__(self, *addresses, seconds=0.0):
        self.addresses, self.seconds, self.asked = addresses, seconds, []

    def __call__(self, host, port):
        self.asked.append((host, port))
        time.sleep(self.seconds)
        return self.addresses


def get(url, names, *, private=True, deadline=5.0):
    transport = Transport(reaches_private=private, resolve=names)
    with httpx2.Client(transport=transport, timeout=deadline) as client:
        return client.get(url)


def port_of(server):
    return int(server.url.split(":")[2].split("/")[0])


def test_a_name_is_looked_up_once_and_stays_the_host():
    names = Names("127.0.0.1")
    with scripted(saying_json("200 OK", {})) as server:
        port = port_of(server)
        assert get(f"http://models.example:{port}/v1", names).status_code == 200
    assert names.asked == [("models.example", port)]
    assert f"host: models.example:{port}\r\n" in f"{server.requests[0][0].lower()}\r\n"


def test_only_addresses_that_may_be_reached_are_tried():
    names = Names("169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "127.0.0.1")
    with scripted(saying_json("200 OK", {})) as server:
        started = time.monotonic()
        assert get(f"http://models.example:{port_of(server)}", names).status_code == 200
        assert time.monotonic() - started < 2


def test_the_next_address_is_tried_where_one_does_not_answer():
    with scripted(saying_json("200 OK", {})) as server:
        assert get(f"http://models.example:{port_of(server)}", Names("127.0.0.2", "127.0.0.1")).status_code == 200


@pytest.mark.parametrize(
    ("addresses", "private", "reach"),
    [
        (("127.0.0.1",), False, Reach.PRIVATE),
        (("169.254.169.254", "10.0.0.1"), False, Reach.PRIVATE),
        (("::ffff:127.0.0.1",), False, Reach.PRIVATE),
        (("169.254.169.254",), True, Reach.NEVER),
        (("fd00:ec2::254", "0.0.0.0"), True, Reach.NEVER),  # noqa: S104 - not bound to
    ],
)
def test_a_name_without_an_allowed_address_is_out_of_reach(addresses, private, reach):
    with pytest.raises(OutOfReachError) as refused:
        get("http://models.example", Names(*addresses), private=private)
    assert refused.value.reach is reach


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost"])
def test_other_spellings_of_this_machine_are_this_machine(host):
    with pytest.raises(OutOfReachError):
        get(f"http://{host}:9", look_up, private=False)


def test_a_name_that_nobody_knows_has_no_address():
    with pytest.raises(httpx2.ConnectError):
        get("http://elsewhere.invalid", look_up)
    with pytest.raises(httpx2.ConnectError):
        get("http://elsewhere.invalid", Names())


def test_a_name_server_that_sleeps_is_left_at_the_deadline():
    started = time.monotonic()
    with pytest.raises(httpx2.TimeoutException):
        get("http://models.example", Names("127.0.0.1", seconds=1.5), deadline=0.3)
    assert 0.3 <= time.monotonic() - started < 1.0


def certificate(folder, name):
    """Write a key and a certificate for ``name`` that signs itself, and return their path."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@contextlib.contextmanager
def speaking_tls(path, seen):
    """Serve one answer over TLS, and note the name that was asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.sni_callback = lambda _socket, name, _context: seen.append(name)

    def answer(listener):
        connection, _ = listener.accept()
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65_536)
            saying_json("200 OK", {})(secured)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=[listener])
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_certificate_is_checked_against_the_name_and_not_the_address(tmp_path, monkeypatch):
    path, seen = certificate(tmp_path, "models.example"), []
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with speaking_tls(path, seen) as port:
        assert get(f"https://models.example:{port}", Names("127.0.0.1")).status_code == 200
    with speaking_tls(path, seen) as port, pytest.raises(httpx2.ConnectError, match="(?i)certificate"):
        get(f"https://others.example:{port}", Names("127.0.0.1"))
    assert seen == ["models.example", "others.example"]


def test_an_answer_comes_back_whole_and_unpacked():
    with scripted(saying("200 OK", b"Hello", "X-Said: twice", "X-Said: so")) as server:
        answer = get(server.url, look_up)
    assert (answer.content, answer.headers.get_list("x-said")) == (b"Hello", ["twice", "so"])
    assert ipaddress.ip_address("127.0.0.1") in map(ipaddress.ip_address, look_up("127.0.0.1", 80))


def answering_on(connection):
    while True:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello")
        if not connection.recv(65_536):
            return


def answering_twice_at_once(connection):
    connection.sendall(2 * b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello")
    connection.recv(65_536)


@pytest.mark.parametrize(("script", "connections"), [(answering_on, 1), (answering_twice_at_once, 3)])
def test_a_connection_is_used_again_unless_more_came_on_it_than_was_asked(script, connections):
    names = Names("127.0.0.1")
    with scripted(script) as server, httpx2.Client(transport=Transport(reaches_private=True, resolve=names)) as client:
        for _ in range(3):
            assert client.get(server.url).content == b"Hello"
    assert len(names.asked) == len(server.requests) == connections


BYTES = st.lists(
    st.sampled_from(
        [
            b"HTTP/1.1 200 OK",
            b"\r\n",
            b"\r\n\r\n",
            b"Content-Length: 5",
            b"Content-Encoding: gzip",
            b"{}",
            b" ",
            b"\x00",
        ]
    )
    | st.binary(max_size=8),
    max_size=12,
).map(b"".join)


@settings(max_examples=60, deadline=None)
@given(BYTES)
def test_whatever_bytes_a_server_sends_nothing_is_raised(said):
    prompt = Prompt("Hello", Sampling(temperature=0, top_p=1, max_tokens=5))
    with scripted(lambda connection: connection.sendall(said)) as server:
        target = Target(server.url, "any", EndpointStyle.CHAT, "", reaches_private=True)
        assert read(send(target, prompt, deadline=5), Asked(EndpointStyle.CHAT)).sentence
