"""Where a near-duplicate stands: what may be done with it now, whatever happened since it was found."""

from enum import StrEnum
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from app.models.candidates import Candidate, Decision, Verdict
from app.models.novelty import NearDuplicate


class Standing(StrEnum):
    """``OPEN``: undecided, or approved by the rule. ``APPROVED``: by a person. ``SET_ASIDE``: turned down with the
    others of its search. ``TURNED_DOWN``: by somebody, on its own. ``OUTDATED``: its text or its original's is another
    one now, or its original was turned down, so that it would be wrong to turn it down for being like it."""

    OPEN = "open"
    APPROVED = "approved"
    SET_ASIDE = "set_aside"
    TURNED_DOWN = "turned_down"
    OUTDATED = "outdated"


Original = aliased(Candidate)
Latest = aliased(Decision)


def standing() -> ColumnElement[str]:
    """Return the standing of a row of ``near_duplicates``, in a query that ``with_standing`` made."""
    texts_differ = or_(
        Candidate.version != NearDuplicate.candidate_version, Original.version != NearDuplicate.original_version
    )
    said_of_original = (
        select(Decision.verdict)
        .where(Decision.candidate_id == Original.id, Decision.candidate_version == Original.version)
        .order_by(Decision.id.desc())
        .limit(1)
        .correlate(Original)
        .scalar_subquery()
    )
    return case(
        (NearDuplicate.decision_id == Latest.id, Standing.SET_ASIDE.value),
        (Latest.verdict == Verdict.REJECTED, Standing.TURNED_DOWN.value),
        (or_(texts_differ, func.coalesce(said_of_original, "") == Verdict.REJECTED.value), Standing.OUTDATED.value),
        (and_(Latest.verdict == Verdict.APPROVED, Latest.decided_by_id.is_not(None)), Standing.APPROVED.value),
        else_=Standing.OPEN.value,
    )


def with_standing(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join to a query over ``near_duplicates`` its candidate, its original and the decision that counts, if any."""
    return (
        query.join(Candidate, Candidate.id == NearDuplicate.candidate_id)
        .join(Original, Original.id == NearDuplicate.original_id)
        .outerjoin(Latest, Latest.id == _latest_id())
    )


def _latest_id() -> ColumnElement[int | None]:
    """The id of the decision that counts for a candidate: the latest on its present version."""
    return (
        select(func.max(Decision.id))
        .where(Decision.candidate_id == Candidate.id, Decision.candidate_version == Candidate.version)
        .correlate(Candidate)
        .scalar_subquery()
    )
