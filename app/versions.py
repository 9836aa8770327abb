"""Texts of candidates changed: the old one stays as a version, and nobody's ratings or decisions move on to the new."""

from sqlalchemy.orm import Session

from app.examples import Example
from app.models.candidates import Candidate, CandidateVersion


def put_text(session: Session, candidate: Candidate, example: Example, actor_id: int) -> None:
    """Give a locked candidate a new text as its next version."""
    session.add(
        CandidateVersion(
            project_id=candidate.project_id,
            candidate_id=candidate.id,
            version=candidate.version,
            instruction=candidate.instruction,
            input=candidate.input,
            output=candidate.output,
            replaced_by_id=actor_id,
        )
    )
    candidate.instruction, candidate.input, candidate.output = example.instruction, example.input, example.output
    candidate.version += 1
    session.flush()
