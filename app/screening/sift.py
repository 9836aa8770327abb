"""Sifts a list of instructions by itself, without a project: which of them repeat an earlier one that was kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from app.screening.pool import Pool
from app.screening.tokenizer import Tokenizer
from app.screening.tokenizers import DEFAULT


@dataclass(frozen=True, slots=True)
class Sifted:
    """What became of the instruction at ``index``, from 0.

    ``nearest`` is the index of the most similar instruction kept before it and ``score`` their ROUGE-L F1; None and 0
    where none shares a word with it. Kept where the score is at most the threshold, by rouge_score's floats.
    """

    index: int
    kept: bool
    score: float
    nearest: int | None


def sift(
    instructions: Iterable[str], *, threshold: float = 0.7, tokenizer: Tokenizer = DEFAULT, exact: bool = False
) -> Iterator[Sifted]:
    """Yield what becomes of each instruction, in their order; each is only compared with those kept before it.

    ``exact``: a kept one's nearest is the nearest of all. Otherwise it may be the nearest of those that had to be
    looked at; those set aside are always exact.
    """
    del exact  # every member is compared so far
    pool = Pool(tokenizer, threshold)
    for index, instruction in enumerate(instructions):
        nearest = pool.nearest(instruction, 1)
        score = nearest[0].score if nearest else 0.0
        kept = score <= threshold
        if kept:
            pool.add(index, instruction)
        yield Sifted(index, kept, score, cast("int", nearest[0].key) if nearest else None)
