"""The texts that a candidate must differ from: seed tasks and kept candidates of one project.

Exact and, for the question that matters, sub-linear: a forest of rare words names the members that could be above
the threshold, 64 bits of each rule most of these out, and rapidfuzz compares the few that are left.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Indel

from app.screening.alphabet import Alphabet
from app.screening.forest import Forest
from app.screening.rouge import f1
from app.screening.sketches import Sketches
from app.screening.tokenizer import Tokenizer
from app.screening.tokenizers import DEFAULT
from app.text import comparable

# rapidfuzz drops some matches that lie on its cutoff, so it gets a lower one; what it then finds too many does no harm.
# Any two texts that share a word are more similar than this.
_ROUNDING = 1e-6
_STEPS = (0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
_SAMPLE = 1000
# Below, so few shared words are enough that a forest leaves nothing out.
_LOWEST = 0.3


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A member of the pool beside a probe: its key, its text and their ROUGE-L F1."""

    key: Hashable
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A text beside the pool: its ``nearest`` members, best first, and the ``mean`` F1 to ``mean_of`` members."""

    nearest: tuple[Neighbour, ...]
    mean: float
    mean_of: int

    @property
    def similarity(self) -> float:
        """The highest F1 to any member; 0 in an empty pool."""
        return self.nearest[0].score if self.nearest else 0.0

    def evidence(self) -> dict[str, Any]:
        """Return the comparison as it is stored: JSON-ready where the keys of the pool are."""
        nearest = [{"key": near.key, "text": near.text, "score": near.score} for near in self.nearest]
        return {"nearest": nearest, "mean": self.mean, "mean_of": self.mean_of}


class Comparer(Protocol):
    """What a filter may do with a pool: look, never change."""

    def compare(self, text: str, limit: int = 10) -> Comparison:
        """Return ``text`` beside the pool, with its ``limit`` most similar members."""
        ...


class Pool:
    """Texts with keys, searchable by ROUGE-L F1 over the words of ``tokenizer``.

    ``threshold`` is the lowest that ``above`` is quick for; it answers any, but lower ones look at every member.
    Members with the same words are one text to the search.
    """

    def __init__(self, tokenizer: Tokenizer = DEFAULT, threshold: float = 0.7) -> None:
        self._tokenizer = tokenizer
        self.threshold = threshold
        self._texts: dict[Hashable, str] = {}
        self._clear()

    def _clear(self) -> None:
        self._alphabet = Alphabet()
        self._letters: list[str] = []
        self._slots: dict[str, int] = {}
        self._keys: list[Hashable] = []
        self._twins: dict[int, list[Hashable]] = {}
        self._sketches = Sketches()
        self._forest = Forest(max(self.threshold, _LOWEST), self._letters)

    def __len__(self) -> int:
        return len(self._texts)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._texts

    def add(self, key: Hashable, text: str) -> None:
        """Add a member, or replace the text of the member with this key.

        Raises InvalidInput, and changes nothing, where the pool would hold more distinct words than it can compare.
        """
        if self._texts.get(key) == text:
            return
        letters = self._alphabet.write(self._tokens(text))
        if key in self._texts:
            self.remove(key)
            # A sweep hands out other characters.
            letters = self._alphabet.write(self._tokens(text))
        self._texts[key] = text
        if letters in self._slots:
            self._twins.setdefault(self._slots[letters], []).append(key)
        elif letters:
            slot = self._slots[letters] = self._sketches.add(letters)
            self._letters.append(letters)
            self._keys.append(key)
            self._forest.add(slot)

    def _tokens(self, text: str) -> list[str]:
        return self._tokenizer.tokens(comparable(text))

    def fill(self, members: Iterable[tuple[Hashable, str]]) -> None:
        """Add many members, each a key and a text."""
        for key, text in members:
            self.add(key, text)

    def newest(self, count: int) -> list[Hashable]:
        """Return the keys of the ``count`` members that were added last, the last one first."""
        return list(islice(reversed(self._texts), count))

    def remove(self, key: Hashable) -> None:
        """Remove a member; a key that isn't there is left alone."""
        text = self._texts.pop(key, None)
        letters = "" if text is None else self._probe(text)
        if not letters:
            return
        slot = self._slots[letters]
        alike = [*self._keys_at(slot)]
        alike.remove(key)
        if alike:
            self._keys[slot], self._twins[slot] = alike[0], alike[1:]
            return
        del self._slots[letters]
        self._letters[slot], self._keys[slot] = "", None
        self._sketches.remove(slot)
        if len(self._letters) > 2 * len(self._slots) + _SAMPLE:
            self._sweep()

    def _sweep(self) -> None:
        """Build everything anew, without what was left by removed members."""
        texts, self._texts = self._texts, {}
        self._clear()
        self.fill(texts.items())

    def above(self, text: str, threshold: float | None = None) -> Neighbour | None:
        """Return the most similar member where it is above ``threshold``, by rouge_score's floats, else None.

        The pool's own threshold where none is given. Of equally similar members the one that was added first.
        """
        threshold = self.threshold if threshold is None else threshold
        nearest = self.reaching(text, threshold)
        return nearest if nearest and nearest.score > threshold else None

    def reaching(self, text: str, threshold: float | None = None) -> Neighbour | None:
        """Return the most similar member where it has ``threshold`` or more, else None; as ``above`` otherwise."""
        threshold = self.threshold if threshold is None else threshold
        probe = self._probe(text)
        if not probe:
            return None
        slot = self._slots.get(probe)
        found = self._verify(probe, self._near(probe, threshold) if slot is None else [slot], threshold)
        return next(self._neighbours(found)) if found and found[0][0] >= threshold else None

    def promising(self, text: str) -> Neighbour | None:
        """Return the member that looks most similar at a glance, with their exact F1, or one that is more similar.

        None only where no member shares a word with ``text``. Quicker than ``nearest``.
        """
        probe = self._probe(text)
        if not probe or not self._letters:
            return None
        best = int(self._sketches.limits(probe).argmax())
        found = self._verify(probe, [best], 0.0)
        return next(self._neighbours(found)) if found else next(iter(self.nearest(text, 1)), None)

    def nearest(self, text: str, limit: int = 10) -> list[Neighbour]:
        """Return the ``limit`` most similar members, best first, ties in the order in which their words came in.

        Members that share no word with ``text`` are never among them.
        """
        probe = self._probe(text)
        if not probe or limit < 1:
            return []
        limits = self._sketches.limits(probe)
        found: list[tuple[float, int]] = []
        cut, least = np.inf, _ROUNDING
        # First those that could be the most similar; they tell how similar the others would have to be.
        for enough in (3 * limit, 30 * limit, len(limits)):
            step = next((step for step in _STEPS if np.count_nonzero(limits >= step) >= enough), _ROUNDING)
            lowest = max(step, least)
            found += self._verify(probe, _places((limits >= lowest) & (limits < cut)), least, limit)
            found.sort(key=_best_first)
            cut, least = lowest, max(found[limit - 1][0] - _ROUNDING, least) if len(found) >= limit else least
            if cut <= least:
                break
        return [near for near, _ in zip(self._neighbours(found), range(limit), strict=False)]

    def compare(self, text: str, limit: int = 10) -> Comparison:
        """Return the ``limit`` most similar members, and the mean similarity to a sample of the pool's different texts.

        The sample is every n-th of them, up to 1,000: all in a smaller pool. Texts without a word are left out.
        """
        return Comparison(tuple(self.nearest(text, limit)), *self._mean(self._probe(text)))

    def _probe(self, text: str) -> str:
        return self._alphabet.read(self._tokens(text))

    def _near(self, probe: str, threshold: float) -> list[int]:
        """Return the slots of all members that may be above ``threshold``."""
        if threshold < max(self.threshold, _LOWEST):
            return _places(self._sketches.limits(probe) >= threshold - _ROUNDING)
        return self._sketches.near(probe, self._forest.candidates(probe, threshold), threshold)

    def _verify(self, probe: str, slots: list[int], least: float, limit: int | None = None) -> list[tuple[float, int]]:
        """Return the exact F1 and the slot of those members that have about ``least`` and more, best first.

        With a ``limit`` at least so many of them, and no worse one without all that are better or as good.
        """
        letters = self._letters
        matches = process.extract(
            probe,
            [letters[slot] for slot in slots],
            scorer=Indel.normalized_similarity,
            limit=limit and 2 * limit,
            score_cutoff=max(least - _ROUNDING, _ROUNDING),
        )
        if limit and len(matches) == 2 * limit and matches[-1][1] >= matches[limit - 1][1] - _ROUNDING:
            return self._verify(probe, slots, least)
        m = len(probe)
        # Indel's normalized similarity is 2 common / (m + n); rouge_score's float of the same number is another one.
        found = [(f1(round(share * (m + len(text)) / 2), m, len(text)), slots[place]) for text, share, place in matches]
        return sorted(found, key=_best_first)

    def _mean(self, probe: str) -> tuple[float, int]:
        every = -(-len(self._letters) // _SAMPLE) or 1
        sample = [letters for letters in self._letters[::every] if letters]
        if not probe or not sample:
            return 0.0, len(sample)
        shares = process.cdist([probe], sample, scorer=Indel.normalized_similarity, dtype=np.float64)
        return float(shares.mean()), len(sample)

    def _keys_at(self, slot: int) -> Iterator[Hashable]:
        yield self._keys[slot]
        yield from self._twins.get(slot, ())

    def _neighbours(self, found: list[tuple[float, int]]) -> Iterator[Neighbour]:
        for score, slot in found:
            for key in self._keys_at(slot):
                yield Neighbour(key, self._texts[key], score)


def _places(mask: NDArray[np.bool_]) -> list[int]:
    found: list[int] = np.flatnonzero(mask).tolist()
    return found


def _best_first(match: tuple[float, int]) -> tuple[float, int]:
    score, slot = match
    return -score, slot
