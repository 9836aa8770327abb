"""Objects to outputs that got stuck: one character, or one short piece, over and over.

Models do so when they are cut off by nothing but their length limit. No published filter looks for it. Of the 52,002
outputs of Stanford Alpaca this one objects to three, which are 178 to 192 times the same stray mark (docs/runs.md).
"""

from collections.abc import Iterator
from textwrap import shorten

from pydantic import BaseModel, ConfigDict, Field

from app.screening.filter import Draft, Objection, Subject
from app.screening.pool import Comparer

# Shorter stretches are rules of tables, blanks to fill in, a laugh.
_SHORTEST = 100
_LONGEST_PIECE = 200
_QUOTE = 40


class RepetitionThresholds(BaseModel):
    """How often in a row is too often."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    times: int = Field(
        10,
        ge=3,
        le=10_000,
        title="Repetitions in a row",
        description=(
            "Reject outputs of which more than half, 100 characters or more, is one character or one short piece "
            "so many times in a row."
        ),
    )


class Repetition:
    name = "repetition"
    label = "Stuck"
    description = "The output must not be one character or one short piece over and over."
    subjects: tuple[Subject, ...] = ("instance",)
    Thresholds: type[BaseModel] = RepetitionThresholds

    def object_to(self, draft: Draft, thresholds: RepetitionThresholds, pool: Comparer) -> Objection | None:
        """Object where a piece fills most of the output; the evidence is the piece and how often it comes in a row."""
        output = draft.output.strip()
        for start, end, length in _stretches(output, len(output) // thresholds.times):
            times = (end - start) // length
            if times >= thresholds.times and end - start >= _SHORTEST and 2 * (end - start) > len(output):
                piece = output[start : start + length]
                shown = shorten(piece, _QUOTE, placeholder=" …") or "white space"
                sentence = f"Stuck: more than half of the output is “{shown}”, {times:,} times in a row."
                return Objection(sentence, {"piece": piece, "times": times})
        return None


def _stretches(text: str, most: int) -> Iterator[tuple[int, int, int]]:
    """Yield for each length of a piece, up to ``most``, where in the middle of ``text`` it comes again and again."""
    if len(text) < _SHORTEST:
        return
    found: list[int] = []
    for length in range(1, min(_LONGEST_PIECE, most) + 1):
        # What repeats at a length repeats at its multiples, to the same end.
        if not any(length % each == 0 for each in found):
            start, end = _stretch(text, length)
            if end - start > 2 * _LONGEST_PIECE:
                found.append(length)
            yield start, end, length


def _stretch(text: str, length: int) -> tuple[int, int]:
    """Return the longest stretch around the middle of ``text`` in which each character comes again ``length`` later.

    What fills more than half of a text holds its middle, so no other stretch has to be looked at.
    """
    middle = len(text) // 2
    return max((_around(text, at, length) for at in (middle, middle - length)), key=lambda found: found[1] - found[0])


def _around(text: str, at: int, length: int) -> tuple[int, int]:
    start = end = at
    while start > 0 and text[start - 1] == text[start - 1 + length]:
        start -= 1
    while end + length < len(text) and text[end] == text[end + length]:
        end += 1
    return (start, end + length) if end > start else (at, at)
