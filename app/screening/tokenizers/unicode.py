"""The words of every script: on plain English the very words of the published pipelines, elsewhere what people read.

A text is first folded, so that spellings that look alike are alike: NFKC (ﬁ is fi, Ａ is A) and full case folding
(STRASSE is straße; unlike lower-casing it looks at no neighbours, and on ASCII it is the same). Characters that
nobody sees, such as joiners and soft hyphens, are left out first. Then:

- Letters, digits and the marks on them make words; Hangul too, which is written with spaces.
- Scripts without spaces have no words to be seen, so one written character counts as one. In Chinese and Japanese
  that is a character. In Thai and Lao it is a consonant with its tone mark and the vowels before, above, below and
  after it; in Khmer and Myanmar a letter with its marks and what is stacked beneath it.
- Punctuation and symbols part words. Emoji are symbols: they decorate a task far more often than they are one.
"""

import re
import unicodedata
from itertools import pairwise

from app.screening.scripts import RUN, UNITS, UNSEEN, fold

_ASCII_WORD = re.compile("[a-z0-9]+")

_WORD = re.compile("|".join([RUN, *(unit.pattern for unit in UNITS)]))


class Unicode:
    name = "unicode"
    label = "Every script"
    description = (
        "English is cut as in the published pipelines. Other alphabets are cut at spaces and punctuation, and scripts "
        "without spaces, such as Chinese, Japanese and Thai, into their characters. Emoji and symbols don't count."
    )

    def tokens(self, text: str) -> list[str]:
        """Return the words of ``text``, folded."""
        if text.isascii():
            return _ASCII_WORD.findall(text.lower())
        return _WORD.findall(fold(UNSEEN.sub("", text)))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where each of ``tokens(text)`` stands in ``text``: its start and its end, in characters.

        In order; they only overlap where one character holds several words, as ½ and ㍿ do.
        """
        if text.isascii():
            return [match.span() for match in _ASCII_WORD.finditer(text.lower())]
        folded = [(letter, *place) for place in _pieces(text) for letter in fold(UNSEEN.sub("", text[slice(*place)]))]
        words = _WORD.finditer("".join([letter for letter, _, _ in folded]))
        return [(folded[word.start()][1], folded[word.end() - 1][2]) for word in words]


def _pieces(text: str) -> list[tuple[int, int]]:
    """Return where the parts of ``text`` stand that fold on their own: a character and those that melt into it."""
    seen = [place for place, character in enumerate(text) if not UNSEEN.match(character)]
    starts = [place for order, place in enumerate(seen) if not order or not _melts(text[place])]
    ends = [before + 1 for before, place in pairwise(seen) if not _melts(text[place])]
    return list(zip(starts, [*ends, *[place + 1 for place in seen[-1:]]], strict=True))


def _melts(character: str) -> bool:
    """Return whether a character may melt into the one before it. Hangul letters do too, but never out of a word."""
    return unicodedata.category(unicodedata.normalize("NFKD", character)[0])[0] == "M"
