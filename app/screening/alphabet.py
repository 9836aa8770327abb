"""One character for each distinct word, so that a text becomes a string whose characters are its words.

rapidfuzz compares such strings on its fastest path, and, unlike word hashes, two words never share a character.
"""

from collections.abc import Iterable

from app.errors import InvalidInput

# The highest character there is: a word seen for the first time counts as the rarest.
_UNKNOWN = chr(0x10FFFF)
_SURROGATES = range(0xD800, 0xE000)
CAPACITY = 0x110000 - len(_SURROGATES) - len(_UNKNOWN)


class Alphabet:
    """Characters for words, handed out in the order in which the words are first written: common ones come early.

    ``capacity`` is the largest number of distinct words; Unicode has room for 1,112,063.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._letters: dict[str, str] = {}

    def write(self, words: Iterable[str]) -> str:
        """Return one character per word and learn the words that are new.

        Raises InvalidInput when there is no character left for a new word.
        """
        return "".join([self._letters.get(word) or self._learn(word) for word in words])

    def read(self, words: Iterable[str]) -> str:
        """Return one character per word and learn nothing: an unknown word's character equals no known word's."""
        return "".join([self._letters.get(word, _UNKNOWN) for word in words])

    def _learn(self, word: str) -> str:
        if len(self._letters) >= self._capacity:
            raise InvalidInput(
                f"These texts hold more than {self._capacity:,} different words, too many to compare. "
                "Split them over several projects."
            )
        letter = self._letters[word] = _letter(len(self._letters))
        return letter


def _letter(index: int) -> str:
    return chr(index if index < _SURROGATES.start else index + len(_SURROGATES))
