"""Those whose answers a study judges: models, and the outputs that the examples have themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.errors import InvalidInput
from app.models.candidates import Candidate, Outcome
from app.models.comparisons import Alternative
from app.models.studies import Study, StudyItem
from app.rating.compared import answers_of
from app.rating.rubric import Rubric
from app.rating.scale import Kind

# The outputs that the examples have themselves, wherever they come from.
OWN = ""
OWN_LABEL = "The examples’ own outputs"
MOST = 9

_PRESENT = answers_of(Candidate)


@dataclass(frozen=True, slots=True)
class Contender:
    """One whose answers can be judged: a model by its ``name``, or ``OWN``; it answered so many kept candidates."""

    name: str
    answers: int

    @property
    def label(self) -> str:
        """What people call it."""
        return label_of(self.name)


def label_of(name: str) -> str:
    """Return what people call a contender; no model is taken for the outputs of the examples."""
    if name == OWN:
        return OWN_LABEL
    return f"{name} (a model)" if name == OWN_LABEL else name


def contenders_in(session: Session, project_id: int) -> list[Contender]:
    """Return whose answers there are in a project, the examples' own outputs first; none where no model answered."""
    kept = (Candidate.project_id == project_id, Candidate.outcome == Outcome.KEPT)
    models = session.execute(
        select(Alternative.model, func.count(Alternative.candidate_id.distinct()))
        .join(Candidate, Candidate.id == Alternative.candidate_id)
        .where(*kept, *_PRESENT, ~Alternative.is_own, Alternative.model != OWN)
        .group_by(Alternative.model)
        .order_by(Alternative.model)
    ).all()
    if not models:
        return []
    own = session.scalar(select(func.count()).where(*kept, Candidate.output != "")) or 0
    return [Contender(OWN, own), *(Contender(*row) for row in models)]


def check_contenders(names: Sequence[str], rubric: Rubric) -> None:
    """Raise InvalidInput where a rubric can't ask about the answers of these."""
    if rubric.most_shown and len(names) < 2:
        raise InvalidInput(
            "These questions compare answers. Choose at least two whose answers are compared, or other questions.",
            field="contenders",
        )
    most = rubric.most_shown if rubric.most_shown > 2 else MOST
    if len(names) > most:
        raise InvalidInput(f"Choose at most {most} whose answers are judged.", field="contenders")


def have_answered(names: Sequence[str]) -> list[ColumnElement[bool]]:
    """Return the conditions that all of these have an answer to a candidate as it is."""
    models = (
        select(Alternative.id).where(*_PRESENT, ~Alternative.is_own, Alternative.model == name)
        for name in names
        if name
    )
    own = [Candidate.output != ""] if OWN in names else []
    return own + [found.correlate(Candidate).exists() for found in models]


def answers_by(session: Session, project_id: int, names: Sequence[str]) -> dict[int, list[int]]:
    """Return the number of each one's answer in the order of ``names``, by candidate, where all of them have one.

    Of a model's several answers to one candidate the newest is taken.
    """
    whose = ~Alternative.is_own & Alternative.model.in_(names)
    rows = session.execute(
        select(Alternative.candidate_id, Alternative.model, Alternative.is_own, Alternative.id)
        .join(Candidate, Candidate.id == Alternative.candidate_id)
        .where(Candidate.project_id == project_id, *_PRESENT, Alternative.is_own | whose if OWN in names else whose)
        .order_by(Alternative.id)
    )
    found: dict[int, dict[str, int]] = {}
    for candidate_id, model, is_own, number in rows:
        found.setdefault(candidate_id, {})[OWN if is_own else model] = number
    complete = {candidate_id: there for candidate_id, there in found.items() if len(there) == len(names)}
    return {candidate_id: [there[name] for name in names] for candidate_id, there in complete.items()}


def items_of(rubric: Rubric, answers: Sequence[int]) -> list[list[int]]:
    """Return what is judged of the answers to one candidate: each by itself, each pair, or all at once."""
    if not answers:
        return [[]]
    if any(question.scale.kind is Kind.PAIRWISE for question in rubric.questions):
        return [list(pair) for pair in combinations(answers, 2)]
    return [list(answers)] if rubric.most_shown else [[each] for each in answers]


def count_items(rubric: Rubric, contenders: int) -> int:
    """Return how many items each candidate has where so many have answered it."""
    return len(items_of(rubric, range(contenders)))


def places_in(session: Session, study: Study) -> dict[int, int]:
    """Return the place among a study's contenders of whoever gave an answer, by its number."""
    if not study.contenders:
        return {}
    places = {name: place for place, name in enumerate(study.contenders)}
    drawn = select(StudyItem.candidate_id).where(StudyItem.study_id == study.id)
    rows = session.execute(
        select(Alternative.id, Alternative.model, Alternative.is_own).where(Alternative.candidate_id.in_(drawn))
    )
    given = ((number, OWN if is_own else model) for number, model, is_own in rows)
    return {number: places[name] for number, name in given if name in places}
