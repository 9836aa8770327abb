"""Rating inside a study: what one has before one, one key per answer."""

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.models.studies import Study
from app.rating.ratings import RatingForm
from app.studies import answering, queue, studying
from app.web.rendering import is_htmx
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/studies/{study_id}")


class Answered(BaseModel):
    """The rating form as it is sent; the answers are further fields, named after the rubric's questions."""

    model_config = ConfigDict(extra="allow")

    version: int
    submission: str
    seconds: Annotated[float, Field(allow_inf_nan=False)] | None = None
    comment: str = ""
    flagged: bool = False
    action: Literal["save", "skip"] = "save"

    def form(self) -> RatingForm:
        """The form that the stage reads; answers to what isn't asked are left out there."""
        return RatingForm(
            version=self.version,
            submission=self.submission,
            answers={name: value for name, value in (self.model_extra or {}).items() if isinstance(value, str)},
            skipped=self.action == "skip",
            flagged=self.flagged,
            comment=self.comment,
            seconds=self.seconds,
        )


@router.get("/rate", name="studies.rate")
def next_(visit: Visit, study_id: int) -> Response:
    """Give out the next example, or the one that still lies open."""
    with visit.writing() as session:
        study = studying.study_in(session, visit.project.id, study_id, locked=True)
        studying.check_may_rate(study, visit.person.id)
        given = queue.next_assignment(session, study, visit.person.id)
        found = answering.turn_at(session, study, given, visit.person.id)
    return _page(visit, study, found)


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
def save(visit: Visit, study_id: int, assignment_id: int, sent: Annotated[Answered, Form()]) -> Response:
    """Store the answer; what comes next is given out in a transaction of its own, see ``queue``."""
    with visit.writing() as session:
        study = studying.study_to_answer(session, visit.project.id, study_id)
        mine = answering.assignment_of(session, visit.project.id, study_id, assignment_id, visit.person.id, locked=True)
        answering.answer(session, study, mine, sent.form())
    if is_htmx(visit.request):
        return next_(visit, study_id)
    return visit.redirect("studies.rate", project_id=visit.project.id, study_id=study_id)


@router.post("/undo/{assignment_id}", name="studies.undo")
def undo(visit: Visit, study_id: int, assignment_id: int) -> Response:
    """Take one's answer back and show what it was about."""
    with visit.writing() as session:
        study = studying.study_to_answer(session, visit.project.id, study_id)
        mine = answering.assignment_of(session, visit.project.id, study_id, assignment_id, visit.person.id, locked=True)
        answering.take_back(session, study, mine)
    if is_htmx(visit.request):
        return turn(visit, study_id, assignment_id)
    return _to(visit, study_id, assignment_id, "Your answer is taken back.")


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
        rubric=studying.rubric_of(study),
        submission=secrets.token_urlsafe(16),
    )
