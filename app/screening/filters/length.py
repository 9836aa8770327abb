"""Objects to instructions of too few or too many words.

Self-Instruct and Stanford Alpaca drop those of 3 words or fewer and those of more than 150. They counted English words;
``scripts.count_words`` says how many others make as much.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.screening.filter import Draft, Objection, Subject
from app.screening.pool import Comparer
from app.screening.scripts import count_words


class LengthThresholds(BaseModel):
    """Numbers of words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_words: int = Field(
        4,
        ge=1,
        le=10_000,
        title="Fewest words",
        description="Shorter instructions are rejected.",
    )
    max_words: int = Field(
        150, ge=1, le=10_000, title="Most words", description="Longer instructions are rejected; most of them ramble."
    )
    by_script: bool = Field(
        True,
        title="Counts words as each script writes them",
        description=(
            "Where no spaces part the words, characters are counted: 1.5 of Chinese make a word, about 3 of Thai. "
            "Turn it off to count what spaces part in any script, as the published sets did."
        ),
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
        words = count_words(draft.instruction) if thresholds.by_script else len(draft.instruction.split())
        if words < thresholds.min_words:
            return Objection(
                f"Too short: {_count(words)} (at least {thresholds.min_words} are needed).", {"words": words}
            )
        if words > thresholds.max_words:
            return Objection(f"Too long: {_count(words)} (at most {thresholds.max_words} are kept).", {"words": words})
        return None


def _count(words: float) -> str:
    if words != int(words):
        return f"about {words} words"
    return f"{words:.0f} word" if words == 1 else f"{words:.0f} words"
