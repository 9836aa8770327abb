"""Examples on which others answered otherwise than somebody did, as that person may see them: without names, and not
while a study asks about them. What was rated outside of studies can still be changed by whoever sees that."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.examples import Example
from app.models.candidates import Candidate, CandidateVersion, Rating
from app.models.comparisons import Alternative
from app.models.studies import Study, StudyItem, StudyState
from app.studies.with_others import Answers, Judged, tally

MOST_LISTED = 20
_LOOKED_THROUGH = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """One question with one's own answer and the other answers that others gave, as people read them."""

    question: str
    own: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contested:
    """An example as it was judged, with the questions on which answers differ."""

    rating_id: int
    example: Example
    differences: tuple[Difference, ...]


def contested_by(session: Session, judged: Judged, rating_ids: Sequence[int], person_id: int) -> list[Contested]:
    """Return the newest examples on which others answered otherwise than one person, of ``judged_in_project`` without
    open studies.

    An example that is in a study which isn't closed is left out, wherever it was judged: it may come before somebody
    there, again or for the first time.
    """
    asked = [answers for answers in judged.questions if answers.labels]
    differing = np.zeros(len(judged.people), np.bool_)
    for answers in asked:
        tallied = tally(judged, answers)
        differing[answers.rows[tallied.others > tallied.same]] = True
    rows = np.flatnonzero(differing & (judged.people == person_id)).tolist()
    newest = {rating_ids[row]: row for row in sorted(rows, key=lambda row: -rating_ids[row])[:_LOOKED_THROUGH]}
    return [
        Contested(rating_id, example, _differences(judged, asked, newest[rating_id]))
        for rating_id, example in _examples(session, list(newest)).items()
    ]


def _differences(judged: Judged, asked: Sequence[Answers], row: int) -> tuple[Difference, ...]:
    """Return the questions on which others answered otherwise than in one rating, in their order."""
    same_item = (judged.items == judged.items[row]) & judged.counted
    found = []
    for answers in asked:
        own = answers.codes[answers.rows == row]
        others = np.setdiff1d(answers.codes[same_item[answers.rows]], own)
        if len(own) and len(others):
            told = tuple(_label(answers, code) for code in others.tolist())
            found.append(Difference(answers.question, _label(answers, int(own[0])), told))
    return tuple(found)


def _label(answers: Answers, code: int) -> str:
    value = answers.values[code]
    return answers.labels.get(value, value)


def _examples(session: Session, rating_ids: Sequence[int]) -> dict[int, Example]:
    """Return what was judged in the newest of these ratings, newest first, by the rating."""
    going_on = (
        select(StudyItem.id)
        .join(Study, Study.id == StudyItem.study_id)
        .where(StudyItem.candidate_id == Rating.candidate_id, Study.state != StudyState.CLOSED)
    )
    rows = session.execute(
        select(Rating.id, Rating.candidate_version, Rating.shown, Candidate)
        .join(Candidate, Candidate.id == Rating.candidate_id)
        .where(Rating.id.in_(rating_ids), ~going_on.exists())
        .order_by(Rating.id.desc())
        .limit(MOST_LISTED)
    ).all()
    edited = [candidate.id for _, version, _, candidate in rows if candidate.version != version]
    before = select(CandidateVersion).where(CandidateVersion.candidate_id.in_(edited))
    texts: dict[tuple[int, int], Candidate | CandidateVersion] = {
        (each.candidate_id, each.version): each for each in (session.scalars(before) if edited else ())
    }
    alone = {rating_id: shown[0] for rating_id, _, shown, _ in rows if len(shown) == 1}
    outputs = _outputs(session, list(alone.values())) if alone else {}
    found = {rating_id: texts.get((each.id, version), each) for rating_id, version, _, each in rows}
    return {
        rating_id: Example(each.instruction, each.input, outputs.get(alone.get(rating_id, 0), each.output))
        for rating_id, each in found.items()
    }


def _outputs(session: Session, numbers: Sequence[int]) -> dict[int, str]:
    """Return what answers say that were judged in place of an example's output, by their numbers."""
    rows = session.execute(select(Alternative.id, Alternative.output).where(Alternative.id.in_(numbers)))
    return {row.id: row.output for row in rows}
