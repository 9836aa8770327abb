"""One call over real HTTP, through the real SDK, to servers that behave and servers that don't."""

import gzip
import logging
import socket
import ssl
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import openai
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.llm.client import Reply, Target, list_models, request_of, send
from app.llm.prompt import Prompt, Sampling
from app.llm.reading import Asked, read
from app.llm.transport import LARGEST_ANSWER
from app.models.generation import EndpointStyle
from tests.llm.practice.asking import serving
from tests.llm.scripted import reset, saying, saying_json, scripted

KEY = "sk-0123-secret"
CHAT, COMPLETIONS = EndpointStyle.CHAT, EndpointStyle.COMPLETIONS
PROMPT = Prompt("Is the number odd or even?\n8", Sampling(temperature=0.5, top_p=1, max_tokens=50, stop=("\n16.",)))


def ask(url, style=CHAT, *, deadline=10.0, key=KEY, private=True, prompt=PROMPT):
    return send(Target(url, "tamis-practice", style, key, private), prompt, deadline=deadline)


@pytest.fixture(scope="module")
def practice():
    with serving() as url:
        yield url


def test_a_chat_completion_comes_back_as_the_server_wrote_it(practice):
    reply = ask(practice, CHAT)
    assert (reply.status, reply.trouble, reply.retry_after) == (200, None, None)
    assert orjson.loads(reply.raw)["choices"][0]["message"]["content"] in ("odd", "even")


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized"])
def test_a_key_that_a_server_repeats_is_taken_out(status):
    with scripted(saying_json(status, {"error": {"message": f"No such key: {KEY}."}})) as server:
        reply = ask(server.url)
    assert KEY.encode() not in reply.raw
    assert orjson.loads(reply.raw) == {"error": {"message": "No such key: [the API key]."}}


@pytest.mark.parametrize("key", ["", "none", "ollama"])
def test_a_key_that_may_be_a_word_leaves_answers_as_they_are(key):
    with scripted(saying_json("200 OK", {"text": "none of ollama"})) as server:
        assert orjson.loads(ask(server.url, key=key).raw) == {"text": "none of ollama"}


def test_a_legacy_completion_comes_back_as_the_server_wrote_it(practice):
    reply = ask(practice, COMPLETIONS)
    assert reply.status == 200
    assert orjson.loads(reply.raw)["choices"][0]["text"] in ("odd", "even")


def test_the_bytes_are_kept_as_they_came():
    body = b'{ "choices" :[ ],\t"x": "\xc3\xa9\\ud83d" }\n'
    with scripted(saying("200 OK", body)) as server:
        assert ask(server.url) == Reply(200, body)


@pytest.mark.parametrize(("style", "path"), [(CHAT, "/v1/chat/completions"), (COMPLETIONS, "/v1/completions")])
def test_the_request_holds_the_prompt_the_sampling_and_the_key(style, path):
    with scripted(saying_json("200 OK", {})) as server:
        ask(server.url, style)
    ((head, body),) = server.requests
    assert head.startswith(f"POST {path} HTTP/1.1\r\n")
    assert f"authorization: bearer {KEY}" in head.lower()
    asked = orjson.loads(body)
    assert asked == request_of(Target("", "tamis-practice", style, ""), PROMPT)
    assert asked["model"] == "tamis-practice"
    assert asked["stop"] == ["\n16."]
    assert PROMPT.text in (asked.get("prompt"), asked.get("messages", [{}])[0].get("content"))


def test_the_slow_and_cheap_service_is_asked_for_where_it_is_wanted():
    for is_flex, tier in ((True, "flex"), (False, None)):
        with scripted(saying_json("200 OK", {})) as server:
            send(Target(server.url, "m", CHAT, KEY, True, is_flex), PROMPT, deadline=10)
        ((_, body),) = server.requests
        assert orjson.loads(body).get("service_tier") == tier
    assert "service_tier" not in request_of(Target("", "m", COMPLETIONS, "", is_flex=True), PROMPT)


def test_no_stop_is_sent_where_there_is_none():
    bare = Prompt("Hello", Sampling(temperature=0, top_p=1, max_tokens=5))
    assert "stop" not in request_of(Target("", "m", CHAT, ""), bare)


