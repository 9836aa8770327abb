"""What a candidate was most similar to when it came in, explained from the evidence that was stored then."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.candidates.lineage import Lineage
from app.models.candidates import Candidate
from app.models.generation import Run
from app.models.jobs import Job
from app.origins import novelty_in
from app.screening.explanation import Explanation, explain
from app.screening.filters.novelty import NoveltyThresholds
from app.screening.tokenizer import Tokenizer
from app.screening.tokenizers import DEFAULT, tokenizer_named
from app.text import comparable, whole_number

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Nearest:
    """A member of the pool as it was then beside a candidate as it was then; its id where it is known.

    ``is_beside``: both came in with one import, when neither had an id yet.
    ``limit`` is the threshold of the run or the import that it came in with; None where that isn't known.
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
    return _explain(candidate, text, lineage.run or lineage.imported, SHOWN)


def nearest_to_each(session: Session, candidates: Sequence[Candidate]) -> dict[int, Nearest]:
    """Return the nearest member to each of some rejected candidates, which are never edited, in two queries."""
    runs = _by_id(session, Run, {each.run_id for each in candidates})
    imports = _by_id(session, Job, {each.import_id for each in candidates})
    found = {
        each.id: _explain(each, each.instruction, runs.get(each.run_id) or imports.get(each.import_id), 1)
        for each in candidates
    }
    return {candidate_id: nearest[0] for candidate_id, nearest in found.items() if nearest}


def _by_id(session: Session, table: type[Any], ids: set[int | None]) -> dict[int | None, Any]:
    wanted = ids - {None}
    return {row.id: row for row in session.scalars(select(table).where(table.id.in_(wanted)))} if wanted else {}


def _explain(candidate: Candidate, text: str, brought_by: Run | Job | None, limit: int) -> list[Nearest]:
    terms = _terms(brought_by)
    tokenizer = tokenizer_named(terms.tokenizer) if terms else DEFAULT
    threshold = terms.max_similarity if terms else None
    return [_beside(text, member, tokenizer, threshold) for member in candidate.evidence.get("nearest", [])[:limit]]


def _terms(brought_by: Run | Job | None) -> NoveltyThresholds | None:
    if brought_by is None:
        return None
    return novelty_in(brought_by.thresholds if isinstance(brought_by, Run) else brought_by.parameters["thresholds"])


def _beside(text: str, member: dict[str, Any], tokenizer: Tokenizer, threshold: float | None) -> Nearest:
    kind, _, number = str(member.get("key", "")).partition(":")
    member_id = whole_number(number)
    return Nearest(
        score=member["score"],
        limit=threshold,
        seed_task_id=member_id if kind == "seed" else None,
        candidate_id=member_id if kind == "candidate" else None,
        is_beside=kind == "import",
        explanation=explain(comparable(text), comparable(member["text"]), tokenizer, threshold),
    )
