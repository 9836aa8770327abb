"""Editing in place: a new version, the old one kept."""

from itertools import takewhile

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import lock
from app.errors import Conflict, NotFound
from app.examples import Example
from app.models.candidates import Candidate, CandidateVersion, Outcome
from app.models.events import record
from app.models.projects import Project
from app.text import as_it_came, comparable, with_line_feeds
from app.versions import put_text


def candidate_in(session: Session, project_id: int, candidate_id: int, *, locked: bool = False) -> Candidate:
    """Return one candidate of a project, or raise NotFound. ``locked``: other changes of it wait for this one."""
    if locked:
        lock(session, Candidate, candidate_id)
    candidate = session.get(Candidate, candidate_id)
    if candidate is None or candidate.project_id != project_id:
        raise NotFound("There is no such example in this project.")
    return candidate


def typed_over(candidate: Candidate, typed: Example) -> Example:
    """Return what a person typed into a form over a candidate's texts: what looks the same is the same.

    Browsers send every line end as CRLF and may compose letters, so a text that nobody touched is left as it is
    stored, and one that was touched keeps the line ends that it had.
    """
    return Example(
        _typed(candidate.instruction, typed.instruction),
        _typed(candidate.input, typed.input),
        _typed(candidate.output, typed.output),
    )


def edit_candidate(session: Session, candidate: Candidate, example: Example, *, version: int, actor_id: int) -> None:
    """Give a locked, kept candidate a new text, as it is; ``version`` is the one that the editor saw.

    Ratings and decisions name the version they are about, so those on the old text no longer count as on this one.
    The same text again changes nothing. Raises Conflict where somebody else was faster.
    """
    if candidate.outcome is not Outcome.KEPT:
        raise Conflict("Only kept examples can be edited.")
    if version != candidate.version:
        raise Conflict("Somebody else changed this example in the meantime. Look at their text, then make your change.")
    instruction = as_it_came(example.instruction, "Instruction", required=True)
    input_, output = as_it_came(example.input, "Input"), as_it_came(example.output, "Output", required=True)
    if (instruction, input_, output) == (candidate.instruction, candidate.input, candidate.output):
        return
    if candidate.in_pool and instruction != candidate.instruction:
        lock(session, Project, candidate.project_id)
    before = {"instruction": candidate.instruction, "input": candidate.input, "output": candidate.output}
    put_text(session, candidate, Example(instruction, input_, output), actor_id)
    record(
        session,
        "candidate.edited",
        project_id=candidate.project_id,
        actor_id=actor_id,
        subject_id=candidate.id,
        before=before | {"version": version},
        after={"instruction": instruction, "input": input_, "output": output, "version": candidate.version},
    )


def take_back_edits(session: Session, project_id: int, person_id: int, actor_id: int) -> int:
    """Give each kept example whose present text is somebody's the text from before they changed it, as a new version.

    Returns how many it were. What others changed after them stays.
    """
    edited = session.scalars(
        select(CandidateVersion.candidate_id)
        .where(CandidateVersion.project_id == project_id, CandidateVersion.replaced_by_id == person_id)
        .distinct()
        .order_by(CandidateVersion.candidate_id)
    ).all()
    for each in edited:
        lock(session, Candidate, each)  # before any change locks the project: others take them in this order
    count = sum(_take_back(session, project_id, each, person_id, actor_id) for each in edited)
    kind, after = "member.edits_taken_back", {"examples": count}
    record(session, kind, project_id=project_id, actor_id=actor_id, subject_id=person_id, after=after)
    return count


def _take_back(session: Session, project_id: int, candidate_id: int, person_id: int, actor_id: int) -> bool:
    candidate = candidate_in(session, project_id, candidate_id)
    versions = session.scalars(
        select(CandidateVersion)
        .where(CandidateVersion.candidate_id == candidate_id)
        .order_by(CandidateVersion.version.desc())
    ).all()
    theirs = list(takewhile(lambda each: each.replaced_by_id == person_id, versions))
    if not theirs or candidate.outcome is not Outcome.KEPT:
        return False
    before = Example(theirs[-1].instruction, theirs[-1].input, theirs[-1].output)
    edit_candidate(session, candidate, before, version=candidate.version, actor_id=actor_id)
    return True


def _typed(stored: str, typed: str) -> str:
    if comparable(typed) == comparable(stored):
        return stored
    text = with_line_feeds(typed)
    has_only_crlf = "\r\n" in stored and "\n" not in stored.replace("\r\n", "")
    return text.replace("\n", "\r\n") if has_only_crlf else text
