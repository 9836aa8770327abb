"""The scripts of the world, as far as screening must know them: where no space parts the words, and how texts fold.

Published bounds count English words. What stands for a word elsewhere was measured on the Universal Declaration of
Human Rights: how much is written in each script for one word of the English text (docs/runs.md, "Words of every
script").
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from app.text import in_form

# Soft hyphen, joiners, marks of direction, selectors of a glyph's form, tags.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]+"
)


def _ranges(characters: list[int]) -> Iterator[str]:
    """Write ascending code points as the ranges of a character class."""
    ends = [(a, b) for a, b in pairwise(characters) if b > a + 1]
    starts = [characters[0], *[b for _, b in ends]]
    for start, end in zip(starts, [*[a for a, _ in ends], characters[-1]], strict=True):
        yield f"{chr(start)}-{chr(end)}"


# All scripts' marks that belong to a letter, above ASCII and below the unassigned planes; not the circles and
# squares drawn around symbols.
MARKS = "".join(_ranges([code for code in range(0x80, 0x20000) if unicodedata.category(chr(code)) in {"Mn", "Mc"}]))


class Unit(NamedTuple):
    """One written unit of a script without spaces.

    ``letters`` and ``pattern`` are what a class and an expression of ``re`` hold; ``words`` is how many English words
    one of it stands for.
    """

    name: str
    letters: str
    pattern: str
    words: float


# Iteration marks and zero; extension A; unified; compatibility; extensions B and beyond.
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
_YI = "\ua000-\ua48c"
# Javanese, Balinese and Tai Tham.
_JAVANESE = "\ua984-\ua9b2\u1b05-\u1b33\u1b45-\u1b4c\u1a20-\u1a54"

UNITS = (
    Unit("han", _HAN, f"[{_HAN}][{_HAN_MARKS}]*", 1 / 1.5),
    Unit("kana", _KANA, f"[{_KANA}][{_HAN_MARKS}]*", 1 / 4),
    Unit("yi", _YI, f"[{_YI}]", 1 / 1.75),
    Unit("thai", _THAI, f"[\u0e40-\u0e44]?[{_THAI}][{_THAI_MARKS}]*[\u0e30\u0e32\u0e33\u0e45]?", 1 / 3.2),
    Unit("lao", _LAO, f"[\u0ec0-\u0ec4]?[{_LAO}][{_LAO_MARKS}]*[\u0eb0\u0eb2\u0eb3\u0ebd]?", 1 / 3.2),
    Unit("khmer", _KHMER, f"[{_KHMER}](?:\u17d2[{_KHMER}]|[{_KHMER_MARKS}])*", 1 / 3.2),
    Unit("myanmar", _MYANMAR, f"[{_MYANMAR}](?:\u1039[{_MYANMAR}]|[{_MYANMAR_MARKS}])*", 1 / 3.2),
    Unit("javanese", _JAVANESE, f"[{_JAVANESE}][{MARKS}]*", 1 / 3.2),
)
SPACELESS = "".join(unit.letters for unit in UNITS)
# What stands between spaces: letters, digits and their marks.
RUN = f"(?:[^\\W_{SPACELESS}]++|[{MARKS}]++)+"

# Words parted by spaces, or syllables by dots, that say as much as several English words, or less than one.
_LONG = (
    ("tibetan", "\u0f00\u0f20-\u0f33\u0f40-\u0f6c\u0f71-\u0f84\u0f86-\u0fbc", 1 / 1.75),
    ("hangul", "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb", 1.5),
    ("dravidian", "\u0b82-\u0cff", 1.5),  # Tamil, Telugu, Kannada
    ("malayalam", "\u0d00-\u0d7f", 2.0),
)
_WORDS = {unit.name: unit.words for unit in UNITS} | {name: words for name, _, words in _LONG} | {"other": 1.0}
_COUNTED = re.compile(
    "|".join(
        [
            *(f"(?P<{unit.name}>{unit.pattern})" for unit in UNITS),
            *(f"(?P<{name}>[{letters}]+)" for name, letters, _ in _LONG),
            f"(?P<other>[^\\W_{SPACELESS}{''.join(letters for _, letters, _ in _LONG)}]+)",
        ]
    )
)
_ETHIOPIC_SPACE = "\u1361"


def fold(text: str) -> str:
    """Return ``text`` without differences of form and case; folding the case can take NFKC apart, so it comes twice."""
    return in_form("NFKC", in_form("NFKC", text).casefold())


def count_words(text: str) -> float:
    """Return how many words ``text`` has, to a tenth, as English would say it.

    What white space parts is a word, as in the published pipelines; only where a script has no spaces, or says much
    more in one word, its units count for what they stand for.
    """
    if text.isascii():
        return len(text.split())
    return round(sum(map(_words_of, text.replace(_ETHIOPIC_SPACE, " ").split())), 1)


def _words_of(piece: str) -> float:
    """Return how many words a piece without white space counts for."""
    found = Counter(match.lastgroup for match in _COUNTED.finditer(fold(UNSEEN.sub("", piece))))
    if found.keys() <= {"other"}:
        return 1
    return sum(_WORDS[name or ""] * many for name, many in found.items())
