"""Decisions: what is approved and what is not, by whom and why. Append-only; the latest on the present version counts.

A project may have a rule: with at least k ratings of the present version, of which more than half find all fields
valid, a candidate is approved. The rule never speaks over a person, and takes back only what it said itself.

What lacks an instruction or an output is not approved by anybody: a model would learn to say nothing.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.errors import Conflict
from app.models.candidates import Candidate, Decision, Outcome, Rating, Verdict
from app.models.events import record
from app.models.projects import Project
from app.rating.ratings import valid_ratings
from app.text import clean

_LONGEST_REASON = 1_000


def decide(
    session: Session,
    candidate: Candidate,
    verdict: Verdict,
    actor_id: int,
    reason: str = "",
    *,
    version: int | None = None,
) -> None:
    """Store a person's decision on the present version of a locked candidate. The same one again changes nothing.

    ``version`` is the one that the person saw, where that may be another. Raises Conflict where it is, and where the
    candidate was not kept: approve what a filter rejected by editing the filters, not here. Also where what is to be
    approved is incomplete.
    """
    if version is not None and version != candidate.version:
        raise Conflict("Somebody changed this example in the meantime. Look at it again, then decide.")
    if candidate.outcome is not Outcome.KEPT:
        raise Conflict("Only kept examples are approved or turned down.")
    if verdict is Verdict.APPROVED and candidate.lacks:
        raise Conflict(f"This example has no {candidate.lacks}, so it can’t be approved. Write one, then approve it.")
    latest = latest_of(session, candidate)
    said = latest.verdict if latest else Verdict.WITHDRAWN
    if said is verdict and (latest is None or latest.decided_by_id is not None):
        return
    _append(session, candidate, verdict, actor_id, clean(reason, "Reason", limit=_LONGEST_REASON), before=said)


def latest_of(session: Session, candidate: Candidate) -> Decision | None:
    """Return the decision that counts for a candidate, None where there is none on its present version."""
    return session.scalar(
        select(Decision)
        .where(Decision.candidate_id == candidate.id, Decision.candidate_version == candidate.version)
        .order_by(Decision.id.desc())
        .limit(1)
    )


def undo_approval(session: Session, candidate: Candidate, rating: Rating) -> None:
    """Withdraw the approval that somebody gave together with a rating that they take back."""
    latest = latest_of(session, candidate)
    if (
        latest is not None
        and latest.verdict is Verdict.APPROVED
        and latest.decided_by_id == rating.annotator_id
        and latest.created_at >= rating.created_at
    ):
        decide(session, candidate, Verdict.WITHDRAWN, rating.annotator_id)


def apply_rule(session: Session, project: Project, candidate: Candidate) -> bool:
    """Let the project's rule decide on one candidate, after a rating of it has changed.

    Two ratings at once must see each other, so the candidate was locked before it was read. Returns whether it was held
    back: its ratings say that it is fine, and yet it lacks something.
    """
    of_present = [each for each in candidate.decisions if each.candidate_version == candidate.version]
    latest = of_present[-1] if of_present else None
    if latest is not None and latest.decided_by_id is not None:
        return False
    ratings, valid = valid_ratings(candidate)
    passes = 0 < project.approval_ratings <= ratings and 2 * valid > ratings
    approves = passes and not candidate.lacks
    approved = latest is not None and latest.verdict is Verdict.APPROVED
    if approves and not approved:
        reason = f"{valid} of {ratings} ratings find nothing wrong; {project.approval_ratings} were needed."
        _append(session, candidate, Verdict.APPROVED, None, reason, before=latest.verdict if latest else None)
    elif approved and not approves:
        reason = f"{valid} of {ratings} ratings find nothing wrong: the rule no longer holds."
        if passes:
            reason = f"There is no {candidate.lacks}: the rule approves no such example any more."
        _append(session, candidate, Verdict.WITHDRAWN, None, reason, before=Verdict.APPROVED)
    return passes and not approves


def apply_rule_to_all(session: Session, project: Project) -> int:
    """Let the rule decide on every rated candidate, after the rule has changed. Returns how many were held back."""
    rated: Sequence[Candidate] = session.scalars(
        select(Candidate)
        .options(selectinload(Candidate.ratings), selectinload(Candidate.decisions))
        .where(
            Candidate.project_id == project.id,
            Candidate.outcome == Outcome.KEPT,
            select(Rating.id)
            .where(Rating.candidate_id == Candidate.id, Rating.replaced_at.is_(None), ~Rating.skipped)
            .exists(),
        )
        .order_by(Candidate.id)
    ).all()
    return sum(apply_rule(session, project, candidate) for candidate in rated)


def _append(
    session: Session,
    candidate: Candidate,
    verdict: Verdict,
    actor_id: int | None,
    reason: str,
    *,
    before: Verdict | None,
) -> None:
    decision = Decision(
        project_id=candidate.project_id,
        candidate_id=candidate.id,
        candidate_version=candidate.version,
        verdict=verdict,
        decided_by_id=actor_id,
        reason=reason,
    )
    session.add(decision)
    session.flush()
    candidate.decisions.append(decision)
    record(
        session,
        "decision.made",
        project_id=candidate.project_id,
        actor_id=actor_id,
        subject_id=candidate.id,
        before={"verdict": before.value if before else None},
        after={"verdict": verdict.value, "reason": reason},
    )
