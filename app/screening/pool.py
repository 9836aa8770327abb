"""The texts that a candidate must differ from: seed tasks and kept candidates of one project."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from math import fsum
from typing import Any, Protocol

from rapidfuzz import process
from rapidfuzz.distance import Indel

from app.screening.alphabet import Alphabet
from app.screening.rouge import f1
from app.screening.tokenizer import Tokenizer
from app.screening.tokenizers import DEFAULT

# Smaller than any similarity but 0: texts of 100,000 characters have at most 50,000 words each.
_ABOVE_ZERO = 1e-9
# Wider than a rounding error, narrower than the gap between two different similarities of such texts (1e-10).
_ROUNDING = 1e-12

_Found = list[tuple[str, float, Hashable]]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A member of the pool beside a probe: its key, its text and their ROUGE-L F1."""

    key: Hashable
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A text beside the whole pool: its ``nearest`` members, best first, and its ``mean`` F1 to all members."""

    nearest: tuple[Neighbour, ...]
    mean: float

    @property
    def similarity(self) -> float:
        """The highest F1 to any member; 0 in an empty pool."""
        return self.nearest[0].score if self.nearest else 0.0

    def evidence(self) -> dict[str, Any]:
        """Return the comparison as it is stored: JSON-ready where the keys of the pool are."""
        nearest = [{"key": near.key, "text": near.text, "score": near.score} for near in self.nearest]
        return {"nearest": nearest, "mean": self.mean}


class Comparer(Protocol):
    """What a filter may do with a pool: look, never change."""

    def compare(self, text: str, limit: int = 10) -> Comparison:
        """Return ``text`` beside the pool, with its ``limit`` most similar members."""
        ...


class Pool:
    """Texts with keys, searchable by ROUGE-L F1. Exact: every member is compared."""

    def __init__(self, tokenizer: Tokenizer = DEFAULT, threshold: float = 0.7) -> None:
        self._tokens = tokenizer.tokens
        self.threshold = threshold
        self._alphabet = Alphabet()
        self._texts: dict[Hashable, str] = {}
        self._letters: dict[Hashable, str] = {}

    def __len__(self) -> int:
        return len(self._texts)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._texts

    def add(self, key: Hashable, text: str) -> None:
        """Add a member, or replace the text of the member with this key, which then keeps its place in the order.

        Raises InvalidInput, and changes nothing, where the pool would hold more distinct words than it can compare.
        """
        self._letters[key] = self._alphabet.write(self._tokens(text))
        self._texts[key] = text

    def remove(self, key: Hashable) -> None:
        """Remove a member; a key that isn't there is left alone."""
        self._letters.pop(key, None)
        self._texts.pop(key, None)

    def compare(self, text: str, limit: int = 10) -> Comparison:
        """Return the ``limit`` most similar members and the mean similarity to all of them, in one scan.

        Best first, ties in the order in which they were added. Members that share no word with ``text`` are never
        among the nearest but count as 0 in the mean. The mean of an empty pool is 0.
        """
        probe = self._alphabet.read(self._tokens(text))
        found = self._scan(probe)
        mean = fsum(similarity for _, similarity, _ in found) / len(self) if found else 0.0
        return Comparison(tuple(self._rank(probe, found, limit)), mean)

    def fill(self, members: Iterable[tuple[Hashable, str]]) -> None:
        """Add many members, each a key and a text."""
        for key, text in members:
            self.add(key, text)

    def above(self, text: str) -> Neighbour | None:
        """Return the most similar member where it is above the pool's threshold, by rouge_score's floats, else None."""
        nearest = self.nearest(text, 1)
        return nearest[0] if nearest and nearest[0].score > self.threshold else None

    def nearest(self, text: str, limit: int = 10) -> list[Neighbour]:
        """Return the ``limit`` most similar members, best first, ties in the order in which they were added."""
        return list(self.compare(text, limit).nearest)

    def mean_similarity(self, text: str) -> float:
        """Return the mean ROUGE-L F1 of ``text`` to every member; 0 in an empty pool."""
        return self.compare(text, 0).mean

    def _scan(self, probe: str) -> _Found:
        if not probe:  # rapidfuzz calls two empty texts the same, ROUGE-L calls them unlike
            return []
        return process.extract(
            probe, self._letters, scorer=Indel.normalized_similarity, limit=None, score_cutoff=_ABOVE_ZERO
        )

    def _rank(self, probe: str, found: _Found, limit: int) -> list[Neighbour]:
        """Turn the best of ``found`` into neighbours with rouge_score's own floats, in the order of these.

        Equal similarities can be unequal floats there, so all that tie with the last one in are scored again.
        """
        if limit < 1:
            return []
        last_in = found[limit - 1][1] - _ROUNDING if len(found) > limit else 0.0
        near = [self._neighbour(probe, *match) for match in found if match[1] >= last_in]
        near.sort(key=lambda neighbour: -neighbour.score)  # stable: found has ties in the order of the pool
        return near[:limit]

    def _neighbour(self, probe: str, letters: str, similarity: float, key: Hashable) -> Neighbour:
        m, n = len(probe), len(letters)
        common = round(similarity * (m + n) / 2)  # Indel's normalized similarity is 2 common / (m + n)
        return Neighbour(key, self._texts[key], f1(common, m, n))
