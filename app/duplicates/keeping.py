"""Another example of a group kept: it stays in place of the one that stayed, which goes with the others.

Instances of one instruction stay or go together, as in a search.
"""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.duplicates.finding import Found
from app.duplicates.standing import Standing, standing, with_standing
from app.duplicates.work import refuse_while_deciding
from app.errors import Conflict, NotFound
from app.models.candidates import Candidate, Outcome, Verdict, latest_decision
from app.models.events import record
from app.models.jobs import Job
from app.models.novelty import NearDuplicate
from app.origins import tokenizer_of
from app.screening import rouge
from app.screening.tokenizer import Tokenizer

_Member = tuple[NearDuplicate, Candidate]

_REFUSED = {
    Standing.SET_ASIDE: "This group was turned down together. Take that back first, then choose which example stays.",
    Standing.TURNED_DOWN: "This example was turned down. Take that back on its own page first.",
    Standing.OUTDATED: "An example of this group was edited or turned down since the search. Search again.",
}


def keep_instead(session: Session, search: Job, candidate_id: int, actor_id: int) -> None:
    """Let a near-duplicate stay in place of the one that it is like. Chosen again, that one has its place back.

    What stays already goes on staying. Raises NotFound where the search found no such example, Conflict while the
    group is being decided on, where it was turned down, and where one of the two is another text now.
    """
    refuse_while_deciding(session, search)
    of_search = NearDuplicate.job_id == search.id
    former_id = session.scalar(
        select(NearDuplicate.original_id).where(of_search, NearDuplicate.candidate_id == candidate_id)
    )
    if former_id is None:
        if session.scalar(select(func.count()).where(of_search, NearDuplicate.original_id == candidate_id)):
            return
        raise NotFound("This search found no such example.")
    chosen, former = session.get_one(Candidate, candidate_id), session.get_one(Candidate, former_id)
    group = _group_of(session, search, chosen, former)
    _change_places(session, group, chosen, former, tokenizer_of(search))
    record(
        session,
        "near_duplicate.kept",
        project_id=search.project_id,
        actor_id=actor_id,
        subject_id=chosen.id,
        after={"instead_of": former.id},
    )


def _group_of(session: Session, search: Job, chosen: Candidate, former: Candidate) -> dict[int, _Member]:
    """Return the members of a group by their ids. Raises Conflict where ``chosen`` can't stay."""
    query = select(NearDuplicate, Candidate, standing()).where(
        NearDuplicate.job_id == search.id, NearDuplicate.original_id == former.id
    )
    found = session.execute(with_standing(query)).all()
    stands = {candidate.id: Standing(stand) for _, candidate, stand in found}
    refused = Standing.SET_ASIDE if Standing.SET_ASIDE in stands.values() else stands[chosen.id]
    if refused in _REFUSED:
        raise Conflict(_REFUSED[refused])
    return {candidate.id: (row, candidate) for row, candidate, _ in found}


def _change_places(
    session: Session, group: dict[int, _Member], chosen: Candidate, former: Candidate, tokenizer: Tokenizer
) -> None:
    """Point what doesn't stay to ``chosen``, and say how alike it is with that one."""
    own, _ = group.pop(chosen.id)
    staying, going = _instances_beside(session, chosen), _instances_beside(session, former)
    for instance in staying:
        if instance.id in group:
            session.delete(group.pop(instance.id)[0])
    _compare(list(group.values()), chosen, tokenizer)
    # The place of a group in the list is that of its first row, so the row of one becomes that of the other.
    own.candidate_id, own.candidate_version = former.id, former.version
    own.original_id, own.original_version = chosen.id, chosen.version
    for instance in going:
        found = Found((instance.id, instance.version), (chosen.id, chosen.version), own.similarity)
        session.add(NearDuplicate(project_id=own.project_id, job_id=own.job_id, **found.row()))


def _compare(members: Sequence[_Member], chosen: Candidate, tokenizer: Tokenizer) -> None:
    words = tokenizer.tokens(chosen.instruction)
    for row, candidate in members:
        # What is another text since the search is left alone by every decision; the number is that of then.
        if candidate.version == row.candidate_version:
            row.similarity = rouge.score(tokenizer.tokens(candidate.instruction), words).f1
        row.original_id, row.original_version = chosen.id, chosen.version


def _instances_beside(session: Session, candidate: Candidate) -> Sequence[Candidate]:
    """The other kept examples with the very instruction of a candidate, from the same place of the same run."""
    if candidate.run_id is None:
        return []
    place = (Candidate.run_id, Candidate.round, Candidate.position, Candidate.instruction)
    same = [column == getattr(candidate, column.key) for column in place]
    is_in_use = func.coalesce(latest_decision(), "") != Verdict.REJECTED.value
    others = select(Candidate).where(*same, Candidate.id != candidate.id, Candidate.outcome == Outcome.KEPT, is_in_use)
    return session.scalars(others.order_by(Candidate.id)).all()
