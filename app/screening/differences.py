"""Where two texts differ: the words of one that have no partner in the other."""

from app.screening.explanation import Segments, cut
from app.screening.rouge import aligned
from app.screening.tokenizer import Tokenizer
from app.screening.tokenizers import DEFAULT


def differing(text: str, beside: str, tokenizer: Tokenizer = DEFAULT) -> Segments:
    """Cut ``text`` into pieces, each with whether it differs: its words are not among those aligned with ``beside``.

    The pieces joined are ``text``; two that differ are never neighbours. Of several longest alignments one is taken.
    """
    spans = tokenizer.spans(text)
    partnered = {place for place, _ in aligned(tokenizer.tokens(text), tokenizer.tokens(beside))}
    return cut(text, spans, [place for place in range(len(spans)) if place not in partnered])
