"""Editing in place: a new version, the old one kept."""

from sqlalchemy.orm import Session

from app.database import lock
from app.errors import Conflict, NotFound
from app.examples import Example
from app.models.candidates import Candidate, Outcome
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


def _typed(stored: str, typed: str) -> str:
    if comparable(typed) == comparable(stored):
        return stored
    text = with_line_feeds(typed)
    has_only_crlf = "\r\n" in stored and "\n" not in stored.replace("\r\n", "")
    return text.replace("\n", "\r\n") if has_only_crlf else text
