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

    ``exact``: a kept one's nearest is the nearest of all. Otherwise, below the threshold, it is one that looks alike
    at a glance, which takes less time; at the threshold and above it is always the nearest.
    """
    pool = Pool(tokenizer, threshold)
    for index, instruction in enumerate(instructions):
        near = pool.reaching(instruction)
        kept = near is None or near.score <= threshold
        if near is None:
            near = next(iter(pool.nearest(instruction, 1)), None) if exact else pool.promising(instruction)
        if kept:
            pool.add(index, instruction)
        yield Sifted(index, kept, near.score if near else 0.0, cast("int", near.key) if near else None)
