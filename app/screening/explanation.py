"""Two instructions side by side, explained to people: what they share, word for word, and how far from the limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.screening import rouge
from app.screening.tokenizer import Tokenizer

Segments = list[tuple[str, bool]]

# Up to so many pairs of words, the words to mark are chosen for reading; beyond the second, none are marked.
_MOST_PAIRS_CHOSEN = 4_000
_MOST_PAIRS_MARKED = 25_000_000
# Far below what two different shares of words can differ by.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Explanation:
    """``common`` of the ``words`` of a text are among the ``other_words`` of another, in the same order.

    ``text`` and ``other`` are both texts in pieces, each with whether its words are shared. ``margin`` says how far
    the similarity ``f1`` is from the limit, empty where there was none; ``is_over`` is whether it is above it.
    """

    precision: float
    recall: float
    f1: float
    common: int
    words: int
    other_words: int
    text: Segments
    other: Segments
    margin: str
    is_over: bool

    @property
    def sentence(self) -> str:
        """What they share, in everyday words."""
        if not self.common:
            return "They share no word."
        if self.common == self.words == self.other_words:
            return "Both have the same words in the same order."
        are = "is" if self.common == 1 else "are"
        mine = f"{self.common:,} of its {self.words:,} word{'s' if self.words > 1 else ''} ({self.precision:.0%})"
        return f"{mine} {are} among the other’s {self.other_words:,} ({self.recall:.0%}), in the same order."


def explain(text: str, other: str, tokenizer: Tokenizer, threshold: float | None = None) -> Explanation:
    """Set ``text`` beside ``other``. The marks are one longest common subsequence of their words.

    There can be several; of those, one with long unbroken stretches is shown where the texts aren't long.
    """
    mine, theirs = tokenizer.tokens(text), tokenizer.tokens(other)
    score = rouge.score(mine, theirs)
    pairs = _align(mine, theirs)
    return Explanation(
        precision=score.precision,
        recall=score.recall,
        f1=score.f1,
        common=round(score.precision * len(mine)),
        words=len(mine),
        other_words=len(theirs),
        text=cut(text, tokenizer.spans(text), [i for i, _ in pairs]),
        other=cut(other, tokenizer.spans(other), [j for _, j in pairs]),
        margin="" if threshold is None else margin(score.f1, threshold),
        is_over=threshold is not None and score.f1 > threshold,
    )


def margin(score: float, limit: float) -> str:
    """Say how far ``score`` is from ``limit``, with as few decimals, from 2, as show that they differ."""
    apart = abs(score - limit)
    if score <= limit and apart < _ROUNDING:
        return "exactly at the limit"
    side = "over" if score > limit else "under"
    for decimals in (2, 3, 4):
        if float(amount := f"{apart:.{decimals}f}"):
            return f"{amount} {side} the limit"
    # rouge_score writes one share of words as several floats, so equal shares can fall on both sides of a limit.
    return f"a hair {side} the limit"


def _align(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    pairs = len(a) * len(b)
    if pairs > _MOST_PAIRS_MARKED:
        return []
    return _align_for_reading(a, b) if pairs <= _MOST_PAIRS_CHOSEN else rouge.aligned(a, b)


def _align_for_reading(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest common subsequence that has the most neighbours in both texts, by dynamic programming.

    A cell is the value of the best alignment of two beginnings, in which each word weighs more than all neighbours
    together. ``met`` are the values of alignments that end with both last words, to be carried on.
    """
    word = len(a) + len(b) + 1
    best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    met = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, mine in enumerate(a, 1):
        for j, other in enumerate(b, 1):
            if mine == other:
                met[i][j] = word + max(best[i - 1][j - 1], met[i - 1][j - 1] + bool(met[i - 1][j - 1]))
            best[i][j] = max(met[i][j], best[i - 1][j], best[i][j - 1])
    return _trace_back(best, met, word)


def _trace_back(best: list[list[int]], met: list[list[int]], word: int) -> list[tuple[int, int]]:
    i, j = len(best) - 1, len(best[0]) - 1
    pairs: list[tuple[int, int]] = []
    is_joined = False
    while i and j:
        if is_joined or (met[i][j] and met[i][j] == best[i][j]):
            pairs.append((i - 1, j - 1))
            is_joined = bool(met[i - 1][j - 1]) and met[i][j] == word + met[i - 1][j - 1] + 1
            i, j = i - 1, j - 1
        elif best[i - 1][j] >= best[i][j - 1]:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


def cut(text: str, spans: Sequence[tuple[int, int]], marked: Sequence[int]) -> Segments:
    """Cut a text where marks begin and end; marked words (their places) that stand side by side share one mark."""
    stretches: list[tuple[int, int]] = []
    for before, word in pairwise([-2, *marked]):
        start, end = spans[word]
        last_end = stretches[-1][1] if stretches else 0
        if stretches and (start < last_end or (word == before + 1 and _is_gap(text[last_end:start]))):
            stretches[-1] = (stretches[-1][0], max(end, last_end))
        else:
            stretches.append((start, end))
    segments: Segments = []
    place = 0
    for start, end in stretches:
        segments += [(text[place:start], False), (text[start:end], True)]
        place = end
    return [segment for segment in [*segments, (text[place:], False)] if segment[0]]


def _is_gap(between: str) -> bool:
    """Whether a reader sees no word there; the published rule passes over whole sentences in other scripts."""
    return not any(character.isalnum() for character in between)
