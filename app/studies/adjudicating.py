"""Where raters differ: shown side by side, and decided by a curator beside the ratings, never over them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.errors import Conflict, InvalidInput, NotFound
from app.examples import Example
from app.models.comparisons import Alternative
from app.models.events import record
from app.models.studies import Adjudication, Study, StudyItem, StudyState
from app.rating.compared import answers_by_lot, seen, settled
from app.rating.rubric import Question, Rubric
from app.studies.answering import example_of
from app.studies.reports.said import Decided, Said, by_item, differ_on
from app.studies.saying import decided_in, said_in
from app.studies.studying import rubric_of
from app.text import clean

_LONGEST_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Dispute:
    """An item on which raters differ: what each said, the ``questions`` that they differ on, and what was decided.

    Where answers of models are judged, ``answers`` are those, from left to right as what was said names them, whatever
    side they were on before each rater.
    """

    item: StudyItem
    example: Example
    answers: Sequence[Alternative]
    said: Sequence[Said]
    questions: Sequence[Question]
    decided: dict[str, Decided]


@dataclass(frozen=True, slots=True)
class Disputes:
    """One dispute (None: there is none), its place among all, from 1, its neighbours' positions, and how many there
    are and are settled."""

    here: Dispute | None
    place: int
    before: int | None
    after: int | None
    count: int
    settled: int


def dispute_at(session: Session, study: Study, position: int | None) -> Disputes:
    """Return the dispute about the item at ``position``; without one, the first that isn't settled, else the first."""
    said, decided, rubric = by_item(said_in(session, study)), decided_in(session, study), rubric_of(session, study)
    differing = {
        item_id: names
        for item_id, those in said.items()
        if (names := [question for question in rubric.questions if differ_on(question.name, those)])
    }
    settled = {item for item, names in differing.items() if all((item, each.name) in decided for each in names)}
    order = list(differing)
    if not order:
        return Disputes(None, 0, None, None, 0, 0)
    places = {said[item][0].position: place for place, item in enumerate(order)}
    first_open = next((place for place, item in enumerate(order) if item not in settled), 0)
    place = first_open if position is None else places.get(position, first_open)
    positions = list(places)
    item = _item(session, study, order[place])
    mine = {name: one for (item_id, name), one in decided.items() if item_id == item.id}
    return Disputes(
        _dispute(session, item, rubric, said[item.id], differing[item.id], mine),
        place + 1,
        positions[place - 1] if place else None,
        positions[place + 1] if place + 1 < len(positions) else None,
        len(order),
        len(settled),
    )


def decide(
    session: Session, study: Study, item_id: int, question: str, answer: str, reason: str, actor_id: int
) -> None:
    """Add a curator's decision on one question of an item. The same one again changes nothing.

    Raises InvalidInput for an unknown question or answer, NotFound for another study's item, Conflict where the study
    is closed.
    """
    if study.state is StudyState.CLOSED:
        raise Conflict("This study is closed: nothing of it changes any more.")
    item = _item(session, study, item_id)
    rubric = rubric_of(session, study)
    asked = next((each for each in rubric.questions if each.name == question), None)
    read = asked.scale.read(answer, len(item.answers)) if asked else None
    if asked is None or read is None:
        raise InvalidInput("Choose an answer to decide for.", field="answer")
    answer = settled({question: read}, rubric, _sides(session, item))[question]
    said = clean(reason, "Reason", limit=_LONGEST_REASON)
    before = decided_in(session, study).get((item.id, question))
    if before is not None and (before.answer, before.reason) == (answer, said):
        return
    session.add(
        Adjudication(
            project_id=study.project_id,
            study_item_id=item.id,
            question=question,
            answer=answer,
            reason=said,
            by_id=actor_id,
        )
    )
    record(
        session,
        "study.adjudicated",
        project_id=study.project_id,
        actor_id=actor_id,
        subject_id=study.id,
        before={"answer": before.answer if before else None},
        after={"candidate": item.candidate_id, "question": asked.label, "answer": answer, "reason": said},
    )


def _dispute(
    session: Session,
    item: StudyItem,
    rubric: Rubric,
    said: Sequence[Said],
    questions: Sequence[Question],
    decided: dict[str, Decided],
) -> Dispute:
    answers = answers_by_lot(session, item.answers, item.id)
    shown = [each.id for each in answers]
    as_seen = [replace(each, answers=seen(each.answers, rubric, shown)) for each in said]
    chosen = {name: replace(one, answer=seen({name: one.answer}, rubric, shown)[name]) for name, one in decided.items()}
    return Dispute(item, example_of(session, item, answers), answers, as_seen, questions, chosen)


def _sides(session: Session, item: StudyItem) -> list[int]:
    return [each.id for each in answers_by_lot(session, item.answers, item.id)]


def _item(session: Session, study: Study, item_id: int) -> StudyItem:
    found = select(StudyItem).options(joinedload(StudyItem.candidate)).where(StudyItem.id == item_id)
    item = session.scalars(found.where(StudyItem.study_id == study.id)).one_or_none()
    if item is None:
        raise NotFound("There is no such example in this study.")
    return item
