"""Secrets that travel in links and cookies. The database only ever holds their hashes."""

import hashlib
import secrets

_BYTES = 32


def new_token() -> str:
    """Return a token that can't be guessed: 256 bits, URL-safe."""
    return secrets.token_urlsafe(_BYTES)


def hash_token(token: str) -> bytes:
    """Return what is stored of a token. A plain SHA-256 is enough: there is nothing to guess in 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
