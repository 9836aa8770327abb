"""Rating inside a study: what one has before one, one key per answer."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.models.studies import Study
from app.rating.ratings import RECENT, SKIP_REASONS
from app.studies import answering, queue, studying
from app.studies.completing import completion_kept
from app.studies.recent import recent_answers
from app.text import whole_numbers
from app.web.answer_form import AnswerForm
from app.web.rendering import is_htmx
from app.web.route import Route
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/studies/{study_id}", route_class=Route)


@router.get("/rate", name="studies.rate")
def next_(visit: Visit, study_id: int) -> Response:
    """Give out the next example, or the one that still lies open."""
    return _next_page(visit, study_id, "")


@router.get("/ahead", name="studies.ahead")
def ahead(visit: Visit, study_id: int, held: str = "") -> Response:
    """Give out the next one behind those that the page has loaded already."""
    return _next_page(visit, study_id, held)


@router.get("/recent", name="studies.recent")
def recent(visit: Visit, study_id: int) -> Response:
    """What one answered last in the study, each to be looked at again or taken back."""
    with visit.reading() as session:
        study = studying.study_in(session, visit.project.id, study_id)
        studying.check_may_rate(study, visit.person.id)
        found = recent_answers(session, study, visit.person.id)
        rubric = studying.rubric_of(session, study)
        return visit.render("studies/recent.html", study=study, rubric=rubric, recent=found, most=RECENT)


@router.get("/rate/{assignment_id}", name="studies.turn")
def turn(visit: Visit, study_id: int, assignment_id: int) -> Response:
    """One's own example once more."""
    with visit.reading() as session:
        study = studying.study_in(session, visit.project.id, study_id)
        studying.check_may_rate(study, visit.person.id)
        mine = answering.assignment_of(session, visit.project.id, study_id, assignment_id, visit.person.id)
        return _page(visit, study, answering.turn_at(session, study, mine, visit.person.id))


@router.get("/back/{assignment_id}", name="studies.back")
def back(visit: Visit, study_id: int, assignment_id: int) -> Response:
    """Go to what one answered before this one."""
    with visit.reading() as session:
        study = studying.study_in(session, visit.project.id, study_id)
        before = answering.answer_before(session, study.id, visit.person.id, assignment_id or None)
    if before is None:
        return visit.redirect("studies.rate", project_id=visit.project.id, study_id=study_id)
    return _to(visit, study_id, before.id)


@router.post("/rate/{assignment_id}", name="studies.save")
def save(visit: Visit, study_id: int, assignment_id: int, sent: Annotated[AnswerForm, Form()]) -> Response:
    """Store the answer; what comes next is given out in a transaction of its own, see ``queue``."""
    sent.check_annotator(visit)
    with visit.writing() as session, completion_kept(session, visit.membership if sent.is_skip else None):
        study = studying.study_to_answer(session, visit.project.id, study_id)
        mine = answering.assignment_of(session, visit.project.id, study_id, assignment_id, visit.person.id, locked=True)
        answering.answer(session, study, mine, sent.rating())
    if not is_htmx(visit.request):
        return sent.stored(visit.redirect("studies.rate", project_id=visit.project.id, study_id=study_id))
    return sent.stored(_next_page(visit, study_id, sent.held, is_saved=True))


@router.post("/undo/{assignment_id}", name="studies.undo")
def undo(visit: Visit, study_id: int, assignment_id: int) -> Response:
    """Take one's answer back and show what it was about."""
    with visit.writing() as session, completion_kept(session, visit.membership):
        study = studying.study_to_answer(session, visit.project.id, study_id)
        mine = answering.assignment_of(session, visit.project.id, study_id, assignment_id, visit.person.id, locked=True)
        answering.take_back(session, study, mine)
    if is_htmx(visit.request):
        return turn(visit, study_id, assignment_id)
    return _to(visit, study_id, assignment_id, "Your answer is taken back.")


def _next_page(visit: Visitor, study_id: int, held: str, *, is_saved: bool = False) -> Response:
    """``is_saved``: an answer was stored just now, and nothing may be said that sounds as if it were not."""
    with visit.writing() as session:
        study = studying.study_in(session, visit.project.id, study_id, locked=True)
        if not is_saved:
            studying.check_may_rate(study, visit.person.id)
        given = queue.next_assignment(session, study, visit.person.id, whole_numbers(held))
        found = answering.turn_at(session, study, given, visit.person.id)
    return _page(visit, study, found)


def _to(visit: Visitor, study_id: int, assignment_id: int, notice: str = "") -> Response:
    return visit.redirect(
        "studies.turn", project_id=visit.project.id, study_id=study_id, assignment_id=assignment_id, notice=notice
    )


def _page(visit: Visitor, study: Study, found: answering.Turn) -> Response:
    return visit.render(
        "studies/rate.html",
        block="card" if is_htmx(visit.request) else None,
        study=study,
        turn=found,
        rubric=found.rubric,
        skip_reasons=SKIP_REASONS,
        submission=secrets.token_urlsafe(16),
    )
