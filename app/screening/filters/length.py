"""Objects to instructions of too few or too many words.

Self-Instruct and Stanford Alpaca drop those of 3 words or fewer and those of more than 150.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.screening.filter import Draft, Objection, Subject
from app.screening.pool import Comparer


class LengthThresholds(BaseModel):
    """Numbers of words; words are what white space parts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_words: int = Field(
        4,
        ge=1,
        le=10_000,
        title="Fewest words",
        description="Shorter instructions are rejected. Set 1 for languages written without spaces.",
    )
    max_words: int = Field(
        150, ge=1, le=10_000, title="Most words", description="Longer instructions are rejected; most of them ramble."
    )

    @model_validator(mode="after")
    def _leave_room(self) -> Self:
        if self.min_words > self.max_words:
            raise ValueError("The fewest words must not be more than the most words")
        return self


class Length:
    name = "length"
    label = "Too short or long"
    description = "The instruction must be neither too short to say what to do nor so long that it rambles."
    subjects: tuple[Subject, ...] = ("instruction",)
    Thresholds: type[BaseModel] = LengthThresholds

    def object_to(self, draft: Draft, thresholds: LengthThresholds, pool: Comparer) -> Objection | None:
        """Object where the words of the instruction are too few or too many; the evidence is their number."""
        words = len(draft.instruction.split())
        if words < thresholds.min_words:
            return Objection(
                f"Too short: {_count(words)} (at least {thresholds.min_words} are needed).", {"words": words}
            )
        if words > thresholds.max_words:
            return Objection(f"Too long: {_count(words)} (at most {thresholds.max_words} are kept).", {"words": words})
        return None


def _count(words: int) -> str:
    return f"{words} word" if words == 1 else f"{words} words"
