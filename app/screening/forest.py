"""Finds the members that may reach a threshold without looking at the others.

The words of each text are put in order, the rarest first. Texts of m and n words that have at least c in common share
one of the first n - c + 1, then another one of the first n - c + 2, and so on, on both sides. So a member is filed
under each word that may be the first shared one. Where so many are filed under one word that looking through them
takes long, they are filed further by the second shared word, then by the third.

Members are filed in trees by their number of words, since c depends on it. A node of a tree is one member, a list of
them, or a dictionary from the next shared word to a node. (The idea of filing under rare words only: Chaudhuri, Ganti
and Kaushik, "A primitive operator for similarity joins", 2006; of counting further shared words: Wang, Li and Feng,
"Can we beat the prefix filtering?", 2012.)
"""

from array import array
from bisect import bisect_right
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from app.screening.bounds import fewest_common, longest, shortest
from app.screening.sketches import Slots

_Node: TypeAlias = "int | array[int] | _Tree"
_Tree: TypeAlias = "dict[str, _Node]"

# Measured: lists of so many members for each place that one of them would be copied to are worth a split.
_WORTH = 400
# A tree holds texts of these numbers of words: from one entry up to the next, each half as long again.
_SIZES = [0, 1, 2, 3, 4]
while _SIZES[-1] < 1 << 20:
    _SIZES.append(_SIZES[-1] * 3 // 2)


class Forest:
    """Members by number, whose ``letters`` are texts of one character per word, with the rarest words the highest.

    ``letters`` is the caller's list; a member that is taken out of it (an empty text) is forgotten by and by.
    """

    def __init__(self, threshold: float, letters: list[str]) -> None:
        self._threshold, self._letters = threshold, letters
        self._trees: dict[int, _Tree] = {}
        # One object for each word, however many dictionaries have it as a key.
        self._words: dict[str, str] = {}

    def add(self, slot: int) -> None:
        """File the member of this number."""
        words = rarest_first(self._letters[slot])
        if words:
            size = _size_of(len(words))
            tree = self._trees.setdefault(size, {})
            self._file(tree, slot, words, 0, self._first_stop(len(words)), self._fewest(_SIZES[size]) - 1)

    def candidates(self, letters: str, threshold: float) -> Slots:
        """Return the numbers of all members that reach ``threshold`` beside ``letters``, and of some that don't.

        A number may come several times. ``threshold`` is at least the forest's own.
        """
        words = rarest_first(letters)
        single: list[int] = []
        found: list[array[int]] = []
        for size, stop in _stops(threshold, len(words)):
            if size in self._trees:
                _collect(self._trees[size], words, 0, stop, found, single)
        found.append(array("I", single))
        return np.frombuffer(b"".join(found), np.uint32)

    def _file(self, tree: _Tree, slot: int, words: list[str], start: int, stop: int, splits: int) -> None:
        """File a member under its words from ``start`` to before ``stop``, those that may be the next shared one.

        A node may be split ``splits`` times more: no deeper than the fewest words that members of this tree share
        with anything alike.
        """
        for place in range(start, stop):
            word = words[place]
            node = tree.get(word)
            if node is None:
                tree[self._words.setdefault(word, word)] = slot
            elif isinstance(node, dict):
                self._file(node, slot, words, place + 1, stop + 1, splits - 1)
            elif isinstance(node, int):
                tree[word] = array("I", (node, slot))
            else:
                node.append(slot)
                if splits and len(node) > _WORTH * (stop - place):
                    tree[word] = self._split(node, word, stop + 1 - self._first_stop(len(words)), splits - 1)

    def _split(self, members: "array[int]", word: str, depth: int, splits: int) -> _Tree:
        """File members that share ``depth`` words, the last of them ``word``, by the next one."""
        tree: _Tree = {}
        for slot in members:
            words = rarest_first(self._letters[slot])
            if words:
                self._file(tree, slot, words, words.index(word) + 1, self._first_stop(len(words)) + depth, splits)
        return tree

    def _first_stop(self, n: int) -> int:
        """Return how many of its words a member of ``n`` words is filed under."""
        return n - self._fewest(n) + 1

    def _fewest(self, n: int) -> int:
        """Return how many words a member of ``n`` words shares at least with anything alike: with the shortest."""
        return _fewest(self._threshold, n)


def rarest_first(letters: str) -> list[str]:
    """Return the words of a text in the order of all texts; a word's second time is a word of its own, and so on."""
    words = sorted(letters, reverse=True)
    if len(set(words)) == len(words):
        return words
    seen = 0
    for place in range(1, len(words)):
        seen = seen + 1 if words[place] == words[place - 1][0] else 0
        words[place] *= seen + 1
    return words


def _collect(
    tree: _Tree, words: list[str], start: int, stop: int, found: "list[array[int]]", single: list[int]
) -> None:
    for word in words[start:stop]:
        start += 1
        if word in tree:
            node = tree[word]
            if isinstance(node, dict):
                _collect(node, words, start, stop + 1, found, single)
            elif isinstance(node, int):
                single.append(node)
            else:
                found.append(node)


def _size_of(n: int) -> int:
    return bisect_right(_SIZES, n) - 1


@lru_cache(maxsize=4096)
def _fewest(threshold: float, n: int) -> int:
    return fewest_common(threshold, shortest(threshold, n), n)


@lru_cache(maxsize=4096)
def _stops(threshold: float, m: int) -> list[tuple[int, int]]:
    """Return the trees that a text of ``m`` words can meet a member in, and how many of its words to look up there."""
    least, most = shortest(threshold, m), longest(threshold, m)
    sizes = range(_size_of(least), _size_of(most) + 1)
    return [(size, m - fewest_common(threshold, m, max(_SIZES[size], least)) + 1) for size in sizes]
