"""Rating inside a study: what one has before one, one key per answer."""

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.errors import SignInRequired
from app.models.studies import Study
from app.rating.ratings import SKIP_REASONS, RatingForm
from app.studies import answering, queue, studying
from app.text import whole_number
from app.web.rendering import is_htmx
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/studies/{study_id}")
_LONGEST_LIST = 1_000


class Answered(BaseModel):
    """The rating form as it is sent; the answers are further fields, named after the rubric's questions."""

    model_config = ConfigDict(extra="allow")

    version: int
    submission: str
    seconds: Annotated[float, Field(allow_inf_nan=False)] | None = None
    comment: str = ""
    flagged: bool = False
    tags: list[str] = []
    action: Literal["save", "skip"] = "save"
    skip_reason: str = ""
    guidelines: int | None = None
    annotator: int | None = None
    held: str = ""

    def form(self) -> RatingForm:
        """The form that the stage reads; answers to what isn't asked are left out there."""
        return RatingForm(
            version=self.version,
            submission=self.submission,
            answers={name: value for name, value in (self.model_extra or {}).items() if isinstance(value, str)},
            skipped=self.action == "skip" or bool(self.skip_reason),
            skip_reason=self.skip_reason,
            flagged=self.flagged,
            comment=self.comment,
            tags=tuple(self.tags),
            guidelines=self.guidelines,
            seconds=self.seconds,
        )


@router.get("/rate", name="studies.rate")
def next_(visit: Visit, study_id: int) -> Response:
    """Give out the next example, or the one that still lies open."""
    return _next_page(visit, study_id, "")


@router.get("/ahead", name="studies.ahead")
def ahead(visit: Visit, study_id: int, held: str = "") -> Response:
    """Give out the next one behind those that the page has loaded already."""
    return _next_page(visit, study_id, held)


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
    if sent.annotator not in {None, visit.person.id}:
        raise SignInRequired("Somebody else gave these answers. Sign in as them to save them.")
    with visit.writing() as session:
        study = studying.study_to_answer(session, visit.project.id, study_id)
        mine = answering.assignment_of(session, visit.project.id, study_id, assignment_id, visit.person.id, locked=True)
        answering.answer(session, study, mine, sent.form())
    if not is_htmx(visit.request):
        return visit.redirect("studies.rate", project_id=visit.project.id, study_id=study_id)
    response = _next_page(visit, study_id, sent.held, is_saved=True)
    if sent.submission.isascii() and sent.submission.isprintable():
        response.headers["tamis-saved"] = sent.submission  # the page waits for whoever has stored it to say so
    return response


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


def _next_page(visit: Visitor, study_id: int, held: str, *, is_saved: bool = False) -> Response:
    """``is_saved``: an answer was stored just now, and nothing may be said that sounds as if it were not."""
    numbers = [number for each in held[:_LONGEST_LIST].split(",") if (number := whole_number(each)) is not None]
    with visit.writing() as session:
        study = studying.study_in(session, visit.project.id, study_id, locked=True)
        if not is_saved:
            studying.check_may_rate(study, visit.person.id)
        given = queue.next_assignment(session, study, visit.person.id, numbers)
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
