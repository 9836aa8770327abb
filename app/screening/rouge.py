"""ROUGE-L as the package rouge_score computes it, to the last bit, over texts given as words.

Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004. The papers behind this project measured
novelty with that package, so its floats decide: a score on the edge must fall on the same side here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

from app.screening.alphabet import Alphabet


@dataclass(frozen=True, slots=True)
class Score:
    """Shares from 0 to 1 of the longest common subsequence: of the candidate, of the reference, and their F1."""

    precision: float
    recall: float
    f1: float


def f1(common: int, candidate: int, reference: int) -> float:
    """Return the F1 of ``common`` aligned words in texts of ``candidate`` and ``reference`` words.

    2pr / (p + r) with p = common / candidate and r = common / reference, in rouge_score's order of operations;
    2 common / (candidate + reference) is the same number but another float. Swapping the texts changes nothing.
    """
    if not common:
        return 0.0
    precision, recall = common / candidate, common / reference
    return 2 * precision * recall / (precision + recall)


def score(candidate: Sequence[str], reference: Sequence[str]) -> Score:
    """Return the ROUGE-L of two texts given as tokens; zero where either has none."""
    if not candidate or not reference:
        return Score(0.0, 0.0, 0.0)
    common = LCSseq.similarity(*_letters(candidate, reference))
    m, n = len(candidate), len(reference)
    return Score(common / m, common / n, f1(common, m, n))


def aligned(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Return the positions in ``a`` and in ``b``, from 0, of the words of one longest common subsequence, in order."""
    pairs: list[tuple[int, int]] = []
    for step in LCSseq.opcodes(*_letters(a, b)):
        if step.tag == "equal":
            pairs += zip(range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True)
    return pairs


def _letters(a: Sequence[str], b: Sequence[str]) -> tuple[str, str]:
    alphabet = Alphabet()
    return alphabet.write(a), alphabet.write(b)
