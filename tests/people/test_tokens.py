"""Secrets in links and cookies."""

import hashlib
import re

from app.people.tokens import hash_token, new_token


def test_a_token_holds_256_random_bits_that_fit_into_a_link():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)


def test_what_is_stored_is_the_sha_256_of_the_token():
    assert hash_token("abc") == hashlib.sha256(b"abc").digest()


def test_any_text_may_be_looked_up():
    assert len(hash_token("é\x00\ud800")) == 32
