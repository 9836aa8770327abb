"""Near-duplicates in groups: one example that stays and those that are like it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.duplicates.standing import Standing, standing, with_standing
from app.models.candidates import Candidate, Verdict, latest_decision
from app.models.novelty import NearDuplicate
from app.screening.differences import differing
from app.screening.tokenizer import Tokenizer
from app.screening.tokenizers import DEFAULT
from app.text import comparable

PAGE = 20
# Of a larger group the most similar ones are shown.
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Member:
    """A near-duplicate: its example, how alike it is, and its instruction in pieces, each with whether it differs."""

    candidate: Candidate
    similarity: float
    standing: Standing
    pieces: Sequence[tuple[str, bool]]

    @property
    def may_stay(self) -> bool:
        """Whether it can be chosen to stay in place of the original."""
        return self.standing in {Standing.OPEN, Standing.APPROVED}


@dataclass(frozen=True, slots=True)
class Group:
    """The example that stays, with what was decided on it, and the first of its ``size`` near-duplicates."""

    original: Candidate
    verdict: Verdict | None
    size: int
    members: Sequence[Member]

    @property
    def is_undecided(self) -> bool:
        """Whether none of the members here was turned down together with others."""
        return all(each.standing is not Standing.SET_ASIDE for each in self.members)


@dataclass(frozen=True, slots=True)
class Summary:
    """How many near-duplicates a search found, in how many groups, and how many stand how."""

    found: int
    groups: int
    standing: Mapping[Standing, int]


def summary_of(session: Session, search_id: int) -> Summary:
    """Count what a search found, in two queries."""
    of_search = NearDuplicate.job_id == search_id
    stand = standing().label("stand")
    rows = session.execute(with_standing(select(stand, func.count())).where(of_search).group_by(stand))
    counted = dict.fromkeys(Standing, 0) | {Standing(name): count for name, count in rows}
    groups = session.scalar(select(func.count(NearDuplicate.original_id.distinct())).where(of_search)) or 0
    return Summary(sum(counted.values()), groups, counted)


def groups_of(
    session: Session, search_id: int, page: int = 1, tokenizer: Tokenizer = DEFAULT
) -> tuple[list[Group], bool]:
    """Return a page of groups, the largest first, and whether there are more, in three queries.

    What differs is told by the words of ``tokenizer``, which are those that the search went by.
    """
    size = func.count()
    sizes = session.execute(
        select(NearDuplicate.original_id, size)
        .where(NearDuplicate.job_id == search_id)
        .group_by(NearDuplicate.original_id)
        .order_by(size.desc(), func.min(NearDuplicate.id))
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    ).all()
    shown = dict((*row,) for row in sizes[:PAGE])
    originals = {
        candidate.id: (candidate, verdict)
        for candidate, verdict in session.execute(select(Candidate, latest_decision()).where(Candidate.id.in_(shown)))
    }
    members: dict[int, list[Member]] = {original_id: [] for original_id in shown}
    for found, candidate, stand in _members(session, search_id, list(shown)):
        original = originals[found.original_id][0]
        pieces = differing(comparable(candidate.instruction), comparable(original.instruction), tokenizer)
        members[original.id].append(Member(candidate, found.similarity, Standing(stand), pieces))
    return [Group(*originals[each], size, members[each]) for each, size in shown.items()], len(sizes) > PAGE


def _members(
    session: Session, search_id: int, original_ids: Sequence[int]
) -> Sequence[tuple[NearDuplicate, Candidate, str]]:
    """The most similar near-duplicates of each original, best first."""
    by_similarity = (NearDuplicate.similarity.desc(), NearDuplicate.candidate_id)
    ranked = (
        select(
            NearDuplicate.id,
            func.row_number().over(partition_by=NearDuplicate.original_id, order_by=by_similarity).label("rank"),
        )
        .where(NearDuplicate.job_id == search_id, NearDuplicate.original_id.in_(original_ids))
        .subquery()
    )
    query = (
        with_standing(select(NearDuplicate, Candidate, standing()))
        .join(ranked, ranked.c.id == NearDuplicate.id)
        .where(ranked.c.rank <= SHOWN)
        .order_by(*by_similarity)
    )
    return [(found, candidate, stand) for found, candidate, stand in session.execute(query)]
