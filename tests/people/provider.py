"""An OpenID Connect provider of a test's own, over real HTTP. It can be told to lie."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwk, jwt

CLIENT, SECRET = "tamis", "a secret between us"


@dataclass
class Provider:
    """``person`` is who is signed in there. ``claims`` go over those of its tokens; ``signs_with`` another's key."""

    url: str = ""
    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "jo-1", "email": "Jo@example.org", "email_verified": True, "name": "Jo"}
    )
    claims: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: jwk.ECKey.generate_key("P-256", {"kid": "one"}))
    signs_with: Any = None
    algorithm: str = "ES256"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def authorize(self, address: str) -> str:
        """Do what the browser would: go to ``address``, agree, and return where that leads."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert set(asked["scope"].split()) == {"openid", "email", "profile"}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def answer(self, path: str) -> dict[str, Any] | None:
        if path == "/.well-known/openid-configuration":
            there = {"issuer": self.url, "authorization_endpoint": f"{self.url}/authorize"}
            return there | {"token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys"} | self.document
        if path == "/keys":
            return {"keys": [self.key.as_dict(private=False)]}
        return None

    def token(self, sent: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Change a code for tokens, once: for the client with its secret, and the browser with its verifier."""
        asked = self.codes.pop(sent.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest()).decode()
        if asked is None or proof.rstrip("=") != asked["code_challenge"] or authorization != f"Basic {basic}":
            self.refused.append("token")
            return None
        moment = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": moment, "exp": moment + 300, "nonce": asked["nonce"]}
        claims = {name: value for name, value in (claims | self.person | self.claims).items() if value is not None}
        header = {"alg": self.algorithm, "kid": "one"}
        raw = jwt.encode(header, claims, self.signs_with or self.key, algorithms=[self.algorithm])
        return {"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": raw}


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:
        self._send(self.server.provider.answer(self.path))

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["content-length"])).decode()
        sent = {name: values[0] for name, values in parse_qs(raw).items()}
        self._send(self.server.provider.token(sent, self.headers.get("authorization", "")))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _send(self, value: dict[str, Any] | None) -> None:
        body = json.dumps(value or {"error": "invalid_grant"}).encode()
        self.send_response(200 if value else 400)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def open_provider() -> Iterator[Provider]:
    """Serve a provider."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.provider = provider = Provider(url=f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
