"""What a candidate was most similar to when it came in, explained from the evidence that was stored then."""

from collections.abc import Container, Sequence
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

    ``is_beside``: both came in with one import, when neither had an id yet. ``is_gone``: it is no longer here.
    ``limit`` is the threshold of the run or the import that it came in with; None where that isn't known.
    """

    score: float
    limit: float | None
    seed_task_id: int | None
    candidate_id: int | None
    is_beside: bool
    is_gone: bool
    explanation: Explanation


def nearest_of(session: Session, candidate: Candidate, lineage: Lineage) -> list[Nearest]:
    """Return up to five nearest members, best first; none where novelty wasn't asked. At most one query.

    The text that was compared is the first version's, whatever was made of it since.
    """
    text = lineage.versions[-1].instruction if lineage.versions else candidate.instruction
    return _explain(candidate, text, lineage.run or lineage.imported, SHOWN, _here(session, [candidate], SHOWN))


def nearest_to_each(session: Session, candidates: Sequence[Candidate]) -> dict[int, Nearest]:
    """Return the nearest member to each of some rejected candidates, which are never edited, in three queries."""
    runs = _by_id(session, Run, {each.run_id for each in candidates})
    imports = _by_id(session, Job, {each.import_id for each in candidates})
    here = _here(session, candidates, 1)
    found = {
        each.id: _explain(each, each.instruction, runs.get(each.run_id) or imports.get(each.import_id), 1, here)
        for each in candidates
    }
    return {candidate_id: nearest[0] for candidate_id, nearest in found.items() if nearest}


def _by_id(session: Session, table: type[Any], ids: set[int | None]) -> dict[int | None, Any]:
    wanted = ids - {None}
    return {row.id: row for row in session.scalars(select(table).where(table.id.in_(wanted)))} if wanted else {}


def _here(session: Session, candidates: Sequence[Candidate], limit: int) -> set[int]:
    """Return which of the candidates that the evidence names are still there: an import may have been undone."""
    members = [member for each in candidates for member in each.evidence.get("nearest", [])[:limit]]
    numbers = {number for kind, number in map(_key_of, members) if kind == "candidate"} - {None}
    return set(session.scalars(select(Candidate.id).where(Candidate.id.in_(numbers)))) if numbers else set()


def _explain(
    candidate: Candidate, text: str, brought_by: Run | Job | None, limit: int, here: Container[int | None]
) -> list[Nearest]:
    terms = _terms(brought_by)
    tokenizer = tokenizer_named(terms.tokenizer) if terms else DEFAULT
    threshold = terms.max_similarity if terms else None
    nearest = candidate.evidence.get("nearest", [])[:limit]
    return [_beside(text, member, tokenizer, threshold, here) for member in nearest]


def _terms(brought_by: Run | Job | None) -> NoveltyThresholds | None:
    if brought_by is None:
        return None
    return novelty_in(brought_by.thresholds if isinstance(brought_by, Run) else brought_by.parameters.get("thresholds"))


def _key_of(member: dict[str, Any]) -> tuple[str, int | None]:
    kind, _, number = str(member.get("key", "")).partition(":")
    return kind, whole_number(number)


def _beside(
    text: str, member: dict[str, Any], tokenizer: Tokenizer, threshold: float | None, here: Container[int | None]
) -> Nearest:
    kind, member_id = _key_of(member)
    is_gone = kind == "candidate" and member_id not in here
    return Nearest(
        score=member["score"],
        limit=threshold,
        seed_task_id=member_id if kind == "seed" else None,
        candidate_id=member_id if kind == "candidate" and not is_gone else None,
        is_beside=kind == "import",
        is_gone=is_gone,
        explanation=explain(comparable(text), comparable(member["text"]), tokenizer, threshold),
    )
