"""A few bits for each member: enough to see, for thousands at a time, that most cannot be alike.

Each word turns one bit over. Where two sketches differ in d bits, at least d words stand in one text and not in the
other, so texts of m and n words have at most (m + n - d) / 2 in common and ROUGE-L F1 at most 1 - d / (m + n).
"""

from functools import lru_cache, reduce
from operator import xor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from app.screening.bounds import fewest_common, longest, shortest

Slots = NDArray[np.uint32]
_Number = TypeVar("_Number", np.uint64, np.int32)
_FIRST = 1024


class _Bits(dict[str, int]):
    """The bit of each character. Common words have the lowest characters, so each of them has a bit of its own."""

    def __missing__(self, letter: str) -> int:
        self[letter] = bit = 1 << (ord(letter) & 127)
        return bit


_bit = _Bits().__getitem__


class Sketches:
    """The sketches and lengths of members that are numbered from 0. A length of 0 stands for none.

    A sketch has 128 bits, kept as the two halves laid over each other, which is a sketch of 64 bits and says enough
    of the few that a forest found, and as the upper half, which is needed besides where all members are looked at.
    """

    def __init__(self) -> None:
        self._overlaid = np.zeros(_FIRST, np.uint64)
        self._upper = np.zeros(_FIRST, np.uint64)
        self._lengths = np.zeros(_FIRST, np.int32)
        self._count = 0

    def add(self, letters: str) -> int:
        """Add a text of one character per word and return its number."""
        slot = self._count
        if slot == len(self._lengths):
            self._overlaid, self._upper = _doubled(self._overlaid), _doubled(self._upper)
            self._lengths = _doubled(self._lengths)
        self._overlaid[slot], self._upper[slot] = _sketch(letters)
        self._lengths[slot] = len(letters)
        self._count += 1
        return slot

    def remove(self, slot: int) -> None:
        """Let a number stand for no member."""
        self._lengths[slot] = 0

    def near(self, letters: str, slots: Slots, threshold: float) -> list[int]:
        """Return those of ``slots``, each once, that may reach ``threshold`` beside ``letters``."""
        overlaid, _ = _sketch(letters)
        allowed = _most_different(threshold, len(letters)).take(self._lengths.take(slots), mode="clip")
        different = np.bitwise_count(self._overlaid.take(slots) ^ overlaid)
        return list(dict.fromkeys(slots[different <= allowed].tolist()))

    def limits(self, letters: str) -> NDArray[np.float64]:
        """Return for every number a limit that its F1 with ``letters`` can't pass, below 0 where there is no member."""
        overlaid, upper = _sketch(letters)
        lengths = self._lengths[: self._count]
        in_upper = self._upper[: self._count] ^ upper
        in_lower = self._overlaid[: self._count] ^ in_upper ^ overlaid
        different = np.bitwise_count(in_upper) + np.bitwise_count(in_lower)
        limits: NDArray[np.float64] = 1 - different / (lengths + len(letters))
        limits[lengths == 0] = -1
        return limits


def _sketch(letters: str) -> tuple[np.uint64, np.uint64]:
    """Return both halves of a sketch laid over each other, and the upper one."""
    bits = reduce(xor, map(_bit, letters), 0)
    upper = bits >> 64
    return np.uint64((bits ^ upper) & 0xFFFF_FFFF_FFFF_FFFF), np.uint64(upper)


def _doubled(column: NDArray[_Number]) -> NDArray[_Number]:
    return np.concatenate([column, np.zeros_like(column)])


@lru_cache(maxsize=512)
def _most_different(threshold: float, m: int) -> NDArray[np.int32]:
    """Return by the length of a member how many bits may differ; -1 where its length alone says that it is unlike.

    Longer members than the last entry stands for are unlike too, so it is -1 and serves them all.
    """
    most = np.full(longest(threshold, m) + 2, -1, np.int32)
    for n in range(shortest(threshold, m), len(most) - 1):
        most[n] = m + n - 2 * fewest_common(threshold, m, n)
    return most
