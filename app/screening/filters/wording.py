"""Objects to instructions by their first characters and by single words.

The rules and their order are those of Self-Instruct and Stanford Alpaca; their word lists are joined here.
Self-Instruct lower-cases an instruction after its first letter and so finds "Write a Program" too, Alpaca does not;
here any case counts.

They were made for English and drop whatever starts with another character. Here a start is judged by its script, and
English is still decided as they do. The words are English, too; the few that mean something else in another language
are only looked for in English.
"""

import re
import unicodedata
from functools import lru_cache
from string import punctuation
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.screening.filter import Draft, Objection, Subject
from app.screening.language import is_english
from app.screening.pool import Comparer
from app.screening.scripts import MARKS, SPACELESS, UNSEEN
from app.text import in_form

SELF_INSTRUCT_WORDS = (
    *("image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps"),
    *("draw", "plot", "go to"),
)
ALPACA_WORDS = ("video", "audio", "music", "flowchart", "diagram")

# A row or a queue in Italian and French, a folder in Dutch, a fence in Czech.
_FALSE_FRIENDS = frozenset({"file", "files", "map", "maps", "plot"})

_PROGRAM = "Write a program"

# Letters and digits; vowel signs stand before their letter in one encoding of Burmese.
_STARTS = ("L", "N", "Mc")
# Quotation marks and brackets open a sentence in many languages, and Spanish ones begin with its mark.
_BRACKETS = ("Ps", "Pi", "Pf")
_OPENING = "\"'\u00a1\u00bf"
# What typesetting makes of " and ', with which English may not start.
_CURLED = "\u2018\u2019\u201c\u201d"

# Not \b: a word such as C++ ends where \b sees no boundary. ASCII comes first since the rest takes 30 times as long.
_INSIDE = f"[0-9A-Za-z_]|(?![\x00-\x7f])(?:[^\\W{SPACELESS}]|[{MARKS}])"
_NOT_AFTER, _NOT_BEFORE = f"(?<!{_INSIDE})", f"(?!{_INSIDE})"

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class WordingThresholds(BaseModel):
    """Which wordings a run objects to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: tuple[Word, ...] = Field(
        SELF_INSTRUCT_WORDS + ALPACA_WORDS,
        max_length=1_000,
        title="Unwanted words",
        description="Whole words or phrases, in any case, that ask for more than text. List every form: image, images.",
    )
    ascii_start: bool = Field(
        False,
        title="Starts with an English letter or digit",
        description="Reject instructions that start with a letter of any other script, as the published sets did.",
    )


class Wording:
    name = "wording"
    label = "Unsuitable wording"
    description = "The instruction must start like a sentence and ask for something that can be done in text alone."
    subjects: tuple[Subject, ...] = ("instruction",)
    Thresholds: type[BaseModel] = WordingThresholds

    def object_to(self, draft: Draft, thresholds: WordingThresholds, pool: Comparer) -> Objection | None:
        """Object to a listed word or an unwanted start; the evidence is the word or the start as it was written."""
        instruction = in_form("NFC", draft.instruction.strip())
        if word := _found(instruction, thresholds):
            return Objection(f"Holds “{word}”, which is on the list of unwanted words.", {"word": word})
        if instruction.lower().startswith(_PROGRAM.lower()):
            start = instruction[: len(_PROGRAM)]
            return Objection(f"Starts with “{start}”: models propose that far too often.", {"start": start})
        return _object_to_start(instruction, thresholds)


def _found(instruction: str, thresholds: WordingThresholds) -> str | None:
    """Return the first unwanted word, as it is written, or None."""
    found = _any_of(thresholds.words).search(instruction)
    is_unsure = found and found.group().casefold() in _FALSE_FRIENDS and not thresholds.ascii_start
    if is_unsure and not is_english(instruction):
        found = _any_of(tuple(word for word in thresholds.words if word.casefold() not in _FALSE_FRIENDS)).search(
            instruction
        )
    return found.group() if found else None


def _object_to_start(instruction: str, thresholds: WordingThresholds) -> Objection | None:
    first, is_published = instruction[:1], thresholds.ascii_start
    if not first or (first.isascii() and first not in punctuation):
        return None
    if first in punctuation or first in _CURLED:
        if is_published or instruction.isascii() or is_english(instruction) or not _opens(instruction):
            return Objection(f"Starts with a punctuation mark: {first}", {"start": first})
    elif is_published:
        return Objection(f"Starts with a character that English does not use: {first}", {"start": first})
    elif not _opens(UNSEEN.sub("", instruction)):
        return Objection(f"Starts with a sign instead of a letter: {first}", {"start": first})
    return None


def _opens(text: str) -> bool:
    """Return whether a letter or digit of any script comes first, or first within quotation marks or brackets."""
    for character in text:
        category = unicodedata.category(character)
        if not (character in _OPENING or category in _BRACKETS or character.isspace()):
            return category.startswith(_STARTS)
    return False


@lru_cache(maxsize=64)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Match any of ``words`` as a whole word. Where there are none, nothing matches.

    A word ends at a script without spaces, and one in such a script is found wherever it stands.
    """
    forms: dict[tuple[str, str], list[str]] = {}
    for word in words:
        edges = ("" if _is_spaceless(word[0]) else _NOT_AFTER, "" if _is_spaceless(word[-1]) else _NOT_BEFORE)
        parts = unicodedata.normalize("NFC", word).split()
        forms.setdefault(edges, []).append(r"\s+".join(map(re.escape, parts)))
    groups = (f"{before}(?:{'|'.join(each)}){after}" for (before, after), each in forms.items())
    return re.compile("|".join(groups) or "(?!)", re.IGNORECASE)


def _is_spaceless(character: str) -> bool:
    return re.match(f"[{SPACELESS}]", character) is not None
