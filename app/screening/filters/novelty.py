"""Objects to instructions that repeat a seed task or an earlier candidate.

Self-Instruct and Stanford Alpaca keep an instruction when its ROUGE-L F1 to every member of the pool is at most
0.7, and record the 10 nearest members and the mean similarity.
"""

from textwrap import shorten
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.screening.filter import Draft, Objection, Subject
from app.screening.pool import Comparer
from app.screening.tokenizers import TOKENIZERS

_QUOTE = 160


class NoveltyThresholds(BaseModel):
    """How much an instruction may resemble what is there already."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_similarity: float = Field(
        0.7,
        ge=0.3,
        le=1.0,
        allow_inf_nan=False,
        title="Highest similarity kept",
        description=(
            "How alike the wording of two instructions may be (ROUGE-L): 0 shares no word, 1 has the same words in "
            "the same order. The published sets were made with 0.7."
        ),
    )
    tokenizer: Literal["unicode", "rouge"] = Field(
        "unicode",
        title="What counts as a word",
        description=(
            "English is cut alike by both. The published rule knows a-z and 0-9 only, so it doesn’t see what is "
            "repeated in other scripts; choose it to repeat the published filter exactly."
        ),
        json_schema_extra={"labels": {each.name: each.label for each in TOKENIZERS}},
    )


class Novelty:
    name = "novelty"
    label = "Too similar"
    description = "The instruction must differ enough from the seed tasks and from everything kept before it."
    subjects: tuple[Subject, ...] = ("instruction",)
    Thresholds: type[BaseModel] = NoveltyThresholds

    def object_to(self, draft: Draft, thresholds: NoveltyThresholds, pool: Comparer) -> Objection | None:
        """Object where the highest F1 is above the threshold, as rouge_score's floats decide it, ties included.

        The evidence is that of the comparison: up to 10 nearest members and the mean similarity.
        """
        comparison = pool.compare(draft.instruction)
        if comparison.similarity <= thresholds.max_similarity:
            return None
        quote = shorten(comparison.nearest[0].text, _QUOTE, placeholder=" …")
        score, limit = _apart(comparison.similarity, thresholds.max_similarity)
        sentence = f"Too similar to an earlier instruction: {score} (at most {limit} is kept). The nearest is “{quote}”"
        return Objection(sentence, comparison.evidence())


def _apart(score: float, limit: float) -> tuple[str, str]:
    """Write both numbers with as few decimals, from 2, as tell them apart."""
    for decimals in (2, 3, 4):
        if (high := f"{score:.{decimals}f}") != (low := f"{limit:.{decimals}f}"):
            return high, low
    # The same share of common words is several floats in rouge_score: 0.7 for 7 of 10 and 10, more for 7 of 9 and 11.
    return f"a hair over {limit:.2f}", f"{limit:.2f}"
