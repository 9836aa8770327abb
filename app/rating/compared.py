"""Answers to one instruction that are compared blind: which ones, on which side, and what was said of each."""

import hashlib
from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.models.candidates import Candidate, Outcome
from app.models.comparisons import Alternative
from app.rating.rubric import Rubric
from app.rating.scale import LETTERS, Kind


def answers_to_compare(session: Session, candidate: Candidate, rubric: Rubric, annotator_id: int) -> list[Alternative]:
    """Return the answers that an annotator compares, from left to right, none where the rubric compares none.

    Order and choice are drawn by lot for each annotator, the same ones whenever they look again.
    """
    if not rubric.most_shown:
        return []
    found = session.scalars(select(Alternative).where(*answers_of(candidate)))
    return sorted(found, key=lambda each: _lot(annotator_id, each.id))[: rubric.most_shown]


def answers_by_lot(session: Session, numbers: Sequence[int], lot: int) -> list[Alternative]:
    """Return answers by their numbers, from left to right as ``lot`` has it: the same lot gives the same order."""
    if not numbers:
        return []
    found = session.scalars(select(Alternative).where(Alternative.id.in_(numbers)))
    return sorted(found, key=lambda each: _lot(lot, each.id))


def check_shown(session: Session, candidate: Candidate, rubric: Rubric, shown: Sequence[int]) -> list[int]:
    """Return the numbers of the answers that a form says were judged. Raises Conflict where they can't have been."""
    if not rubric.most_shown:
        return []
    there = set(session.scalars(select(Alternative.id).where(*answers_of(candidate), Alternative.id.in_(shown))))
    if not 1 < len(there) == len(shown) <= rubric.most_shown:
        raise Conflict("The answers that you compared have changed. Look at the example again, then answer.")
    return list(shown)


def has_answers(candidate: type[Candidate]) -> ColumnElement[bool]:
    """Return the condition that a row of ``candidate`` has answers that can be compared."""
    count = select(func.count()).select_from(Alternative).where(*answers_of(candidate)).correlate(candidate)
    return count.scalar_subquery() > 1


def settled(answers: Mapping[str, str], rubric: Rubric, shown: Sequence[int]) -> dict[str, str]:
    """Return answers whose meaning no longer hangs on the sides: numbers of alternatives in place of left, right and
    letters. A ranking reads ``17>31``, best first; all other answers stay as they are."""
    kinds = {question.name: question.scale.kind for question in rubric.questions}
    return {name: _settle(answer, kinds.get(name), shown) for name, answer in answers.items()}


def seen(answers: Mapping[str, str], rubric: Rubric, shown: Sequence[int]) -> dict[str, str]:
    """Return settled answers as somebody would have given them who had ``shown`` before them, from left to right."""
    kinds = {question.name: question.scale.kind for question in rubric.questions}
    return {name: _see(answer, kinds.get(name), shown) for name, answer in answers.items()}


def _settle(answer: str, kind: Kind | None, shown: Sequence[int]) -> str:
    if kind is Kind.PAIRWISE and answer in {"left", "right"}:
        return str(shown[0 if answer == "left" else 1])
    if kind is Kind.RANKING:
        return ">".join(str(shown[LETTERS.index(letter)]) for letter in answer)
    return answer


def _see(answer: str, kind: Kind | None, shown: Sequence[int]) -> str:
    if kind is Kind.PAIRWISE and answer.isdecimal():
        return ("left", "right")[shown.index(int(answer))]
    if kind is Kind.RANKING:
        return "".join(LETTERS[shown.index(int(each))] for each in answer.split(">"))
    return answer


def answers_of(candidate: Candidate | type[Candidate]) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that an alternative answers a candidate as it is now, and that no filter turned it away."""
    return (
        Alternative.candidate_id == candidate.id,
        Alternative.candidate_version == candidate.version,
        Alternative.outcome == Outcome.KEPT,
    )


def _lot(lot: int, alternative_id: int) -> bytes:
    return hashlib.sha256(f"{lot}.{alternative_id}".encode()).digest()
