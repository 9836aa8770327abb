"""Where two texts differ: the words of one that have no partner in the other."""

from itertools import groupby

from app.screening.rouge import aligned
from app.screening.tokenizer import Tokenizer
from app.screening.tokenizers import DEFAULT


def differing(text: str, beside: str, tokenizer: Tokenizer = DEFAULT) -> list[tuple[str, bool]]:
    """Cut ``text`` into pieces, each with whether it differs: its words are not among those aligned with ``beside``.

    The pieces joined are ``text``; two that differ are never neighbours. Of several longest alignments one is taken.
    """
    spans = tokenizer.spans(text)
    partnered = {place for place, _ in aligned(tokenizer.tokens(text), tokenizer.tokens(beside))}
    pieces, end = [], 0
    for differs, places in groupby(range(len(spans)), lambda place: place not in partnered):
        if differs:
            run = list(places)
            start, stop = spans[run[0]][0], spans[run[-1]][1]
            pieces += [(text[end:start], False), (text[start:stop], True)]
            end = stop
    pieces.append((text[end:], False))
    return [piece for piece in pieces if piece[0]]
