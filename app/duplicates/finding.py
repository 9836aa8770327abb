"""Near-duplicates found: each kept example beside the earlier ones that stay.

Examples are compared by their instructions, in their present words and in the order in which they came. What was
turned down is left out: nothing should go for being like it. Instances of one instruction are no duplicates of each
other; they stay or go together.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.errors import InvalidInput
from app.models.candidates import Candidate, Outcome, Verdict, latest_decision
from app.origins import EVERYTHING, Origin
from app.screening.duplicates import set_apart
from app.screening.pool import Pool
from app.screening.tokenizer import Tokenizer
from app.screening.tokenizers import DEFAULT
from app.text import clean

DEFAULT_THRESHOLD = 0.7
_LEAST, _MOST = 0.3, 0.99
_AT_ONCE = 2_000
_TELL_EVERY = 500


@dataclass(frozen=True, slots=True)
class Instruction:
    """One text to compare and the examples that have it: their ids and versions, the first one first."""

    text: str
    examples: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Found:
    """A near-duplicate and the example that it is like, each with its version."""

    example: tuple[int, int]
    original: tuple[int, int]
    similarity: float

    def row(self) -> dict[str, Any]:
        """Return it as it is stored."""
        (candidate_id, candidate_version), (original_id, original_version) = self.example, self.original
        return {
            "candidate_id": candidate_id,
            "candidate_version": candidate_version,
            "original_id": original_id,
            "original_version": original_version,
            "similarity": self.similarity,
        }


def parse_threshold(written: str) -> float:
    """Return a threshold as it was typed. Raises InvalidInput where it is none between 0.3 and 0.99."""
    text = clean(written, "How alike", limit=20)
    try:
        threshold = float(text.replace(",", "."))
    except ValueError:
        threshold = -1.0
    if not _LEAST <= threshold <= _MOST:
        raise InvalidInput(f"Choose a number from {_LEAST} to {_MOST}, such as 0.7.", field="threshold")
    return threshold


def instructions_of(session: Session, project_id: int, origin: Origin = EVERYTHING) -> list[Instruction]:
    """Return what is to be compared in a project, or of what came from ``origin``, in order."""
    gathered: dict[Any, Instruction] = {}
    for row in session.execute(_kept(project_id, origin)):
        # Instances of one instruction share its place; one that was edited stands alone.
        place = (row.run_id, row.round, row.position, row.instruction) if row.run_id is not None else row.id
        gathered.setdefault(place, Instruction(row.instruction, [])).examples.append((row.id, row.version))
    return list(gathered.values())


def find(
    instructions: Sequence[Instruction],
    threshold: float,
    tokenizer: Tokenizer = DEFAULT,
    tell: Callable[[int, int], None] = lambda _done, _of: None,
) -> Iterator[Found]:
    """Yield the near-duplicates, by the words of ``tokenizer``. ``tell`` hears now and then how many of how many
    instructions are compared."""
    first: dict[Hashable, Instruction] = {each.examples[0][0]: each for each in instructions}
    texts = ((key, each.text) for key, each in first.items())
    for done, (key, nearest) in enumerate(set_apart(texts, Pool(tokenizer, threshold)), 1):
        if nearest is not None:
            original = first[nearest.key].examples[0]
            yield from (Found(example, original, nearest.score) for example in first[key].examples)
        if done % _TELL_EVERY == 0:
            tell(done, len(first))


def _kept(project_id: int, origin: Origin) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Candidate.id,
            Candidate.version,
            Candidate.run_id,
            Candidate.round,
            Candidate.position,
            Candidate.instruction,
        )
        .where(Candidate.project_id == project_id, Candidate.outcome == Outcome.KEPT, origin.includes())
        .where(func.coalesce(latest_decision(), "") != Verdict.REJECTED.value)
        .order_by(Candidate.id)
        .execution_options(yield_per=_AT_ONCE)
    )
