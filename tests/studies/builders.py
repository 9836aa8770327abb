"""Studies that tests start from."""

from typing import Any

from sqlalchemy.orm import Session

from app.models.candidates import Rating
from app.models.people import Membership, Person, Role
from app.models.projects import Project
from app.models.studies import Assignment, Study
from app.people.accounts import role_in
from app.studies import answering, planning, queue, studying
from app.studies.planning import StudyForm
from tests.builders import ALL_VALID, add_candidate, rating_form


def add_examples(session: Session, project: Project, count: int) -> None:
    for number in range(count):
        add_candidate(session, project, f"Name {number} fruits.", output=f"Fruit {number}.")


def add_study(session: Session, project: Project, curator: Person, *, opened: bool = True, **changes: Any) -> Study:
    """Plan a study. Those whom it names as ``people`` are made annotators where they are nothing yet."""
    for person_id in changes.get("people", ()):
        if role_in(session, project.id, person_id) is None:
            session.add(Membership(project_id=project.id, person_id=person_id, role=Role.ANNOTATOR))
    session.flush()
    study = planning.plan_study(
        session, project.id, StudyForm(**({"name": "First", "seed": "1"} | changes)), curator.id
    )
    if opened:
        studying.open_study(session, study, curator.id)
    return study


def next_of(session: Session, study: Study, person: Person) -> Assignment | None:
    return queue.next_assignment(session, study, person.id)


def answer(session: Session, study: Study, assignment: Assignment, **changes: Any) -> Rating:
    mine = answering.assignment_of(session, study.project_id, study.id, assignment.id, assignment.annotator_id)
    form = rating_form(**({"version": mine.item.candidate_version, "answers": ALL_VALID} | changes))
    return answering.answer(session, study, mine, form)


def answer_next(session: Session, study: Study, person: Person, **changes: Any) -> Assignment | None:
    given = next_of(session, study, person)
    if given is not None:
        answer(session, study, given, **changes)
    return given
