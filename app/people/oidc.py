"""Sign-in by OpenID Connect, where the settings name a provider: the code flow with PKCE, a state and a nonce.

The library behind it comes with the extra ``oidc`` and is loaded when somebody signs in this way.
"""

import base64
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from app.errors import InvalidInput
from app.settings import Settings
from app.text import repair, tidy_name

log = logging.getLogger(__name__)
_SECONDS = 10
_CLOCKS_DIFFER_BY = 60
# Signed by the provider's own key: with a shared secret, or none at all, anybody could have made the token.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_FAILED = "The sign-in was not finished there. Try again."
_AWAY = "The sign-in service can’t be reached or answers oddly. Try again in a moment, or sign in another way."


@dataclass(frozen=True, slots=True)
class Trip:
    """What a browser keeps while it is at the provider, so that nobody else's answer is taken for its own."""

    state: str
    nonce: str
    verifier: str
    next: str

    def packed(self) -> str:
        """Return it as a cookie's value."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def unpacked(cls, value: str) -> "Trip":
        """Return what ``packed`` has made. Raises InvalidInput for anything else."""
        try:
            trip = cls(**json.loads(base64.urlsafe_b64decode(value)))
        except (ValueError, TypeError) as error:
            raise InvalidInput(_FAILED) from error
        if not all(isinstance(each, str) and each for each in asdict(trip).values()):
            raise InvalidInput(_FAILED)
        return trip


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the provider says that somebody is. ``email`` is None where it doesn't vouch for one."""

    issuer: str
    subject: str
    email: str | None
    name: str


def set_out(settings: Settings, redirect_uri: str, *, next_: str) -> tuple[str, Trip]:
    """Return the provider's address to send a browser to, and what the browser is to keep meanwhile."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    trip = Trip(state, nonce, verifier, next_)
    with _client(settings, redirect_uri) as client:
        address = _discover(settings, client)["authorization_endpoint"]
        url, _ = client.create_authorization_url(
            address, state=trip.state, nonce=trip.nonce, code_verifier=trip.verifier
        )
    return str(url), trip


def come_back(settings: Settings, redirect_uri: str, sent: Mapping[str, str], trip: Trip) -> Claims:
    """Return who somebody is who came back with ``sent`` in the address. Raises InvalidInput with what to do."""
    if not secrets.compare_digest(sent.get("state", "").encode(), trip.state.encode()) or "code" not in sent:
        raise InvalidInput(_FAILED)
    with _client(settings, redirect_uri) as client:
        provider = _discover(settings, client)
        token = _asked(
            client.fetch_token, provider["token_endpoint"], code=sent["code"], code_verifier=trip.verifier, **_CALM
        )
        claims = _checked(settings, _fetch(client, provider["jwks_uri"]), token.get("id_token", ""), trip.nonce)
        if "email" not in claims and "userinfo_endpoint" in provider:
            told = _fetch(client, provider["userinfo_endpoint"], withhold_token=False)
            claims |= told if told.get("sub") == claims["sub"] else {}
    is_verified = claims.get("email_verified") is True or claims.get("email_verified") == "true"
    email = str(claims.get("email") or "").lower() if is_verified else ""
    if email != tidy_name(email, limit=254):
        email = ""  # tidied, it could be somebody else's
    subject, name = repair(str(claims["sub"]), limit=300), str(claims.get("name") or email)
    return Claims(settings.oidc_issuer, subject, email or None, name)


_CALM = {"timeout": _SECONDS, "allow_redirects": False}


def _client(settings: Settings, redirect_uri: str) -> Any:
    try:
        module = import_module("authlib.integrations.requests_client")
    except ImportError as error:
        raise InvalidInput("Sign-in by this service needs the extra: pip install 'tamis[oidc]'.") from error
    secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
    return module.OAuth2Session(
        settings.oidc_client_id,
        secret,
        scope="openid email profile",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
    )


def _discover(settings: Settings, client: Any) -> dict[str, Any]:
    """Return what the provider says of itself. It must be the one that was named, with addresses as safe as its own."""
    issuer = settings.oidc_issuer
    found = _fetch(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    addresses = [found.get(name) for name in (*wanted, "userinfo_endpoint") if name in {*wanted} | found.keys()]
    if found.get("issuer") != issuer or not all(_is_safe(each) for each in addresses):
        raise InvalidInput(_AWAY)
    return found


def _is_safe(address: Any) -> bool:
    parts = urlsplit(address if isinstance(address, str) else "")
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(parts.hostname or ""))


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _fetch(client: Any, address: str, *, withhold_token: bool = True) -> dict[str, Any]:
    answer = _asked(client.get, address, withhold_token=withhold_token, **_CALM)
    found = _asked(answer.json) if answer.status_code == 200 else None
    if not isinstance(found, dict):
        raise InvalidInput(_AWAY)
    return found


def _asked(ask: Any, *values: Any, **options: Any) -> Any:
    """Return what the library makes of an answer; whatever it raises, the sign-in has failed."""
    try:
        return ask(*values, **options)
    except Exception as error:
        log.warning("sign-in by OpenID Connect failed: %s: %.200s", type(error).__name__, error)
        raise InvalidInput(_AWAY) from error


def _checked(settings: Settings, keys: dict[str, Any], raw: Any, nonce: str) -> dict[str, Any]:
    """Return the claims of an ID token: signed by the provider, for us, in time, and for this very trip."""
    jose, core = import_module("joserfc.jwt"), import_module("authlib.oidc.core")
    key_set = _asked(import_module("joserfc.jwk").KeySet.import_key_set, keys)
    token = _asked(jose.decode, raw, key_set, algorithms=_ALGORITHMS)
    options = {
        "iss": {"essential": True, "value": settings.oidc_issuer},
        "aud": {"essential": True, "value": settings.oidc_client_id},
        "sub": {"essential": True},
        "nonce": {"essential": True, "value": nonce},
    }
    params = {"nonce": nonce, "client_id": settings.oidc_client_id}
    claims = core.CodeIDToken(token.claims, token.header, options, params)
    _asked(claims.validate, leeway=_CLOCKS_DIFFER_BY)
    return dict(token.claims)
