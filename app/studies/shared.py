"""What several people said of the same examples, inside studies and outside of them, as arrays to be counted."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
import orjson
from sqlalchemy import ColumnElement, Select, Text, and_, cast, or_, select
from sqlalchemy.orm import Session

from app.models.candidates import Rating
from app.models.studies import Assignment, Study, StudyItem, StudyState
from app.people.members import left_out_of
from app.rating.compared import seen, settled
from app.rating.own_rubrics import rubrics_asked
from app.rating.rubric import Question, Rubric
from app.rating.scale import Kind
from app.statistics.level import Level
from app.studies.with_others import Answers, Judged

_FREE = Rating.assignment_id.is_(None)
# A silent repeat has no others beside it, and whoever is asked where two differ can agree with one of them at most.
_BESIDE_OTHERS = and_(Assignment.number == 1, Assignment.asked.is_(None))


class _Row(NamedTuple):
    rating_id: int
    candidate_id: int
    version: int
    person_id: int
    rubric: str
    rubric_version: int
    answers: str
    shown: str


def judged_in_project(
    session: Session, project_id: int, *, with_open: bool, person_id: int | None = None
) -> tuple[Judged, list[int]]:
    """Return all that counts in a project and was not skipped, and the ids of the ratings, in the same order.

    Where somebody answered the same about an example twice, in a study and outside, the later one is there. With
    ``person_id`` only examples that this person has rated. Silent repeats and answers where others differed are left
    out, and so are studies that aren't closed unless ``with_open``: their raters must not know of each other.
    """
    state = () if with_open else (Study.state == StudyState.CLOSED,)
    found = _ratings().outerjoin(Study, Study.id == Assignment.study_id)
    found = found.where(Rating.project_id == project_id, or_(_FREE, and_(_BESIDE_OTHERS, *state)))
    if person_id is not None:
        theirs = select(Rating.candidate_id).where(Rating.project_id == project_id, Rating.annotator_id == person_id)
        found = found.where(Rating.candidate_id.in_(theirs))
    return _read(session, project_id, found)


def judged_in_study(session: Session, study: Study) -> Judged:
    """Return what counts in the result of a study beside others: neither checks on the raters nor silent repeats,
    and no answers of one more person where others differed."""
    found = _ratings().join(StudyItem, StudyItem.id == Assignment.study_item_id)
    found = found.where(Assignment.study_id == study.id, _BESIDE_OTHERS, StudyItem.gold.is_(None))
    return _read(session, study.project_id, found)[0]


def _ratings() -> Select[*tuple[Any, ...]]:
    counts: tuple[ColumnElement[bool], ...] = (Rating.replaced_at.is_(None), ~Rating.skipped)
    return (
        select(
            Rating.id,
            Rating.candidate_id,
            Rating.candidate_version,
            Rating.annotator_id,
            Rating.rubric,
            Rating.rubric_version,
            cast(Rating.answers, Text),
            cast(Rating.shown, Text),
        )
        .outerjoin(Assignment, Assignment.id == Rating.assignment_id)
        .where(*counts)
        .order_by(Rating.id)
    )


def _read(session: Session, project_id: int, found: Select[*tuple[Any, ...]]) -> tuple[Judged, list[int]]:
    """Answers come as text, since few of them differ: each different one is parsed once."""
    rubrics = rubrics_asked(session, project_id)
    rows: dict[tuple[Any, ...], tuple[int, int]] = {}
    kinds: dict[tuple[str, int, str, str], int] = {}
    for row in map(_Row._make, session.execute(found)):
        shown = row.shown if row.shown != "[]" else ""
        kind = kinds.setdefault((row.rubric, row.rubric_version, row.answers, shown), len(kinds))
        key = (row.candidate_id, row.version, row.rubric, row.rubric_version, _compared(shown), row.person_id)
        rows.pop(key, None)  # the later one takes its own place in the order
        rows[key] = (row.rating_id, kind)
    places: dict[tuple[Any, ...], int] = {}
    items = [places.setdefault(key[:-1], len(places)) for key in rows]
    people = [key[-1] for key in rows]
    left_out = left_out_of(session, project_id)
    judged = Judged(
        np.array(people, np.intp),
        np.array(items, np.intp),
        np.array([person not in left_out for person in people], np.bool_),
        _questions(rubrics, list(kinds), np.array([kind for _, kind in rows.values()], np.intp)),
    )
    return judged, [rating_id for rating_id, _ in rows.values()]


def _compared(shown: str) -> tuple[int, ...]:
    """Return which answers were compared: only the same ones make the same question."""
    return tuple(sorted(orjson.loads(shown))) if shown else ()


def _questions(
    rubrics: Mapping[tuple[str, int], Rubric], kinds: list[tuple[str, int, str, str]], of_rows: Any
) -> list[Answers]:
    said: dict[tuple[str, int, str], dict[int, str]] = {}
    for number, (name, version, answers, shown) in enumerate(kinds):
        rubric, given = rubrics.get((name, version)), orjson.loads(answers)
        if rubric is None:
            continue
        if shown:
            given = _on_fixed_sides(given, rubric, orjson.loads(shown))
        for question in rubric.questions:
            if question.name in given:
                said.setdefault((name, version, question.name), {})[number] = given[question.name]
    found = []
    versions = Counter((name, asked) for name, _, asked in said)
    for (name, version, asked), by_kind in said.items():
        rubric = rubrics[name, version]
        question = next(each for each in rubric.questions if each.name == asked)
        label = question.label if versions[name, asked] == 1 else f"{question.label} (version {version})"
        values, level = _scale(question, by_kind.values())
        places = {value: place for place, value in enumerate(values)}
        codes = np.full(len(kinds), -1, np.intp)
        codes[list(by_kind)] = [places[each] for each in by_kind.values()]
        rows = np.flatnonzero(codes[of_rows] >= 0)
        found.append(Answers(rubric.label, label, values, level, rows, codes[of_rows][rows], _labels(question)))
    return found


def _on_fixed_sides(answers: Mapping[str, str], rubric: Rubric, shown: list[int]) -> dict[str, str]:
    """Return answers as if everybody had the same alternative on the left, and all pairs had theirs in one order.

    So the answers to all pairs are the same few categories: if each pair had its own, chance would look like agreement.
    """
    return seen(settled(answers, rubric, shown), rubric, sorted(shown))


def _labels(question: Question) -> dict[str, str]:
    """Return the answers as people read them; none of a comparison, whose answers name other texts."""
    return {} if question.scale.most_shown else {choice.value: choice.label for choice in question.choices}


def _scale(question: Question, given: Collection[str]) -> tuple[tuple[str, ...], Level | None]:
    """Return the answers in their order, and what may be made of it: none where one isn't on the scale. Rankings are
    the same or not, and no categories."""
    if question.scale.kind is Kind.RANKING:
        return tuple(sorted(set(given))), None
    scale = tuple(choice.value for choice in question.choices)
    if set(given) <= set(scale):
        return scale, question.level
    return tuple(sorted(set(given))), Level.NOMINAL
