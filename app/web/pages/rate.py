"""Rating: one candidate, its questions, one key per answer."""

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel, Field
from starlette.responses import Response

from app import approval
from app.candidates import editing
from app.examples import Example
from app.models.candidates import Verdict
from app.models.people import Role
from app.rating import queue, ratings
from app.rating.rubrics import quality_study
from app.web.rendering import is_htmx
from app.web.visit import Key, Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/rate")


class RateForm(BaseModel):
    """The rating form as it is sent; the answers are fields named after the rubric's questions."""

    version: int
    submission: str
    seconds: Annotated[float, Field(allow_inf_nan=False)] | None = None
    comment: str = ""
    flagged: bool = False
    action: Literal["save", "skip", "approve"] = "save"
    valid_task: str = ""
    input_appropriate: str = ""
    output_correct: str = ""


@router.get("", name="rate.next")
def next_(visit: Visit, after: Key = 0) -> Response:
    with visit.reading() as session:
        return _page(visit, queue.next_turn(session, visit.project.id, visit.person.id, after=after))


@router.get("/{candidate_id}", name="rate.show")
def show(visit: Visit, candidate_id: int) -> Response:
    with visit.reading() as session:
        candidate = queue.ratable_candidate(session, visit.project.id, candidate_id)
        return _page(visit, queue.turn_at(session, candidate, visit.person.id))


@router.get("/{candidate_id}/back", name="rate.back")
def back(visit: Visit, candidate_id: int) -> Response:
    """Go to what one rated before this one."""
    with visit.reading() as session:
        before = ratings.rating_before(session, visit.project.id, visit.person.id, candidate_id or None)
    target = before.candidate_id if before else candidate_id
    if not target:
        return visit.redirect("rate.next", project_id=visit.project.id, notice="You haven’t rated anything yet.")
    return visit.redirect("rate.show", project_id=visit.project.id, candidate_id=target)


@router.post("/{candidate_id}", name="rate.save")
def save(visit: Visit, candidate_id: int, form: Annotated[RateForm, Form()]) -> Response:
    approve = form.action == "approve" and visit.role.includes(Role.CURATOR)
    with visit.writing() as session:
        # Where something is decided, two ratings at once must see each other.
        decides = approve or visit.project.approval_ratings > 0
        candidate = queue.ratable_candidate(session, visit.project.id, candidate_id, locked=decides)
        ratings.submit(session, candidate, quality_study, _rating(form, approve=approve), visit.person.id)
        if approve:
            approval.decide(session, candidate, Verdict.APPROVED, visit.person.id)
        else:
            approval.apply_rule(session, candidate.project, candidate)
    return _onward(visit, after=candidate_id)


@router.post("/{candidate_id}/edit", name="rate.edit")
def edit(
    visit: Visit,
    candidate_id: int,
    version: Annotated[int, Form()],
    instruction: Annotated[str, Form()],
    output: Annotated[str, Form()],
    input: Annotated[str, Form()] = "",  # noqa: A002 - a field of the form
) -> Response:
    with visit.writing() as session:
        candidate = queue.ratable_candidate(session, visit.project.id, candidate_id, locked=True)
        example = Example(instruction, input, output)
        editing.edit_candidate(session, candidate, example, version=version, actor_id=visit.person.id)
    return _again(visit, candidate_id, "Your change is saved. Now rate it as it is.")


@router.post("/undo/{rating_id}", name="rate.undo")
def undo(visit: Visit, rating_id: int) -> Response:
    """Take one's rating back and show what it was about."""
    with visit.writing() as session:
        rating = ratings.rating_of(session, visit.project.id, rating_id, visit.person.id)
        ratings.take_back(session, rating)
        candidate = queue.ratable_candidate(session, visit.project.id, rating.candidate_id, locked=True)
        approval.undo_approval(session, candidate, rating)
        approval.apply_rule(session, candidate.project, candidate)
    return _again(visit, candidate.id, "Your answer is taken back.")


def _rating(form: RateForm, *, approve: bool) -> ratings.RatingForm:
    """Read the form. Approving says that whatever wasn't answered is fine."""
    given = form.model_dump(include={question.name for question in quality_study.questions})
    assumed = {q.name: q.valid for q in quality_study.questions} if approve else {}
    return ratings.RatingForm(
        version=form.version,
        submission=form.submission,
        answers=assumed | {name: answer for name, answer in given.items() if answer},
        skipped=form.action == "skip",
        flagged=form.flagged,
        comment=form.comment,
        seconds=form.seconds,
    )


def _onward(visit: Visitor, *, after: int) -> Response:
    """Show the next one: htmx swaps it in place of this one, a browser without it is sent there."""
    if not is_htmx(visit.request):
        return visit.redirect("rate.next", project_id=visit.project.id)
    with visit.reading() as session:
        return _page(visit, queue.next_turn(session, visit.project.id, visit.person.id, after=after))


def _again(visit: Visitor, candidate_id: int, notice: str) -> Response:
    """Show one as it is now: htmx swaps it in, a browser without it is sent there, where a reload sends nothing."""
    if is_htmx(visit.request):
        return show(visit, candidate_id)
    return visit.redirect("rate.show", project_id=visit.project.id, candidate_id=candidate_id, notice=notice)


def _page(visit: Visitor, turn: queue.Turn) -> Response:
    return visit.render(
        "rate/show.html",
        block="card" if is_htmx(visit.request) else None,
        candidate=turn.candidate,
        mine=turn.mine,
        newest=turn.newest,
        progress=turn.progress,
        rubric=quality_study,
        submission=secrets.token_urlsafe(16),
    )
