"""What a candidate was most similar to when it came in, explained from the evidence that was stored then."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.candidates.lineage import Lineage
from app.models.candidates import Candidate
from app.models.generation import Run
from app.screening.explanation import Explanation, explain
from app.screening.tokenizer import Tokenizer
from app.screening.tokenizers import DEFAULT, tokenizer_named
from app.text import whole_number

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Nearest:
    """A member of the pool as it was then beside a candidate as it was then; its id where it is known.

    ``is_beside``: both came in with one import, when neither had an id yet.
    ``limit`` is the threshold of the candidate's run; None for what was imported.
    """

    score: float
    limit: float | None
    seed_task_id: int | None
    candidate_id: int | None
    is_beside: bool
    explanation: Explanation


def nearest_of(candidate: Candidate, lineage: Lineage) -> list[Nearest]:
    """Return up to five nearest members, best first; none where novelty wasn't asked. No query: all is in the lineage.

    The text that was compared is the first version's, whatever was made of it since.
    """
    text = lineage.versions[-1].instruction if lineage.versions else candidate.instruction
    return _explain(candidate, text, lineage.run, SHOWN)


def nearest_to_each(session: Session, candidates: Sequence[Candidate]) -> dict[int, Nearest]:
    """Return the nearest member to each of some rejected candidates, which are never edited, in one query."""
    ids = {candidate.run_id for candidate in candidates if candidate.run_id is not None}
    runs = {run.id: run for run in session.scalars(select(Run).where(Run.id.in_(ids)))} if ids else {}
    found = {each.id: _explain(each, each.instruction, runs.get(each.run_id or 0), 1) for each in candidates}
    return {candidate_id: nearest[0] for candidate_id, nearest in found.items() if nearest}


def _explain(candidate: Candidate, text: str, run: Run | None, limit: int) -> list[Nearest]:
    tokenizer, threshold = _terms(run)
    return [_beside(text, member, tokenizer, threshold) for member in candidate.evidence.get("nearest", [])[:limit]]


def _terms(run: Run | None) -> tuple[Tokenizer, float | None]:
    novelty = run.thresholds.get("novelty", {}) if run else {}
    return tokenizer_named(novelty.get("tokenizer", DEFAULT.name)), novelty.get("max_similarity")


def _beside(text: str, member: dict[str, Any], tokenizer: Tokenizer, threshold: float | None) -> Nearest:
    kind, _, number = str(member.get("key", "")).partition(":")
    member_id = whole_number(number)
    return Nearest(
        score=member["score"],
        limit=threshold,
        seed_task_id=member_id if kind == "seed" else None,
        candidate_id=member_id if kind == "candidate" else None,
        is_beside=kind == "import",
        explanation=explain(text, member["text"], tokenizer, threshold),
    )
