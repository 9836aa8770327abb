"""What the code of a crowd link stands for: it is given for ratings, and counts as long as they stand.

So whoever was given it may change an answer, and take none back that it was given for.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.orm import Session

from app.database import lock
from app.errors import Conflict
from app.insights.progress import Part, part_of
from app.models.people import Membership
from app.people.crowd import crowd_link_of
from app.studies.taking_part import own_studies, own_study

_GIVEN = (
    "You are done, and your code counts for the answers that you gave: none of them can be taken back or skipped now. "
    "Go back to an answer to change it."
)


@contextmanager
def completion_kept(session: Session, member: Membership | None) -> Iterator[None]:
    """Raise Conflict where what is done meanwhile takes something back that a member was given their code for."""
    link = crowd_link_of(session, member.project_id, member.person_id) if member and member.external_id else None
    if member is None or link is None or not (link.completion_code or link.completion_url):
        yield
        return
    lock(session, Membership, member.id)  # of two at once the second sees what the first has left
    was_done = _is_done(session, part_of(session, member.project_id, member.person_id))
    yield
    session.flush()
    if was_done and not _is_done(session, part_of(session, member.project_id, member.person_id)):
        raise Conflict(_GIVEN)


def completed(session: Session, parts: Sequence[Part]) -> set[int]:
    """Return the numbers of those people whose code counts now: they came by a crowd link, and have done their work."""
    of_crowd = (part for part in parts if part.member.external_id and part.rates)
    return {part.member.person_id for part in of_crowd if _is_done(session, part)}


def _is_done(session: Session, part: Part) -> bool:
    member, link = part.member, part.member.invitation
    if link is None or link.study_id is None:
        return part.is_done
    mine = own_study(session, link, own_studies(session, member.project_id, member.person_id, link))
    return mine is not None and mine.is_done
