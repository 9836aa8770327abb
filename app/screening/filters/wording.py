"""Objects to instructions by their first characters and by single words.

The rules and their order are those of Self-Instruct and Stanford Alpaca; their word lists are joined here.
Self-Instruct lower-cases an instruction after its first letter and so finds "Write a Program" too, Alpaca does not;
here any case counts.
"""

import re
from functools import lru_cache
from string import punctuation
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.screening.filter import Draft, Objection, Subject
from app.screening.pool import Comparer

SELF_INSTRUCT_WORDS = (
    *("image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps"),
    *("draw", "plot", "go to"),
)
ALPACA_WORDS = ("video", "audio", "music", "flowchart", "diagram")

_PROGRAM = "Write a program"

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
        True,
        title="Starts with an English letter or digit",
        description="Reject instructions that start with any other character. Turn it off for other languages.",
    )


class Wording:
    name = "wording"
    label = "Unsuitable wording"
    description = "The instruction must start like a sentence and ask for something that can be done in text alone."
    subjects: tuple[Subject, ...] = ("instruction",)
    Thresholds: type[BaseModel] = WordingThresholds

    def object_to(self, draft: Draft, thresholds: WordingThresholds, pool: Comparer) -> Objection | None:
        """Object to a listed word or an unwanted start; the evidence is the word or the start as it was written."""
        instruction = draft.instruction.strip()
        if found := _any_of(thresholds.words).search(instruction):
            word = found.group()
            return Objection(f"Holds “{word}”, which is on the list of unwanted words.", {"word": word})
        if instruction.lower().startswith(_PROGRAM.lower()):
            start = instruction[: len(_PROGRAM)]
            return Objection(f"Starts with “{start}”: models propose that far too often.", {"start": start})
        return _object_to_first(instruction[:1], thresholds)


def _object_to_first(character: str, thresholds: WordingThresholds) -> Objection | None:
    if character and character in punctuation:
        return Objection(f"Starts with a punctuation mark: {character}", {"start": character})
    if thresholds.ascii_start and not character.isascii():
        return Objection(f"Starts with a character that English does not use: {character}", {"start": character})
    return None


@lru_cache(maxsize=64)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Match any of ``words`` as a whole word. Where there are none, nothing matches."""
    forms = "|".join(r"\s+".join(map(re.escape, word.split())) for word in words)
    # Not \b: a word such as C++ ends where \b sees no boundary.
    return re.compile(rf"(?<!\w)(?:{forms or '(?!)'})(?!\w)", re.IGNORECASE)
