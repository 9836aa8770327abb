"""A simple, reproducible count of tokens."""

import re

_TOKEN = re.compile(r"[A-Za-z]{1,8}|\d{1,3}|[^\sA-Za-z\d]")


def count_tokens(text: str) -> int:
    """Return the number of pieces of words, numbers and marks in the text."""
    return sum(1 for _ in _TOKEN.finditer(text))


def end_of_token(text: str, count: int) -> int | None:
    """Return where the given number of tokens ends, in characters, or None when the text isn't longer than that."""
    end = 0
    for index, token in enumerate(_TOKEN.finditer(text)):
        if index == count:
            return end
        end = token.end()
    return None
