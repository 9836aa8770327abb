"""Rating: one candidate, its questions, one key per answer."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from app import approval
from app.candidates import editing
from app.examples import Example
from app.models.candidates import Candidate, Verdict
from app.models.people import Role
from app.models.projects import Project
from app.rating import queue, ratings
from app.rating.rubrics import quality_study
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/rate")


class RateForm(BaseModel):
    """The rating form as it is sent; the answers are fields named after the rubric's questions."""

    version: int
    submission: str
    seconds: float | None = None
    comment: str = ""
    flagged: bool = False
    action: str = "save"
    valid_task: str = ""
    input_appropriate: str = ""
    output_correct: str = ""


@router.get("", name="rate.next")
def next_(visit: Visit, after: int = 0) -> Response:
    with visit.reading() as session:
        candidate = queue.next_candidate(session, visit.project.id, visit.person.id, after=after)
        return _page(visit, session, candidate)


@router.get("/{candidate_id}", name="rate.show")
def show(visit: Visit, candidate_id: int) -> Response:
    with visit.reading() as session:
        return _page(visit, session, queue.ratable_candidate(session, visit.project.id, candidate_id))


@router.get("/{candidate_id}/back", name="rate.back")
def back(visit: Visit, candidate_id: int) -> Response:
    """Go to what one rated before this one."""
    with visit.reading() as session:
        before = ratings.rating_before(session, visit.project.id, visit.person.id, candidate_id or None)
    target = before.candidate_id if before else candidate_id
    route = "rate.show" if target else "rate.next"
    return visit.redirect(route, project_id=visit.project.id, **({"candidate_id": target} if target else {}))


@router.post("/{candidate_id}", name="rate.save")
def save(visit: Visit, candidate_id: int, form: Annotated[RateForm, Form()]) -> Response:
    approve = form.action == "approve" and visit.role.includes(Role.CURATOR)
    with visit.changing() as (session, project):
        candidate = queue.ratable_candidate(session, project.id, candidate_id)
        ratings.submit(session, candidate, quality_study, _rating(form, approve=approve), visit.person.id)
        if approve:
            approval.decide(session, candidate, Verdict.APPROVED, visit.person.id)
        else:
            approval.apply_rule(session, project, candidate)
    return visit.redirect("rate.next", project_id=visit.project.id)
