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
from collections.abc import Iterator
from itertools import pairwise

_ASCII_WORD = re.compile("[a-z0-9]+")

# Soft hyphen, joiners, marks of direction, selectors of a glyph's form, tags.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]+"
)

# Han: iteration marks and zero; extension A; unified; compatibility; extensions B and beyond.
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
# Hiragana; Katakana without its dot; phonetic extensions; historic forms.
_KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\U0001aff0-\U0001b16f"
# Tones beside Han, voicing of Kana.
_HAN_MARKS = "\u302a-\u302f\u3099\u309a"
# Thai and Lao: letters with the vowels that stand before and after; these two; vowels above and below and tones.
_THAI = "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46"
_THAI_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
_LAO = "\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd\u0ec0-\u0ec6\u0edc-\u0edf"
_LAO_MARKS = "\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
# Khmer: letters, with the sign of repetition; vowels and signs, of which U+17D2 stacks the next letter.
_KHMER = "\u1780-\u17b3\u17d7\u17dc"
_KHMER_MARKS = "\u17b4-\u17d3\u17dd"
# Myanmar, with extensions A and B: letters; vowels, tones and signs, of which U+1039 stacks the next letter.
_MYANMAR = (
    "\u1000-\u102a\u103f\u1050-\u1055\u105a-\u105d\u1061\u1065\u1066\u106e-\u1070\u1075-\u1081\u108e"
    "\ua9e0-\ua9e4\ua9e6-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa76\uaa7a\uaa7e\uaa7f"
)
_MYANMAR_MARKS = (
    "\u102b-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d\u108f\u109a-\u109d"
    "\ua9e5\uaa7b-\uaa7d"
)


def _ranges(characters: list[int]) -> Iterator[str]:
    """Write ascending code points as the ranges of a character class."""
    ends = [(a, b) for a, b in pairwise(characters) if b > a + 1]
    starts = [characters[0], *[b for _, b in ends]]
    for start, end in zip(starts, [*[a for a, _ in ends], characters[-1]], strict=True):
        yield f"{chr(start)}-{chr(end)}"


# All scripts' marks that belong to a letter, above ASCII and below the unassigned planes; not the circles and
# squares drawn around symbols.
_MARKS = "".join(_ranges([code for code in range(0x80, 0x20000) if unicodedata.category(chr(code)) in {"Mn", "Mc"}]))

_WORD = re.compile(
    "|".join(
        (
            f"(?:[^\\W_{_HAN}{_KANA}{_THAI}{_LAO}{_KHMER}{_MYANMAR}]++|[{_MARKS}]++)+",
            f"[{_HAN}{_KANA}][{_HAN_MARKS}]*",
            f"[\u0e40-\u0e44]?[{_THAI}][{_THAI_MARKS}]*[\u0e30\u0e32\u0e33\u0e45]?",
            f"[\u0ec0-\u0ec4]?[{_LAO}][{_LAO_MARKS}]*[\u0eb0\u0eb2\u0eb3\u0ebd]?",
            f"[{_KHMER}](?:\u17d2[{_KHMER}]|[{_KHMER_MARKS}])*",
            f"[{_MYANMAR}](?:\u1039[{_MYANMAR}]|[{_MYANMAR_MARKS}])*",
        )
    )
)


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
        return _WORD.findall(_fold(_UNSEEN.sub("", text)))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where each of ``tokens(text)`` stands in ``text``: its start and its end, in characters.

        In order; they only overlap where one character holds several words, as ½ and ㍿ do.
        """
        if text.isascii():
            return [match.span() for match in _ASCII_WORD.finditer(text.lower())]
        folded = [(letter, *place) for place in _pieces(text) for letter in _fold(_UNSEEN.sub("", text[slice(*place)]))]
        words = _WORD.finditer("".join([letter for letter, _, _ in folded]))
        return [(folded[word.start()][1], folded[word.end() - 1][2]) for word in words]


def _fold(text: str) -> str:
    """Return ``text`` without differences of form and case; folding the case can take NFKC apart, so it comes twice."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _pieces(text: str) -> list[tuple[int, int]]:
    """Return where the parts of ``text`` stand that fold on their own: a character and those that melt into it."""
    seen = [place for place, character in enumerate(text) if not _UNSEEN.match(character)]
    starts = [place for order, place in enumerate(seen) if not order or not _melts(text[place])]
    ends = [before + 1 for before, place in pairwise(seen) if not _melts(text[place])]
    return list(zip(starts, [*ends, *[place + 1 for place in seen[-1:]]], strict=True))


def _melts(character: str) -> bool:
    """Return whether a character may melt into the one before it. Hangul letters do too, but never out of a word."""
    return unicodedata.category(unicodedata.normalize("NFKD", character)[0])[0] == "M"
