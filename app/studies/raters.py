"""The people of one study as owners watch over them: how far, how fast, and how far they agree with each other."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from app.insights.progress import times_in_study
from app.models.candidates import Rating
from app.models.people import Person
from app.models.studies import Assignment, Study, StudyItem
from app.people.members import left_out_of
from app.rating.compared import settled
from app.rating.rubric import Rubric
from app.studies.reports.annotators import answered_alike
from app.studies.shared import judged_in_study
from app.studies.studying import Worker, workers_of
from app.studies.with_others import NOBODY, WithOthers, with_others

# Of fewer shared examples nothing is said.
FEWEST_SHARED = 2


@dataclass(frozen=True, slots=True)
class Alike:
    """How many answers there are beside others to the same questions, and how many of them are the same."""

    same: int
    of: int


@dataclass(frozen=True, slots=True)
class Rater:
    """Somebody who rates in a study or is to.

    ``seconds`` is the median at an example, ``seen_at`` when they rated last; None where they haven't. ``known`` counts
    their answers to examples with known answers, ``steady`` those to silent repeats.
    """

    person: Person
    done: int
    open: int
    seconds: float | None
    seen_at: dt.datetime | None
    beside: WithOthers
    known: Alike
    steady: Alike
    is_left_out: bool

    @property
    def has_shared(self) -> bool:
        """Whether enough examples are shared to say how far they agree with others."""
        return self.beside.shared >= FEWEST_SHARED


def raters_of(session: Session, study: Study, rubric: Rubric) -> list[Rater]:
    """Return the people of a study by name, those who were chosen for it and haven't begun, too."""
    times = times_in_study(session, study.id)
    beside = with_others(judged_in_study(session, study))
    known, steady = _checks(session, study, rubric)
    left_out = left_out_of(session, study.project_id)
    never: tuple[float | None, dt.datetime | None] = (None, None)
    return [
        Rater(
            each.person,
            each.done,
            each.open,
            times.get(each.person.id, never)[0],
            times.get(each.person.id, never)[1],
            beside.get(each.person.id, NOBODY),
            known.get(each.person.id, Alike(0, 0)),
            steady.get(each.person.id, Alike(0, 0)),
            each.person.id in left_out,
        )
        for each in _everybody(session, study)
    ]


def _everybody(session: Session, study: Study) -> list[Worker]:
    workers = workers_of(session, study)
    missing = set(study.people) - {each.person.id for each in workers}
    waiting = session.scalars(select(Person).where(Person.id.in_(missing))) if missing else ()
    return sorted([*workers, *(Worker(person, 0, 0) for person in waiting)], key=lambda each: each.person.name)


def _checks(session: Session, study: Study, rubric: Rubric) -> tuple[dict[int, Alike], dict[int, Alike]]:
    """Return how each did on examples with known answers, and how steady they are on silent repeats."""
    if not (study.gold or study.repeats):
        return {}, {}
    first = aliased(Assignment)
    again = select(first.id).where(
        first.study_item_id == Assignment.study_item_id,
        first.annotator_id == Assignment.annotator_id,
        first.number > 1,
    )
    rows = session.execute(
        select(Assignment.annotator_id, Assignment.study_item_id, StudyItem.gold, Rating.answers, Rating.shown)
        .join(StudyItem, StudyItem.id == Assignment.study_item_id)
        .join(Rating, and_(Rating.assignment_id == Assignment.id, Rating.replaced_at.is_(None), ~Rating.skipped))
        .where(Assignment.study_id == study.id, or_(StudyItem.gold.is_not(None), again.exists()))
        .order_by(Assignment.number)
    )
    known: dict[int, list[tuple[dict[str, str], dict[str, str]]]] = {}
    given: dict[tuple[int, int], list[dict[str, str]]] = {}
    for person_id, item_id, gold, answers, shown in rows:
        said = settled(answers, rubric, shown) if shown else answers
        if gold is not None:
            known.setdefault(person_id, []).append((said, gold))
        else:
            given.setdefault((person_id, item_id), []).append(said)
    twice: dict[int, list[tuple[dict[str, str], dict[str, str]]]] = {}
    for (person_id, _), both in given.items():
        twice.setdefault(person_id, []).extend((later, both[0]) for later in both[1:])
    return _alike(rubric, known), _alike(rubric, twice)


def _alike(rubric: Rubric, pairs: dict[int, list[tuple[dict[str, str], dict[str, str]]]]) -> dict[int, Alike]:
    return {person_id: Alike(**answered_alike(rubric, those)) for person_id, those in pairs.items()}