@pytest.mark.parametrize(
    "status",
    [
        *("201 Created", "204 No Content", "400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found"),
        *("408 Request Timeout", "409 Conflict", "429 Too Many Requests"),
        *("500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable"),
    ],
)
def test_any_other_status_comes_back_with_its_body_after_a_single_post(status):
    body = b"" if status.startswith("204") else b'{"error": {"message": "No."}}'
    with scripted(saying(status, body)) as server:
        assert ask(server.url) == Reply(int(status[:3]), body)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        *(("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("1e9", 1e9), ("nan", None), ("inf", None), ("soon", None)),
        *(("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("Wed, 21 Oct 2015 07:28:00", 0.0), ("Wed, 99 Oct 2015", None)),
    ],
)
def test_retry_after_is_told_in_seconds(header, seconds):
    with scripted(saying_json("429 Too Many Requests", {}, f"Retry-After: {header}")) as server:
        assert ask(server.url).retry_after == seconds


def test_retry_after_may_be_a_moment():
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    with scripted(saying_json("503 Service Unavailable", {}, f"Retry-After: {moment}")) as server:
        assert 80 < ask(server.url).retry_after <= 90


def test_a_web_page_comes_back_as_it_is():
    page = b"<!doctype html><h1>Please sign in</h1>"
    with scripted(saying("200 OK", page, "Content-Type: text/html")) as server:
        assert ask(server.url) == Reply(200, page)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_is_not_followed_so_that_the_key_stays_where_it_was_meant_to_go(status):
    with scripted(saying_json("200 OK", {})) as stranger:
        location = f"Location: {stranger.url}/chat/completions"
        with scripted(saying(status, b"", location)) as server:
            assert ask(server.url) == Reply(int(status[:3]))
        assert len(server.requests) == 1
        assert stranger.requests == []


def drip(connection, every=0.1, status=b"200 OK"):
    connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(60):
        connection.sendall(b" ")
        time.sleep(every)


def seconds_to(url, trouble, **options):
    started = time.monotonic()
    assert ask(url, **options) == Reply(None, trouble=trouble)
    return time.monotonic() - started


def test_a_drip_ends_near_the_deadline():
    with scripted(drip) as server:
        assert 0.5 <= seconds_to(server.url, "timed_out", deadline=0.5) < 1.5
    assert len(server.requests) == 1


def test_a_drip_behind_an_error_keeps_the_status_and_ends_near_the_deadline():
    def drip_error(connection):
        drip(connection, status=b"500 Oops")

    started = time.monotonic()
    with scripted(drip_error) as server:
        assert ask(server.url, deadline=0.5).status == 500
        assert time.monotonic() - started < 1.5


def test_a_drip_that_stops_ends_near_the_deadline():
    def drip_once(connection):
        time.sleep(0.4)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        time.sleep(2)

    with scripted(drip_once) as server:
        assert 0.5 <= seconds_to(server.url, "timed_out", deadline=0.5) < 0.8


def drip_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(40):
        connection.sendall(b"x")
        time.sleep(0.1)


def drip_hints(connection):
    for _ in range(40):
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        time.sleep(0.1)


@pytest.mark.parametrize("script", [drip_headers, drip_hints])
def test_headers_that_drip_end_at_the_deadline(script):
    with scripted(script) as server:
        assert 0.5 <= seconds_to(server.url, "timed_out", deadline=0.5) < 1.0


def test_a_server_that_hardly_listens_is_left_at_the_deadline():
    def sip(connection):
        for _ in range(40):
            connection.recv(100_000)
            time.sleep(0.05)

    long = Prompt("x" * 10_000_000, PROMPT.sampling)
    with scripted(sip, reads=False) as server:
        assert 0.5 <= seconds_to(server.url, "timed_out", deadline=0.5, prompt=long) < 1.5


def test_a_handshake_that_never_begins_ends_at_the_deadline():
    with scripted(lambda _: time.sleep(1.5), reads=False) as server:
        assert 0.5 <= seconds_to(server.url.replace("http", "https"), "unreachable", deadline=0.5) < 1.0


def test_silence_ends_at_the_deadline():
    with scripted(lambda _: time.sleep(1.5)) as server:
        assert 0.5 <= seconds_to(server.url, "timed_out", deadline=0.5) < 1.4
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["200 OK", "500 Oops"])
def test_a_huge_answer_is_cut(status):
    def flood(connection):
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 1000000000\r\n\r\n".encode())
        for _ in range(1_000):
            connection.sendall(b"x" * 1_000_000)

    with scripted(flood) as server:
        reply = ask(server.url, deadline=60)
    assert reply.status == int(status[:3])
    assert LARGEST_ANSWER < len(reply.raw) < LARGEST_ANSWER + 5_000_000


@pytest.mark.parametrize("status", ["200 OK", "500 Oops"])
def test_an_answer_that_swells_is_cut(status):
    bomb = gzip.compress(b" " * 50_000_000)
    with scripted(saying(status, bomb, "Content-Encoding: gzip")) as server:
        reply = ask(server.url)
    assert reply.status == int(status[:3])
    assert LARGEST_ANSWER < len(reply.raw) < LARGEST_ANSWER + 2_000_000


@pytest.mark.parametrize("status", ["200 OK", "500 Oops"])
@pytest.mark.parametrize("encoding", ["gzip", "x-unknown", "gzip, gzip"])
def test_what_is_not_packed_as_it_says_is_read_as_it_is(status, encoding):
    with scripted(saying(status, b'{"choices": []}', f"Content-Encoding: {encoding}")) as server:
        assert ask(server.url) == Reply(int(status[:3]), b'{"choices": []}')


@pytest.mark.parametrize("end", [reset, lambda _: None])
def test_an_error_that_breaks_off_keeps_its_status(end):
    def refuse(connection):
        connection.sendall(b'HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nContent-Length: 900\r\n\r\n{"error"')
        time.sleep(0.1)
        end(connection)

    with scripted(refuse) as server:
        assert ask(server.url) == Reply(429, b'{"error"', 3.0)


def test_an_address_that_is_out_of_reach_is_not_asked():
    with scripted(saying_json("200 OK", {})) as server:
        assert ask(server.url, private=False) == Reply(None, trouble="private")
        assert ask(server.url.replace("127.0.0.1", "localhost"), private=False) == Reply(None, trouble="private")
        assert ask("http://169.254.169.254/v1") == Reply(None, trouble="never")
        assert list_models(Target(server.url, "any", CHAT, ""), deadline=5) == []
    assert server.requests == []


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    with scripted(saying_json("200 OK", {})) as proxy, scripted(saying_json("200 OK", {})) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        assert ask(server.url, key="sk-of-its-own").status == 200
        assert (len(proxy.requests), len(server.requests)) == (0, 1)


def reset_in_the_middle(connection):
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"choices": [')
    time.sleep(0.1)
    reset(connection)


def end_in_the_middle(connection):
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"choices": [')


@pytest.mark.parametrize(
    "script",
    [
        reset,
        reset_in_the_middle,
        end_in_the_middle,
        lambda _: None,
        lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"),
    ],
    ids=["reset", "reset in the middle", "end in the middle", "nothing", "another protocol"],
)
def test_a_broken_connection_is_told_from_none_and_posted_to_once(script):
    with scripted(script) as server:
        assert ask(server.url) == Reply(None, trouble="broken")
    assert len(server.requests) == 1


def test_a_certificate_that_is_not_trusted_is_told_from_silence(tmp_path):
    """It is the server's own, as on many a machine in an office."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    moment = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, moment, moment + timedelta(days=1))
    pem = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    (tmp_path / "pem").write_bytes(pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")

    def shake_hands(connection):
        with suppress(OSError):
            context.wrap_socket(connection, server_side=True).close()

    with scripted(shake_hands, reads=False) as server:
        reply = ask(server.url.replace("http:", "https:"))
    assert reply == Reply(None, trouble="certificate")
    assert "certificate can’t be trusted" in read(reply, Asked(CHAT)).sentence


def test_a_server_without_https_is_told_from_silence():
    with scripted(saying("400 Bad Request", b""), reads=False) as server:
        reply = ask(server.url.replace("http:", "https:"))
    assert reply == Reply(None, trouble="not_secure")
    assert "begin with http://" in read(reply, Asked(CHAT)).sentence


def test_nothing_listening_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert ask(f"http://127.0.0.1:{port}/v1") == Reply(None, trouble="unreachable")


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/v1", "http://a..b/v1", "http://\u2028/v1", "http://[::1/v1"])
def test_an_address_that_cannot_exist_is_unreachable(url):
    assert ask(url) == Reply(None, trouble="unreachable")


@pytest.mark.parametrize("key", ["sk-é", "sk-\n1"])
def test_a_key_that_no_header_can_hold_is_not_sent(key):
    with scripted(saying_json("200 OK", {})) as server:
        assert ask(server.url, key=key).status is None
    assert server.requests == []


def test_the_key_is_neither_shown_nor_logged(caplog):
    caplog.set_level(logging.DEBUG)
    with scripted(saying_json("401 Unauthorized", {"error": {"message": "Wrong key."}})) as server:
        reply = ask(server.url)
        assert KEY not in repr(Target(server.url, "m", CHAT, KEY)) + repr(reply)
    assert caplog.records
    assert KEY not in caplog.text


def test_the_models_of_a_server_are_listed(practice):
    assert list_models(Target(practice, "any", CHAT, "", reaches_private=True), deadline=5) == ["tamis-practice"]


def test_names_of_models_are_made_fit_to_be_shown():
    with scripted(
        saying("200 OK", b'{"data": [{"id": "a\\ud83d\\u0000"}]}', "Content-Type: application/json")
    ) as server:
        listed = list_models(Target(server.url, "any", CHAT, "", reaches_private=True), deadline=5)
    assert listed == ["a\ufffd"]


@pytest.mark.parametrize(
    "script",
    [
        saying_json("404 Not Found", {}),
        saying("200 OK", b"<html>", "Content-Type: text/html"),
        saying_json("200 OK", {"data": None}),
        saying_json("200 OK", {"data": [{"name": "x"}]}),
        saying_json("200 OK", []),
        saying("200 OK", b'{"data":' * 50_000, "Content-Type: application/json"),
        reset,
    ],
)
def test_a_server_that_does_not_list_its_models_has_none(script):
    with scripted(script) as server:
        assert list_models(Target(server.url, "any", CHAT, "", reaches_private=True), deadline=5) == []


def test_the_sdk_would_post_again_if_it_were_let():
    """The reason for ``max_retries=0``, checked so that an update of the SDK can't make the tests above hollow."""
    with scripted(saying_json("429 Too Many Requests", {}, "Retry-After: 0")) as server:
        client = openai.OpenAI(base_url=server.url, api_key="any")
        with client, pytest.raises(openai.RateLimitError):
            client.completions.create(model="m", prompt="p")
    assert len(server.requests) == 3
